"""Where reports come from, and where those that were read are kept."""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sidelight.cli.folders import data_folder
from sidelight.errors import EvidenceError, UsageError
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.reading.document import Document

MOST: Final = 256 << 20
"""How large a report may be."""


def shelf_folder() -> Path:
    """Name the folder in which reports are kept."""
    return data_folder() / "reports"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a source gave.

    Args:
        data: the original, for the shelf.
        repeats: whether the source is a folder or feed, of which only what is new is told.
    """

    name: str
    source: str
    data: bytes
    documents: "tuple[Document, ...]"
    repeats: bool


def take(sources: Sequence[str], problems: list[EvidenceError]) -> Iterator[Taken]:
    """Read *sources*: files, folders, addresses, ``-`` for standard input.

    Args:
        sources: in the order in which they are told.
        problems: takes what could not be read, so that the rest still is.

    Raises:
        UsageError: there is no such file or folder.
    """
    from sidelight.reading.formats import read_documents  # noqa: PLC0415 - not for --help

    for source in sources:
        for name, opened, in_folder in _named(source):
            try:
                data = _whole(opened, name)
                documents = tuple(read_documents(data, name))
            except EvidenceError as error:
                problems.append(error)
                continue
            feed = documents[0].format == "feed"
            yield Taken(name, source, data, documents, in_folder or feed)


def _named(source: str) -> Iterator[tuple[str, Callable[[], bytes], bool]]:
    """Yield name, how its bytes are had, and whether it lies in a folder that was named."""
    if source == "-":
        yield "standard input", lambda: sys.stdin.buffer.read(MOST + 1), False
    elif source.startswith(("https://", "http://")):
        yield source, lambda: _fetched(source), False
    elif (path := Path(source)).is_dir():
        for child in _children(path):
            yield str(child), partial(_start, child), True
    elif path.exists():
        yield source, partial(_start, path), False
    else:
        raise UsageError("there is no such file or folder", where=source)


def files_of(sources: Sequence[str]) -> Iterator[str]:
    """Yield the files that `take` reads."""
    for source in sources:
        path = Path(source)
        yield from map(str, _children(path)) if path.is_dir() else (source,)


def _children(folder: Path) -> Iterator[Path]:
    for child in sorted(folder.rglob("*")):
        if child.is_file() and not any(part.startswith(".") for part in child.parts[-3:]):
            yield child


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST + 1)


def _whole(opened: Callable[[], bytes], name: str) -> bytes:
    """Give the bytes of one report.

    Raises:
        EvidenceError: they cannot be read, or are too many.
    """
    try:
        data = opened()
    except OSError as error:
        raise EvidenceError(f"cannot be read: {error.strerror or error}", where=name) from None
    if len(data) > MOST:
        raise EvidenceError(f"is larger than {MOST >> 20} MiB", where=name)
    return data


def _fetched(url: str) -> bytes:
    from sidelight.cli.fetching import fetched  # noqa: PLC0415 - not for --help

    print(f"sidelight: fetching {url}", file=sys.stderr)  # noqa: T201
    hint = "without a network: save the page, and name the file"
    with fetched(url, what="reports", hint=hint) as path:
        return path.read_bytes()
