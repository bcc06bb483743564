"""A store in one SQLite file.

Nothing is ever overwritten: versions are rows, and an import that is broken off leaves what it
had added, which the next one finds and goes on from.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from itertools import islice
from pathlib import Path
from typing import Final, Self

from sidelight.intel.sqlite_file import SqliteFile
from sidelight.intel.stix import Refusal, StixObject
from sidelight.intel.store import MAX_TOLD, Counts, Document, Import, Provenance

_BATCH: Final = 2000
_LATEST: Final = """
SELECT id, creator, modified, data FROM (
    SELECT *, row_number() OVER (
        PARTITION BY id, creator ORDER BY modified DESC, digest DESC) AS place FROM object)
WHERE place = 1 ORDER BY id, creator
"""
_NEWEST: Final = "SELECT id, creator, max(modified) FROM object"
_VERSIONS: Final = """
SELECT o.id, o.creator, o.modified, o.data, i.number, i.at, d.name, d.sha256, d.importer, d.version
FROM object o JOIN document d ON d.key = o.first JOIN import i ON i.number = d.first
WHERE o.id = ? ORDER BY o.creator, o.modified, o.digest
"""
_BROUGHT: Final = """
SELECT DISTINCT o.id, o.creator, o.modified, o.data FROM part p
JOIN seen s ON s.document = p.document JOIN object o ON o.key = s.object
WHERE p.import = ? ORDER BY o.id, o.creator, o.modified, o.digest
"""


class SqliteStore:
    """Keeps objects in the file at *path*; see `sidelight.intel.store.Store`.

    Args:
        path: made where it is not there, with the folders above it.

    Raises:
        IntelError: of every method: the file is no store, is in use, or the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path)
        self._base = self._file.base

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def begin(self, place: str, at: str) -> int:
        """Open an import, and give its number."""
        with self._file.writing() as base:
            row = base.execute(
                "INSERT INTO import (place, at, finished) VALUES (?, ?, 0)", (place, at)
            )
            return int(row.lastrowid or 0)

    def holds(self, sha256: str, importer: str, number: int) -> Counts | None:
        """Give what a document counted that was added whole before, and note it for *number*."""
        with self._file.writing() as base:
            row = base.execute(
                "SELECT key, refused, (SELECT count(*) FROM seen WHERE document = key) "
                "FROM document WHERE sha256 = ? AND importer = ? AND finished",
                (sha256, importer),
            ).fetchone()
            if row is None:
                return None
            base.execute("INSERT OR IGNORE INTO part VALUES (?, ?)", (number, row[0]))
            return Counts(known=row[2], refused=row[1])

    def add(
        self, number: int, document: Document, objects: Iterable[StixObject | Refusal]
    ) -> tuple[Counts, tuple[Refusal, ...]]:
        """Keep *objects*; give what became of them, and why the first `MAX_TOLD` were refused."""
        with self._file.writing() as base:
            key = _entered(base, number, document)
        counts = Counts()
        told: list[Refusal] = []
        rest = iter(objects)
        while batch := list(islice(rest, _BATCH)):
            kept = [each for each in batch if isinstance(each, StixObject)]
            refused = [each for each in batch if isinstance(each, Refusal)]
            told += refused[: MAX_TOLD - len(told)]
            with self._file.writing() as base:
                counts += _keep(base, key, kept) + Counts(refused=len(refused))
        with self._file.writing() as base:
            base.execute(
                "UPDATE document SET finished = 1, refused = ? WHERE key = ?", (counts.refused, key)
            )
        return counts, tuple(told)

    def finish(self, number: int) -> int:
        """Close an import; give its number, an earlier one where nothing at all differs."""
        with self._file.writing() as base:
            wanted = _parts(base, number)
            if not wanted:
                base.execute("DELETE FROM import WHERE number = ?", (number,))
                return number
            place = base.execute("SELECT place FROM import WHERE number = ?", (number,)).fetchone()
            earlier = base.execute(
                "SELECT number FROM import WHERE place = ? AND finished AND number <> ? "
                "ORDER BY number DESC LIMIT 1",
                (place[0], number),
            ).fetchone()
            if earlier and _parts(base, earlier[0]) == wanted:
                base.execute("DELETE FROM part WHERE import = ?", (number,))
                base.execute("DELETE FROM import WHERE number = ?", (number,))
                return int(earlier[0])
            base.execute("UPDATE import SET finished = 1 WHERE number = ?", (number,))
            return number

    def current(self) -> Iterator[StixObject]:
        """Yield the latest version of each object by each creator, by id."""
        with self._file.blaming():
            for row in self._base.execute(_LATEST):
                yield StixObject(*row)

    def versions(self, identity: str) -> tuple[tuple[StixObject, Provenance], ...]:
        """Give all versions of an object, by creator and time, with where they came from."""
        with self._file.blaming():
            return tuple(
                (StixObject(*row[:4]), Provenance(row[4], row[5], Document(*row[6:])))
                for row in self._base.execute(_VERSIONS, (identity,))
            )

    def imports(self) -> tuple[Import, ...]:
        """List imports, oldest first."""
        with self._file.blaming():
            return tuple(
                Import(number, place, at, bool(finished), self._documents(number))
                for number, place, at, finished in self._base.execute(
                    "SELECT number, place, at, finished FROM import ORDER BY number"
                ).fetchall()
            )

    def _documents(self, number: int) -> tuple[Document, ...]:
        rows = self._base.execute(
            "SELECT name, sha256, importer, version FROM part JOIN document "
            "ON key = document WHERE import = ? ORDER BY name, sha256",
            (number,),
        )
        return tuple(Document(*row) for row in rows)

    def brought(self, number: int) -> Iterator[StixObject]:
        """Yield all that the documents of an import hold, by id, known before or not."""
        with self._file.blaming():
            for row in self._base.execute(_BROUGHT, (number,)):
                yield StixObject(*row)

    def state(self) -> str:
        """Tell what the store holds from whatever it held before."""
        with self._file.blaming():
            # Rows are only ever added.
            row = self._base.execute("SELECT count(*), max(key) FROM object").fetchone()
            return f"{row[0]}-{row[1] or 0}"

    def recall(self, key: str) -> bytes | None:
        """Give what was remembered under *key*."""
        with self._file.blaming():
            row = self._base.execute("SELECT data FROM remembered WHERE key = ?", (key,)).fetchone()
            return None if row is None else bytes(row[0])

    def remember(self, key: str, data: bytes) -> None:
        """Keep what can be made again, in place of what was remembered before."""
        with self._file.writing() as base:
            base.execute("DELETE FROM remembered")
            base.execute("INSERT INTO remembered VALUES (?, ?)", (key, data))


