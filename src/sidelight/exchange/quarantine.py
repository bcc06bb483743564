"""A folder for defence that was received: kept, named by its author, and switched on by nobody.

Rule 1. Only what a trusted author signed is put there, unless a person asks for what nobody
signed. What is damaged or changed on the way never is.
Rule 2. Nothing reads the folder but commands that are given it.
Rule 3. An older version never replaces a newer one, and nothing a file that was changed here.
Rule 4. What its author withdraws stays until a person takes it out: an ally whose key was stolen
must not be able to take defence away.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from sidelight.errors import UsageError, reason_of
from sidelight.exchange import instants
from sidelight.exchange.defence import Defence, is_defence, thing_of
from sidelight.exchange.intake import Unfit, definitions, parsed
from sidelight.exchange.keys import Trusted
from sidelight.exchange.marking import Unclear, marking_of
from sidelight.exchange.signature import Signed, Stranger, Unsigned, Void, verified
from sidelight.intel.markings import Marking
from sidelight.replacement import replace_file
from sidelight.values import dataclass

Json: TypeAlias = Mapping[str, object]

RECORD: Final = "received.json"


class Received(msgspec.Struct, frozen=True):
    """A file of the folder, and what it came as.

    Args:
        file: below the folder, with forward slashes.
        sha256: of the file as it was written.
        author: who signed it, as which *identity* and with which key; all empty where nobody did.
            What was kept before identities were has none.
        withdrawn: when its author took it back, which is final (STIX 2.1, section 3.2); *file*
            is empty where it never was here.
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
    withdrawn: str = ""
    identity: str = ""


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
        raise UsageError(f"cannot be read: {reason_of(error)}", where=str(path)) from None
    return {each.id: each for each in found}


def origin(path: Path) -> Received | None:
    """Tell what the file at *path* came as, if it is one that was received."""
    for folder in path.resolve().parents[:2]:
        for each in read_record(folder).values():
            if each.file and (folder / each.file).resolve() == path.resolve():
                return each
    return None


def open_into(
    folder: Path,
    objects: Sequence[bytes],
    trusted: Mapping[str, Trusted],
    *,
    unsigned: bool,
) -> list[Outcome]:
    """Put what may be kept into *folder*; other objects than defence are passed over.

    *trusted* are keys by fingerprint; *unsigned* says whether to keep, too, what nobody signed,
    or somebody unknown.
    """
    record = read_record(folder)
    before = dict(record)
    read = [parsed(data, index) for index, data in enumerate(objects)]
    items = [each for each in read if not isinstance(each, Unfit)]
    others = definitions(items)
    outcomes: list[Outcome] = [Turned(e.id, "", e.why) for e in read if isinstance(e, Unfit)]
    try:
        for item in filter(is_defence, items):
            author = _author(item, trusted, unsigned=unsigned)
            if isinstance(author, str):  # what it holds is not even read
                outcomes.append(Turned(str(item["id"]), str(item.get("name", "")), author))
            else:
                _identify(record, str(item["id"]), trusted)
                marking = marking_of(item, others)
                outcomes.append(_kept(folder, record, item, marking, author))
    finally:
        if record != before:
            _write(folder, record.values())
    return outcomes


@dataclass(frozen=True, slots=True)
class _Author:
    """Who signed something; empty for nobody. The name is what people see, and decides nothing."""

    name: str = ""
    identity: str = ""
    fingerprint: str = ""


def _author(item: Json, trusted: Mapping[str, Trusted], *, unsigned: bool) -> _Author | str:
    """Give who signed *item*; or why it is not to be kept."""
    match verified(item, trusted.get):
        case Signed(key):
            return _Author(key.author, key.identity, key.fingerprint)
        case Void(why):
            return why
        case Unsigned():
            return _Author() if unsigned else "nobody signed it"
        case Stranger(fingerprint):
            why = f"signed by a key that is not trusted here: {fingerprint}"
            return _Author() if unsigned else why


def _identify(record: dict[str, Received], ident: str, trusted: Mapping[str, Trusted]) -> None:
    """Say as which identity something was signed that was kept before that was noted."""
    before = record.get(ident)
    if before is not None and before.fingerprint in trusted and not before.identity:
        identity = trusted[before.fingerprint].identity
        record[ident] = msgspec.structs.replace(before, identity=identity)


