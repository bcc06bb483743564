"""Lines for people: safe to show, and folded between words where a terminal is narrower."""

import shutil
import sys
import textwrap
from typing import Final, TextIO

import typer

from sidelight.output.plain import plain

_DEEPER: Final = 4
_LEAST: Final = 20


def say(text: str, *, err: bool = False, out: TextIO | None = None) -> None:
    """Print a line, on *out* or else standard output or error; a pipe gets it in one piece."""
    stream = out or (sys.stderr if err else sys.stdout)
    width = shutil.get_terminal_size().columns if stream.isatty() else 0
    typer.echo(folded(plain(text), width), file=stream)


def folded(text: str, width: int) -> str:
    """Break a line between words, so that none is wider than *width*; 0 for never.

    What follows is indented deeper than the line. An id or a path is never broken: it has to be
    copied in one piece.
    """
    if not width or len(text) <= width:
        return text
    indent = " " * (len(text) - len(text.lstrip()))
    return textwrap.fill(
        text,
        max(width, _LEAST),
        subsequent_indent=indent + " " * _DEEPER,
        break_long_words=False,
        break_on_hyphens=False,
    )