def _parts(base: sqlite3.Connection, number: int) -> set[int]:
    return {row[0] for row in base.execute("SELECT document FROM part WHERE import = ?", (number,))}


def _became(each: StixObject, before: str | None, *, inserted: bool) -> str:
    if not inserted:
        return "known"
    if before is None:
        return "new"
    return "newer" if each.modified > before else "older"


def _entered(base: sqlite3.Connection, number: int, document: Document) -> int:
    """Enter *document* as a part of an import, and give its key."""
    base.execute(
        "INSERT OR IGNORE INTO document "
        "(name, sha256, importer, version, first, finished, refused) "
        "VALUES (?, ?, ?, ?, ?, 0, 0)",
        (*astuple(document), number),
    )
    row = base.execute(
        "SELECT key FROM document WHERE sha256 = ? AND importer = ?",
        (document.sha256, document.importer),
    ).fetchone()
    base.execute("INSERT OR IGNORE INTO part VALUES (?, ?)", (number, row[0]))
    return int(row[0])


def _keep(base: sqlite3.Connection, document: int, objects: list[StixObject]) -> Counts:
    tally = {"new": 0, "known": 0, "newer": 0, "older": 0}
    latest = _latest(base, objects)
    for each in objects:
        chain = (each.id, each.creator)
        version = (*chain, each.modified, each.digest)
        before = latest.get(chain)
        inserted = base.execute(
            "INSERT OR IGNORE INTO object (id, creator, modified, digest, first, data) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (*version, document, each.data),
        ).rowcount
        tally[_became(each, before, inserted=bool(inserted))] += 1
        latest[chain] = max(before or "", each.modified)
        base.execute(
            "INSERT OR IGNORE INTO seen SELECT ?, key FROM object "
            "WHERE id = ? AND creator = ? AND modified = ? AND digest = ?",
            (document, *version),
        )
    return Counts(**tally)


def _latest(base: sqlite3.Connection, objects: list[StixObject]) -> dict[tuple[str, str], str]:
    """Give the time of the latest version of each chain that *objects* go on."""
    ids = list({each.id for each in objects})
    found: dict[tuple[str, str], str] = {}
    for begin in range(0, len(ids), 500):
        some = ids[begin : begin + 500]
        marks = ",".join("?" * len(some))
        rows = base.execute(f"{_NEWEST} WHERE id IN ({marks}) GROUP BY id, creator", some)
        found.update(((row[0], row[1]), row[2]) for row in rows)
    return found
