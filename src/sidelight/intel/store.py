"""What keeps STIX objects, as the rest of the program sees it."""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from sidelight.intel.stix import Refusal, StixObject
from sidelight.values import dataclass

MAX_TOLD: Final = 1000
"""Reasons for refusals that are kept of one document; all are counted."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file that was read, itself or out of an archive.

    Args:
        name: ``path`` or ``archive!member``.
        sha256: of its bytes, hexadecimal.
        importer: which importer understood it, a key of `sidelight.intel.importers.formats`.
        version: the catalogue's own version, as far as the file tells.
    """

    name: str
    sha256: str
    importer: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the objects of a document.

    Args:
        new: objects that were not there in any version.
        known: versions that were there already.
        newer: later versions of objects that were there.
        older: versions that are not later than one that was there.
        refused: objects that were not kept.
    """

    new: int = 0
    known: int = 0
    newer: int = 0
    older: int = 0
    refused: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.new + other.new,
            self.known + other.known,
            self.newer + other.newer,
            self.older + other.older,
            self.refused + other.refused,
        )


@dataclass(frozen=True, slots=True)
class Import:
    """One run of ``sidelight intel import``.

    Args:
        number: counts from 1.
        place: the file, folder or address that was named.
        at: when it began, ISO 8601, UTC.
        finished: whether it came to its end.
        documents: what was read.
    """

    number: int
    place: str
    at: str
    finished: bool
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where one version of an object came from: which import first brought it, in which file."""

    number: int
    at: str
    document: Document


class Store(Protocol):
    """Keeps objects in all their versions, and who brought them.

    Adding is idempotent, and order does not matter: what was added, in whatever order and
    however often, decides what `current` gives.
    """

    def begin(self, place: str, at: str) -> int:
        """Open an import, and give its number."""
        ...

    def holds(self, sha256: str, importer: str, number: int) -> Counts | None:
        """Give what a document counted that was added whole before, and note it for *number*."""
        ...

    def add(
        self, number: int, document: Document, objects: Iterable[StixObject | Refusal]
    ) -> tuple[Counts, tuple[Refusal, ...]]:
        """Keep *objects*; give what became of them, and why the first `MAX_TOLD` were refused."""
        ...

    def finish(self, number: int) -> int:
        """Close an import; give its number, an earlier one where nothing at all differs."""
        ...

    def current(self) -> Iterator[StixObject]:
        """Yield the latest version of each object by each creator, by id."""
        ...

    def versions(self, identity: str) -> tuple[tuple[StixObject, Provenance], ...]:
        """Give all versions of an object, by creator and time, with where they came from."""
        ...

    def imports(self) -> tuple[Import, ...]:
        """List imports, oldest first."""
        ...

    def brought(self, number: int) -> Iterator[StixObject]:
        """Yield all that the documents of an import hold, by id, known before or not."""
        ...

    def state(self) -> str:
        """Tell what the store holds from whatever it held before."""
        ...

    def recall(self, key: str) -> bytes | None:
        """Give what was remembered under *key*."""
        ...

    def remember(self, key: str, data: bytes) -> None:
        """Keep what can be made again, in place of what was remembered before."""
        ...
