"""Where findings are written, and in which format."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sidelight.cli.outputs import (
    refuse_evidence,
    refuse_homeless,
    refuse_inside,
    refuse_twice,
)
from sidelight.errors import UsageError
from sidelight.values import dataclass

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


def targets(outputs: Sequence[Path], formats: Sequence[str]) -> tuple[Target, ...]:
    """Pair outputs with formats.

    Raises:
        UsageError: a format is unknown, cannot be told from a name, or has no place to go; two
            outputs are one file; or there is no folder for one.
    """
    for name in formats:
        if name not in _STANDARD:
            raise UsageError(f"unknown format {name!r}", where="--format", hint=FORMAT_NAMES)
    if not outputs:
        if len(formats) > 1:
            raise UsageError("only one format fits on standard output", where="--format")
        return tuple(Target(name, None) for name in formats)
    left = [] if any(path.is_dir() for path in outputs) else list(formats)
    found = tuple(target for path in outputs for target in _at(path, formats, left))
    if left:
        hint = "a file has one format: give each its --output"
        raise UsageError(f"no output takes {', '.join(left)}", where="--format", hint=hint)
    files = [target.path for target in found if target.path is not None]
    refuse_twice(files)
    refuse_homeless(files)
    return found


def refuse_given(
    outputs: Sequence[Path],
    files: Sequence[str | Path],
    folders: Sequence[Path],
    symbols: Sequence[Path],
) -> None:
    """Refuse outputs that options name as inputs, or that lie in folders that these name.

    Raises:
        UsageError: one is.
    """
    refuse_evidence(outputs, files)
    for path in outputs:
        # What is named like a report may be that of an earlier hunt; but symbols are JSON, too.
        told = bool(format_told(path.name))
        read = [] if told else [*folders]
        read += [] if told and path.suffix != ".json" else symbols
        refuse_inside(path, map(str, read))


def _at(path: Path, formats: Sequence[str], left: list[str]) -> tuple[Target, ...]:
    if path.is_dir():
        names = formats or tuple(_STANDARD)
        return tuple(Target(name, path / _STANDARD[name]) for name in names)
    return (Target(_format(path, left), path if str(path) != "-" else None),)


def format_told(name: str) -> str:
    """Give the format that the name of a file tells; empty for none."""
    name = name.lower()
    return next((kind for suffix, kind in SUFFIXES.items() if name.endswith(suffix)), "")


def _format(path: Path, left: list[str]) -> str:
    if left:
        return left.pop(0)
    found = format_told(path.name)
    if not found:
        hint = f"add --format: {FORMAT_NAMES}"
        if not path.suffix and not path.exists():
            hint += f"; or, for a folder with all of them, mkdir {shlex.quote(str(path))} first"
        raise UsageError("the name tells no format", where=str(path), hint=hint)
    return found
