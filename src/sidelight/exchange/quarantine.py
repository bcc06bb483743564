"""A folder for defence that was received: kept, named by its author, and switched on by nobody.

Rule 1. Only what a trusted author signed is put there, unless a person asks for what nobody
signed. What is damaged or changed on the way never is.
Rule 2. Nothing reads the folder but commands that are given it.
Rule 3. An older version never replaces a newer one, and nothing a file that was changed here.
Rule 4. What its author withdraws stays until a person takes it out: an ally whose key was stolen
must not be able to take defence away.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from sidelight.errors import UsageError
from sidelight.exchange import instants
from sidelight.exchange.defence import Defence, thing_of
from sidelight.exchange.intake import Unfit, definitions, parsed
from sidelight.exchange.keys import Trusted
from sidelight.exchange.marking import Unclear, marking_of
from sidelight.exchange.signature import Signed, Stranger, Unsigned, Void, verified
from sidelight.exchange.writing import write_whole
from sidelight.intel.markings import Marking

Json: TypeAlias = Mapping[str, object]

RECORD: Final = "received.json"


class Received(msgspec.Struct, frozen=True):
    """A file of the folder, and what it came as.

    Args:
        file: below the folder, with forward slashes.
        sha256: of the file as it was written.
        author: who signed it, with which key; both empty where nobody did.
    """

    id: str
    modified: str
    file: str
    kind: str
    title: str
    sha256: str
    marking: str
    author: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Kept:
    """It is in the folder now."""

    entry: Received
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turned:
    """It was turned away, and why."""

    id: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Same:
    """It is there already, as it came."""

    entry: Received


Outcome: TypeAlias = Kept | Turned | Same


def read_record(folder: Path) -> dict[str, Received]:
    """Read what is in a folder, by id; nothing where it is no such folder yet.

    Raises:
        UsageError: the record is damaged.
    """
    path = folder / RECORD
    if not path.exists():
        return {}
    try:
        found = msgspec.json.decode(path.read_bytes(), type=list[Received])
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(path)) from None
    return {each.id: each for each in found}


def origin(path: Path) -> Received | None:
    """Tell what the file at *path* came as, if it is one that was received."""
    for folder in path.resolve().parents[:2]:
        for each in read_record(folder).values():
            if (folder / each.file).resolve() == path.resolve():
                return each
    return None


def open_into(
    folder: Path,
    objects: Sequence[bytes],
    trusted: Mapping[str, Trusted],
    *,
    unsigned: bool,
) -> Iterator[Outcome]:
    """Put what may be kept into *folder*; other objects than defence are passed over.

    *trusted* are keys by fingerprint; *unsigned* says whether to keep, too, what nobody signed,
    or somebody unknown.
    """
    record = read_record(folder)
    read = [parsed(data, index) for index, data in enumerate(objects)]
    items = [each for each in read if not isinstance(each, Unfit)]
    for each in read:
        if isinstance(each, Unfit):
            yield Turned(each.id, "", each.why)
    others = definitions(items)
    for item in items:
        thing = thing_of(item)
        if thing is None:
            continue
        title = thing.title if isinstance(thing, Defence) else ""
        match _author(item, trusted, unsigned=unsigned):
            case str(why):
                yield Turned(str(item["id"]), title, why)
            case author, fingerprint:
                marking = marking_of(item, others)
                yield _kept(folder, record, item, thing, marking, (author, fingerprint))


def _author(item: Json, trusted: Mapping[str, Trusted], *, unsigned: bool) -> tuple[str, str] | str:
    """Give who signed *item* and with which key; or why it is not to be kept."""
    match verified(item, trusted.get):
        case Signed(key):
            return key.author, key.fingerprint
        case Void(why):
            return why
        case Unsigned():
            return ("", "") if unsigned else "nobody signed it"
        case Stranger(fingerprint):
            why = f"signed by a key that is not trusted here: {fingerprint}"
            return ("", "") if unsigned else why


def _kept(  # noqa: PLR0913 - an object, what it holds, whose it is, where to
    folder: Path,
    record: dict[str, Received],
    item: Json,
    thing: Defence | str,
    marking: Marking | Unclear,
    by: tuple[str, str],
) -> Outcome:
    ident = str(item["id"])
    if isinstance(thing, str):
        return Turned(ident, "", thing)
    if isinstance(marking, Unclear):
        return Turned(ident, thing.title, marking.why)
    before = record.get(ident)
    entry = _entry(item, thing, marking, by)
    why = _hindrance(folder, before, entry, withdrawn=item.get("revoked") is True)
    if why:
        return Turned(ident, thing.title, why)
    if before is not None and before.sha256 == entry.sha256 and before.author == entry.author:
        entry = msgspec.structs.replace(entry, file=before.file)
        if before == entry and (folder / before.file).exists():
            return Same(before)
    write_whole(folder / entry.file, thing.text.encode())
    if before is not None and before.file != entry.file:
        (folder / before.file).unlink(missing_ok=True)
    record[ident] = entry
    _write(folder, record.values())
    return Kept(entry, thing.warnings)


def _entry(item: Json, thing: Defence, marking: Marking, by: tuple[str, str]) -> Received:
    ident, version = str(item["id"]), str(item.get("modified", ""))
    return Received(
        ident,
        version,
        thing.place(ident).as_posix(),
        thing.kind,
        thing.title,
        sha256(thing.text.encode()).hexdigest(),
        marking,
        *by,
    )


def _hindrance(folder: Path, before: Received | None, entry: Received, *, withdrawn: bool) -> str:
    """Say why a version must not take the place of what is there; "" where it may."""
    if instants.order(entry.modified) is None:
        return "says not when it was made"
    if withdrawn:
        there = f"; {folder / before.file} is left: take it out if you agree" if before else ""
        return f"was withdrawn by its author{there}"
    if before is None:
        return ""
    if before.author and before.author != entry.author:
        return f"claims to be a new version of what {before.author} made"
    older = str(instants.order(entry.modified)) < str(instants.order(before.modified))
    if older:
        return f"is older than what is here, of {before.modified}"
    if entry.modified == before.modified and entry.sha256 != before.sha256:
        return "is another content under the version that is here: somebody changed it"
    path = folder / before.file
    if path.exists() and sha256(path.read_bytes()).hexdigest() != before.sha256:
        return f"would replace {path}, which was changed here: move that away first"
    return ""


def _write(folder: Path, entries: Iterable[Received]) -> None:
    ordered = sorted(entries, key=lambda each: each.file)
    write_whole(folder / RECORD, msgspec.json.format(msgspec.json.encode(ordered)))
