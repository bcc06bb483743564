"""Colours of levels, and text that is safe to print."""

from collections.abc import Mapping
from typing import Final

from rich.text import Text

from sidelight.output.plain import plain
from sidelight.schema import Level

TAG: Final[Mapping[Level, str]] = {
    "critical": "bold white on red",
    "high": "bold white on dark_orange3",
    "medium": "black on yellow",
    "low": "black on cyan",
    "informational": "black on white",
}
INK: Final[Mapping[Level, str]] = {
    "critical": "bold red",
    "high": "bright_red",
    "medium": "yellow",
    "low": "cyan",
    "informational": "",
}


def safe(text: str, style: str = "") -> Text:
    """Build printable text out of what a log says: no markup, no escapes."""
    return Text(plain(text), style=style)
