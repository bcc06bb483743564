"""The register: organisations, circles and collections of a server, as one versioned document.

People write it in TOML with names (`renewed` turns that into the stored form, where ids are
UUIDs and every member has the instant it joined). Each change is a new version, so it can be said
later who could see what, and why.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from datetime import date, datetime
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from sidelight.errors import UsageError
from sidelight.exchange.alliance import (
    CEILINGS,
    ROLES,
    Alliances,
    Ceiling,
    Circle,
    History,
    Member,
    Organisation,
    Role,
)
from sidelight.exchange.instants import Instant
from sidelight.values import dataclass

Table: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class Collection:
    """A place to share: what is added to it is shared with its circles.

    Args:
        id: UUID (version 4, TAXII 2.1 section 2).
        circles: ids.
        readers: ids of organisations that may read, None for all that stand to a circle.
        writers: ids of organisations that may write, None for the members of its circles.
    """

    id: str
    title: str
    description: str = ""
    alias: str = ""
    circles: tuple[str, ...] = ()
    readers: frozenset[str] | None = None
    writers: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """What a server knows of its allies, in one version."""

    alliances: Alliances = field(default_factory=Alliances)
    collections: tuple[Collection, ...] = ()

    def named(self, name: str) -> Organisation | None:
        """Find an organisation by its name or id."""
        found = self.alliances.organisations.values()
        return next((each for each in found if name in {each.name, each.id}), None)

    def collection(self, name: str) -> Collection | None:
        """Find a collection by its id or alias."""
        found = self.collections
        return next((each for each in found if name and name in {each.id, each.alias}), None)

    def can_write(self, organisation: str, collection: Collection) -> bool:
        """Tell whether an organisation may add to a collection."""
        if organisation not in self.alliances.organisations:
            return False
        if collection.writers is not None:
            return organisation in collection.writers
        return any(circle.member(organisation) for circle in self._circles(collection))

    def can_read(self, organisation: str, collection: Collection) -> bool:
        """Tell whether an organisation may look into a collection; what it sees is policy."""
        own = self.alliances.organisations.get(organisation)
        if own is None:
            return False
        if collection.readers is not None:
            return organisation in collection.readers
        return any(self._stands(own, circle) for circle in self._circles(collection))

    def _circles(self, collection: Collection) -> Iterable[Circle]:
        known = self.alliances.circles
        return [known[each] for each in collection.circles if each in known]

    def _stands(self, own: Organisation, circle: Circle) -> bool:
        around = (self.alliances.circles.get(each) for each in circle.community)
        return bool(
            circle.member(own.id)
            or any(self.alliances.patrons(own, circle))
            or any(each and each.member(own.id) for each in around)
        )


def stored(register: Register) -> bytes:
    """Give the form that is kept."""
    return msgspec.json.encode(register)


def restored(data: bytes) -> Register:
    """Read the form that is kept."""
    return msgspec.json.decode(data, type=Register)


def renewed(
    text: str, before: Register, *, where: str, now: Instant, mint: Callable[[], UUID]
) -> Register:
    """Read a register that a person wrote.

    Ids that the text leaves out are those of the version *before*, by name, or new ones; who was
    a member before keeps the instant of joining.

    *where* names the text in errors; *mint* makes a new UUID, version 4.

    Raises:
        UsageError: the text is no such register.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"is no TOML: {error}", where=where) from None
    return _Reader(before, where, now, mint).register(document)


_ORGANISATION: Final = frozenset(
    {"id", "name", "country", "role", "client_of", "identity", "gives"}
)
_CIRCLE: Final = frozenset(
    {"id", "name", "members", "hidden", "history", "legal_basis", "legal_until", "community"}
    | {"gives"}
)
_COLLECTION: Final = frozenset(
    {"id", "title", "description", "alias", "circles", "readers", "writers"}
)
_HISTORIES: Final[Mapping[str, History]] = {"all": "all", "since joining": "since joining"}


