"""Where findings are written, and in which format."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sidelight.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

SUFFIXES: Final = {
    ".timesketch.jsonl": "timesketch",
    ".navigator.json": "navigator",
    ".stix.json": "stix",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".html": "html",
    ".htm": "html",
    ".json": "jsonl",
}
"""How names of files end, the longest first."""

FORMAT_NAMES: Final = "jsonl, csv, html, navigator, timesketch, stix"
_STANDARD: Final = {
    "jsonl": "findings.jsonl",
    "csv": "timeline.csv",
    "html": "report.html",
    "navigator": "attack.navigator.json",
    "timesketch": "findings.timesketch.jsonl",
    "stix": "findings.stix.json",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A file to write; None is standard output."""

    format: str
    path: Path | None


class Written(io.FileIO):
    """A file that is written; what stops that says which file it is, and that it is cut short."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "wb")
        self._path = path

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write *data*.

        Raises:
            UsageError: the device refuses.
        """
        try:
            return super().write(data)
        except OSError as error:
            text = f"is cut short: {error.strerror}"
            raise UsageError(text, where=str(self._path)) from error


def targets(outputs: Sequence[Path], formats: Sequence[str]) -> tuple[Target, ...]:
    """Pair outputs with formats.

    Raises:
        UsageError: a format is unknown, cannot be told from a name, or has no place to go.
    """
    for name in formats:
        if name not in _STANDARD:
            raise UsageError(f"unknown format {name!r}", where="--format", hint=FORMAT_NAMES)
    if not outputs:
        if len(formats) > 1:
            raise UsageError("only one format fits on standard output", where="--format")
        return tuple(Target(name, None) for name in formats)
    folders = [path for path in outputs if path.is_dir()]
    if folders:
        names = formats or tuple(_STANDARD)
        return tuple(Target(name, path / _STANDARD[name]) for path in folders for name in names)
    left = list(formats)
    return tuple(
        Target(_format(path, left), path if str(path) != "-" else None) for path in outputs
    )


def _format(path: Path, left: list[str]) -> str:
    if left:
        return left.pop(0)
    name = path.name.lower()
    found = next((kind for suffix, kind in SUFFIXES.items() if name.endswith(suffix)), "")
    if not found:
        raise UsageError(
            "the name tells no format", where=str(path), hint=f"add --format: {FORMAT_NAMES}"
        )
    return found
