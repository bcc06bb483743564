"""Where reports come from, and where those that were read are kept."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sidelight.cli.folders import data_folder
from sidelight.errors import EvidenceError, UsageError

if TYPE_CHECKING:
    from sidelight.reading.document import Document

MOST: int = 256 << 20
"""How many bytes of one report are read."""


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
        for name, data, in_folder in _bytes(source):
            try:
                documents = tuple(read_documents(data, name))
            except EvidenceError as error:
                problems.append(error)
                continue
            feed = documents[0].format == "feed"
            yield Taken(name, source, data, documents, in_folder or feed)


def _bytes(source: str) -> Iterator[tuple[str, bytes, bool]]:
    if source == "-":
        yield "standard input", sys.stdin.buffer.read(MOST), False
    elif source.startswith(("https://", "http://")):
        yield source, _fetched(source), False
    elif (path := Path(source)).is_dir():
        for child in sorted(path.rglob("*")):
            if child.is_file() and not any(part.startswith(".") for part in child.parts[-3:]):
                yield str(child), _whole(child), True
    elif path.exists():
        yield source, _whole(path), False
    else:
        raise UsageError("there is no such file or folder", where=source)


def _whole(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST)


def _fetched(url: str) -> bytes:
    from sidelight.cli.fetching import fetched  # noqa: PLC0415 - not for --help

    print(f"sidelight: fetching {url}", file=sys.stderr)  # noqa: T201
    hint = "without a network: save the page, and name the file"
    with fetched(url, what="reports", hint=hint) as path:
        return path.read_bytes()