@dataclass(slots=True)
class _Reader:
    before: Register
    where: str
    now: Instant
    mint: Callable[[], UUID]
    organisations: dict[str, str] = field(default_factory=dict)
    circles: dict[str, str] = field(default_factory=dict)

    def register(self, document: Table) -> Register:
        _only(document, frozenset({"organisation", "circle", "collection"}), self.where)
        organisations = self._tables(document, "organisation")
        circles = self._tables(document, "circle")
        known = self.before.alliances
        old = {each.name: each.id for each in known.organisations.values()}
        self.organisations = self._ids(organisations, "organisation", old)
        old = {each.name: each.id for each in known.circles.values()}
        self.circles = self._ids(circles, "circle", old)
        parties = [self._organisation(each) for each in organisations]
        rings = [self._circle(each) for each in circles]
        collections = [self._collection(each) for each in self._tables(document, "collection")]
        for name in ("id", "alias"):
            texts = [getattr(each, name) for each in collections if getattr(each, name)]
            self._unique(texts, f"collection {name}")
        return Register(
            Alliances({each.id: each for each in parties}, {each.id: each for each in rings}),
            tuple(collections),
        )

    def _organisation(self, table: Table) -> Organisation:
        name = _text(table, "name", self.where)
        where = f"{self.where}: organisation {name}"
        _only(table, _ORGANISATION, where)
        role, country = _text(table, "role", where), _text(table, "country", where)
        if role not in ROLES:
            raise UsageError(f"role {role!r} is none of: {', '.join(ROLES)}", where=where)
        if not re.fullmatch("[A-Z]{2}", country):
            raise UsageError(f"country {country!r} is not two capital letters", where=where)
        patrons = self._named(table, "client_of", self.organisations, where)
        identity = _text(table, "identity", where, "")
        ident = self.organisations[name]
        ceilings = _ceilings(table, where)
        return Organisation(ident, name, country, role, frozenset(patrons), identity, ceilings)

    def _circle(self, table: Table) -> Circle:
        name = _text(table, "name", self.where)
        where = f"{self.where}: circle {name}"
        _only(table, _CIRCLE, where)
        ident = self.circles[name]
        history = _HISTORIES.get(_text(table, "history", where, "since joining"))
        if history is None:
            raise UsageError("history is 'all' or 'since joining'", where=where)
        return Circle(
            ident,
            name,
            self._members(table, ident, where),
            history,
            _text(table, "legal_basis", where, ""),
            _until(table, where),
            frozenset(self._named(table, "community", self.circles, where)),
            _ceilings(table, where),
        )

    def _members(self, table: Table, circle: str, where: str) -> tuple[Member, ...]:
        before = self.before.alliances.circles.get(circle)
        hidden = self._named(table, "hidden", self.organisations, where)
        members = self._named(table, "members", self.organisations, where)
        self._unique([*members, *hidden], f"member of {where}")
        found = []
        for each in (*members, *hidden):
            old = before.member(each) if before else None
            found.append(Member(each, old.joined if old else self.now, each in hidden))
        return tuple(found)

    def _collection(self, table: Table) -> Collection:
        title = _text(table, "title", self.where)
        where = f"{self.where}: collection {title}"
        _only(table, _COLLECTION, where)
        old = {each.title: each.id for each in self.before.collections}
        circles = self._named(table, "circles", self.circles, where)
        readers = self._named(table, "readers", self.organisations, where)
        writers = self._named(table, "writers", self.organisations, where)
        return Collection(
            self._id(table, old.get(title), where),
            title,
            _text(table, "description", where, ""),
            _text(table, "alias", where, ""),
            tuple(circles),
            frozenset(readers) if "readers" in table else None,
            frozenset(writers) if "writers" in table else None,
        )

    def _tables(self, document: Table, name: str) -> list[Table]:
        found = document.get(name, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise UsageError(f"{name} is written as [[{name}]]", where=self.where)
        return found

    def _ids(self, tables: list[Table], kind: str, old: Mapping[str, str]) -> dict[str, str]:
        names = [_text(table, "name", self.where) for table in tables]
        self._unique(names, f"{kind} name")
        ids = {
            name: self._id(table, old.get(name), f"{self.where}: {kind} {name}")
            for name, table in zip(names, tables, strict=True)
        }
        self._unique(list(ids.values()), f"{kind} id")
        return ids

    def _id(self, table: Table, old: str | None, where: str) -> str:
        if "id" not in table:
            return old or str(self.mint())
        text = _text(table, "id", where)
        try:
            return str(UUID(text))
        except ValueError:
            raise UsageError(f"id {text!r} is no UUID", where=where) from None

    def _named(self, table: Table, key: str, known: Mapping[str, str], where: str) -> list[str]:
        names = table.get(key, [])
        if not isinstance(names, list):
            raise UsageError(f"{key} is a list of names", where=where)
        for name in names:
            if not isinstance(name, str) or name not in known:
                raise UsageError(f"{key} names {name!r}, which is not in this file", where=where)
        return [known[name] for name in names]

    def _unique(self, texts: list[str], what: str) -> None:
        for text in texts:
            if texts.count(text) > 1:
                raise UsageError(f"{what} {text!r} occurs more than once", where=self.where)


def _ceilings(table: Table, where: str) -> dict[Role, Ceiling]:
    found = table.get("gives", {})
    if not isinstance(found, dict):
        raise UsageError('gives is written as {government = "green"}', where=where)
    ceilings: dict[Role, Ceiling] = {}
    for role, ceiling in found.items():
        if role not in CEILINGS or ceiling not in _CEILINGS:
            options = ", ".join(_CEILINGS)
            reason = f"gives {role} = {ceiling!r}: a role and one of {options} belong there"
            raise UsageError(reason, where=where)
        ceilings[role] = ceiling
    return ceilings


_CEILINGS: Final = ("nothing", "clear", "green", "amber", "amber+strict")


def _until(table: Table, where: str) -> Instant | None:
    match table.get("legal_until"):
        case None:
            return None
        case datetime() as found if found.tzinfo:
            return int(found.timestamp() * 1_000_000)
        case date() as found if not isinstance(found, datetime):
            # The day itself still counts.
            return (found.toordinal() - date(1970, 1, 1).toordinal() + 1) * 86_400 * 1_000_000
    raise UsageError("legal_until is a date, or a time with its offset", where=where)


def _text(table: Table, key: str, where: str, default: str | None = None) -> str:
    found = table.get(key, default)
    if not isinstance(found, str) or (default is None and not found.strip()):
        raise UsageError(f"{key} is missing, or is no text", where=where)
    return found


def _only(table: Table, known: frozenset[str], where: str) -> None:
    for key in table:
        if key not in known:
            hint = "known: " + ", ".join(sorted(known))
            raise UsageError(f"unknown key {key!r}", where=where, hint=hint)