def _kept(
    folder: Path,
    record: dict[str, Received],
    item: Json,
    marking: Marking | Unclear,
    author: _Author,
) -> Outcome:
    ident, title, thing = str(item["id"]), str(item.get("name", "")), thing_of(item)
    if isinstance(thing, str):
        return Turned(ident, title, thing)
    if isinstance(marking, Unclear):
        return Turned(ident, title, marking.why)
    before, entry = record.get(ident), _entry(item, thing, marking, author, record)
    if why := _hindrance(folder, before, entry):
        return Turned(ident, title, why)
    if item.get("revoked") is True:
        return _withdrawn(folder, record, entry)
    if before is not None and before.sha256 == entry.sha256:
        entry = msgspec.structs.replace(entry, file=before.file)
        if before == entry and (folder / before.file).exists():
            return Same(before)
    replace_file(folder / entry.file, [thing.text.encode()], 0o644)
    if before is not None and before.file != entry.file:
        (folder / before.file).unlink(missing_ok=True)
    record[ident] = entry
    return Kept(entry, thing.warnings)


def _withdrawn(folder: Path, record: dict[str, Received], entry: Received) -> Turned:
    """Remember that an author took something back; its file is not touched."""
    before = record.get(entry.id)
    if before is not None:
        record[entry.id] = msgspec.structs.replace(before, withdrawn=entry.modified)
        left = f"; {folder / before.file} is left: take it out if you agree"
        return Turned(entry.id, entry.title, f"was withdrawn by its author{left}")
    if entry.author:
        record[entry.id] = msgspec.structs.replace(entry, file="", withdrawn=entry.modified)
    return Turned(entry.id, entry.title, "was withdrawn by its author")


def _entry(
    item: Json,
    thing: Defence,
    marking: Marking,
    by: _Author,
    record: Mapping[str, Received],
) -> Received:
    ident, version = str(item["id"]), str(item.get("modified", ""))
    return Received(
        ident,
        version,
        _place(thing, ident, record),
        thing.kind,
        thing.title,
        sha256(thing.text.encode()).hexdigest(),
        marking,
        by.name,
        by.fingerprint,
        identity=by.identity,
    )


def _place(thing: Defence, ident: str, record: Mapping[str, Received]) -> str:
    """Name the file for an object; no author can aim at the file of another."""
    short = thing.place(ident).as_posix()
    taken = any(each.file == short and each.id != ident for each in record.values())
    return thing.place(ident, whole=True).as_posix() if taken else short


def _hindrance(folder: Path, before: Received | None, entry: Received) -> str:
    """Say why a version must not take the place of what is there; "" where it may."""
    if instants.order(entry.modified) is None:
        return "says not when it was made"
    path = folder / entry.file
    if (before is None or before.file != entry.file) and _digest(path) not in {"", entry.sha256}:
        return f"would replace {path}, which did not come from an ally: move it away first"
    if before is None:
        return ""
    if before.fingerprint and not _is_same_author(before, entry):
        return f"claims to be a new version of what {before.author} made"
    if before.withdrawn:
        return f"was withdrawn by its author {before.withdrawn[:10]}, for good"
    older = str(instants.order(entry.modified)) < str(instants.order(before.modified))
    if older:
        return f"is older than what is here, of {before.modified}"
    if (
        instants.order(entry.modified) == instants.order(before.modified)
        and entry.sha256 != before.sha256
    ):
        return "is another content under the version that is here: somebody changed it"
    path = folder / before.file
    if _digest(path) not in {"", before.sha256}:
        return f"would replace {path}, which was changed here: move that away first"
    return ""


def _is_same_author(before: Received, entry: Received) -> bool:
    """Tell whether one author signed both; anybody may have a name like another's."""
    if before.fingerprint == entry.fingerprint:
        return True
    return bool(before.identity) and before.identity == entry.identity


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _write(folder: Path, entries: Iterable[Received]) -> None:
    ordered = sorted(entries, key=lambda each: each.file)
    replace_file(folder / RECORD, [msgspec.json.format(msgspec.json.encode(ordered))], 0o644)
