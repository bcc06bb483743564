"""``sidelight intel import``: documents into the store, with counts and reasons."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path

from sidelight.cli.fetching import fetched
from sidelight.cli.intel_files import Read, read_files
from sidelight.errors import IntelError
from sidelight.hunt.hijack_file import is_about_library
from sidelight.intel.fields import JsonObject
from sidelight.intel.importers.formats import IMPORTERS, recognised
from sidelight.intel.sqlite import SqliteStore
from sidelight.intel.stix import Refusal
from sidelight.intel.store import Counts, Document
from sidelight.values import dataclass


@dataclass(slots=True)
class Report:
    """What one import did.

    Args:
        at: when it began, as STIX writes it.
        number: of the import; of an earlier one where nothing differs.
        documents: what was read, with what became of its objects.
        refused: what was not kept, and why.
        untold: how much else was not kept.
        hijacks: files and folders with documents of HijackLibs, which hunts keep as a table.
    """

    at: str
    number: int = 0
    documents: list[tuple[Document, Counts]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    untold: int = 0
    hijacks: dict[Path, int] = field(default_factory=dict)

    @property
    def total(self) -> Counts:
        """Give the sum over all documents."""
        return sum((counts for _, counts in self.documents), Counts())


def import_into(
    store: SqliteStore, place: str, at: datetime, keep_hijacks: Callable[[Path], None]
) -> Report:
    """Read *place*, a file, a folder or an https address, into *store*.

    What a store holds already is skipped by its hash, so an import that was broken off goes on
    where it stopped. *keep_hijacks* is given each file or folder of HijackLibs.

    Raises:
        IntelError: there is nothing at *place*, or nothing in it that is kept.
    """
    report = Report(at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z")
    with _opened(place) as source:
        number = store.begin(place, at.astimezone(UTC).isoformat(timespec="seconds"))
        for read in read_files(source, place):
            if isinstance(read, Refusal):
                report.refused.append(read)
            else:
                _import_file(store, number, read, source, report)
        report.number = store.finish(number)
        for path in sorted(report.hijacks):
            keep_hijacks(path)
    total = report.total
    kept = total.new + total.newer + total.older + total.known
    if not kept and not report.hijacks:
        known = ", ".join(each.title for each in IMPORTERS.values())
        raise IntelError(
            _why_nothing(place, report.refused), where=place, hint=f"what is understood: {known}"
        )
    return report


def _why_nothing(place: str, refused: list[Refusal]) -> str:
    if not refused:
        return "there is no document in it"
    first = refused[0]
    if first.where == place:
        return f"{first.reason}; nothing was taken from it"
    return f"nothing was taken from it; the first reason: {first.where}: {first.reason}"


@contextmanager
def _opened(place: str) -> Iterator[Path]:
    if "://" in place:
        hint = "without a network: fetch it elsewhere, and import the file"
        with fetched(place, what="intelligence documents", hint=hint) as path:
            yield path
        return
    path = Path(place)
    if not path.exists():
        raise IntelError("there is no such file or folder", where=place)
    yield path


def _import_file(store: SqliteStore, number: int, read: Read, source: Path, report: Report) -> None:
    for value in read.values:
        name = recognised(value)
        if name is None:
            if is_about_library(value):
                path = _whole(read.name, source)
                report.hijacks[path] = report.hijacks.get(path, 0) + 1
            else:
                report.refused.append(Refusal(read.name, "is of no kind that is understood"))
            continue
        _import_document(store, number, read, name, value, report)  # type: ignore[arg-type]


def _whole(name: str, source: Path) -> Path:
    """Give the archive that holds the file *name*, or else all that was named."""
    archive, inside, _ = name.partition("!")
    return Path(archive) if inside and source.is_dir() else source


def _import_document(  # noqa: PLR0913
    store: SqliteStore, number: int, read: Read, name: str, value: JsonObject, report: Report
) -> None:
    importer = IMPORTERS[name]
    key = f"{name} {importer.revision}"
    document = Document(read.name, read.sha256, key, importer.version(value))
    counts = store.holds(read.sha256, key, number)
    if counts is None:
        counts, refused = store.add(number, document, importer.read(value, report.at))
        report.untold += counts.refused - len(refused)
        report.refused += (Refusal(f"{read.name}: {each.where}", each.reason) for each in refused)
    report.documents.append((document, counts))
