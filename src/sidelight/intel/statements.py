"""Statements of ours, written from public reporting: TOML files, each statement with its source.

A file is read strictly: an unknown key, a name without a source, an object that nothing
describes is an error with its place, since these files are part of the program.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final, TypeVar, cast

from sidelight.errors import IntelError
from sidelight.intel.claim import RELATIONS, Claim, NameClaim
from sidelight.intel.entity import Entity
from sidelight.intel.identifier import (
    catalogue_id,
    country_id,
    is_stix_id,
    named_id,
    region_id,
    sector_id,
    type_of,
)
from sidelight.intel.knowledge import OWN, Knowledge, join
from sidelight.intel.source import CHECKS, KINDS, Source
from sidelight.values import dataclass

_DATE: Final = re.compile(r"(?:\d{4}(?:-\d\d(?:-\d\d)?)?)?", re.ASCII)
_PREFIXES: Final = {"sector": sector_id, "country": country_id, "region": region_id}
_NUMBERED: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"CVE-\d{4}-\d{4,}", re.ASCII), "vulnerability"),
    (re.compile(r"(?:FG)?T\d{4}(?:\.\d{3})?|MOT\d{4}(?:\.\d{3})?", re.ASCII), "attack-pattern"),
)
_FIELDS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    # what must stand there, and what may
    "source": (
        frozenset({"id", "title", "publisher", "date", "url", "kind"}),
        frozenset({"first_hand", "checked"}),
    ),
    "entity": (frozenset({"key", "type", "name"}), frozenset({"id", "numbers", "summary"})),
    "name": (
        frozenset({"of", "name", "source"}),
        frozenset({"says", "coined_by", "date", "hedge", "confidence", "at", "cites"}),
    ),
    "claim": (
        frozenset({"subject", "relation", "object", "source"}),
        frozenset({"says", "date", "hedge", "confidence", "at", "cites"}),
    ),
}
_TYPES: Final = (
    "intrusion-set",
    "malware",
    "tool",
    "campaign",
    "attack-pattern",
    "vulnerability",
    "identity",
    "location",
)
_KINDS_OF_VALUE: Final[Mapping[str, type]] = {
    "numbers": list,
    "cites": list,
    "confidence": int,
    "first_hand": bool,
}

_Row = Mapping[str, object]
_Value = TypeVar("_Value")
_Word = TypeVar("_Word", bound=str)


@dataclass(frozen=True, slots=True)
class _Place:
    file: str
    table: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}: [[{self.table}]] {self.number}"


def read_statements(texts: Mapping[str, str]) -> Knowledge:
    """Read statement files, *texts* by their name; keys and sources are shared by all of them.

    Raises:
        IntelError: a file is no TOML, or says something that cannot be understood.
    """
    rows = [row for name in sorted(texts) for row in _rows(name, texts[name])]
    sources = _unique(rows, "source", "id", _source)
    own = Source(OWN, "Sidelight's actor files", "Sidelight", kind="catalogue")
    listed = _unique(rows, "entity", "key", _entity)
    reader = _Reader(sources, {key: each.id for key, each in listed.items()})
    names = tuple(reader.name(place, row) for place, row in rows if place.table == "name")
    claims = tuple(reader.claim(place, row) for place, row in rows if place.table == "claim")
    return join(
        Knowledge(
            sources={**sources, OWN: own},
            entities={each.id: each for each in (*reader.implied.values(), *listed.values())},
            names=names,
            claims=claims,
        )
    )


@cache
def load_bundled() -> Knowledge:
    """Give the knowledge that comes with Sidelight: the files of ``content/actors``."""
    return read_statements(_bundled())


def bundled_digest() -> str:
    """Tell the bundled files from those of any other release."""
    return sha256(repr(sorted(_bundled().items())).encode()).hexdigest()


def _bundled() -> dict[str, str]:
    folder = files("sidelight") / "content" / "actors"
    return {
        each.name: each.read_text(encoding="utf-8")
        for each in (folder.iterdir() if folder.is_dir() else ())
        if each.name.endswith(".toml")
    }


def _rows(file: str, text: str) -> Iterator[tuple[_Place, _Row]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise IntelError(f"is no TOML: {error}", where=file) from None
    for table, rows in document.items():
        if table not in _FIELDS or not isinstance(rows, list):
            raise IntelError(f"unknown table [[{table}]]", where=file, hint=", ".join(_FIELDS))
        for number, row in enumerate(rows, 1):
            place = _Place(file, table, number)
            _check(place, row)
            yield place, row


def _check(place: _Place, row: object) -> None:
    needed, allowed = _FIELDS[place.table]
    if not isinstance(row, dict):
        raise IntelError("is no table", where=str(place))
    if missing := needed - row.keys():
        raise IntelError(f"says no {min(missing)}", where=str(place))
    if unknown := row.keys() - needed - allowed:
        raise IntelError(f"unknown key {min(unknown)!r}", where=str(place))
    for key, value in row.items():
        if type(value) is not _KINDS_OF_VALUE.get(key, str):
            raise IntelError(f"{key} has the wrong type", where=str(place))
        if key == "date" and not _DATE.fullmatch(str(value)):
            raise IntelError("date is not like 2024-06-20, 2024-06 or 2024", where=str(place))
        if key == "confidence" and not 0 <= cast("int", value) <= 100:
            raise IntelError("confidence is not 0 to 100", where=str(place))


def _unique(
    rows: Iterable[tuple[_Place, _Row]],
    table: str,
    key: str,
    make: Callable[[_Place, _Row], _Value],
) -> dict[str, _Value]:
    found: dict[str, _Value] = {}
    for place, row in rows:
        if place.table != table:
            continue
        name = str(row[key])
        if name in found:
            raise IntelError(f"{key} {name!r} stands there twice", where=str(place))
        found[name] = make(place, row)
    return found


def _one_of(place: _Place, key: str, text: str, known: tuple[_Word, ...]) -> _Word:
    for each in known:
        if each == text:
            return each
    raise IntelError(f"unknown {key} {text!r}", where=str(place), hint=", ".join(known))


def _source(place: _Place, row: _Row) -> Source:
    return Source(
        id=str(row["id"]),
        title=str(row["title"]),
        publisher=str(row["publisher"]),
        date=str(row["date"]),
        url=str(row["url"]),
        kind=_one_of(place, "kind", str(row["kind"]), KINDS),
        first_hand=bool(row.get("first_hand", False)),
        checked=_one_of(place, "checked", str(row.get("checked", "")), CHECKS),
    )


def _texts(row: _Row, key: str) -> tuple[str, ...]:
    return tuple(str(each) for each in cast("list[object]", row.get(key, [])))


def _entity(place: _Place, row: _Row) -> Entity:
    kind = _one_of(place, "type", str(row["type"]), _TYPES)
    numbers = _texts(row, "numbers")
    identity = str(row.get("id", ""))
    if identity and not (is_stix_id(identity) and type_of(identity) == kind):
        raise IntelError(f"id is no STIX id of type {kind}", where=str(place))
    if not identity:
        key = str(row["key"])
        identity = catalogue_id(kind, numbers[0]) if numbers else named_id(kind, "key", key)
    return Entity(identity, str(row["name"]), numbers, False, str(row.get("summary", "")), (OWN,))


class _Reader:
    """Turns rows into claims; keeps the things that claims name without describing them."""

    def __init__(self, sources: Mapping[str, Source], ids: Mapping[str, str]) -> None:
        self._sources = sources
        self._ids = ids
        self.implied: dict[str, Entity] = {}

    def name(self, place: _Place, row: _Row) -> NameClaim:
        source = self._source(place, str(row["source"]))
        return NameClaim(
            entity=self._thing(place, str(row["of"])),
            name=str(row["name"]),
            source=source.id,
            says=str(row.get("says", source.publisher)),
            coined_by=str(row.get("coined_by", "")),
            date=str(row.get("date", source.date)),
            hedge=str(row.get("hedge", "")),
            confidence=cast("int | None", row.get("confidence")),
            at=str(row.get("at", "")),
            cites=self._cited(place, row),
        )

    def claim(self, place: _Place, row: _Row) -> Claim:
        source = self._source(place, str(row["source"]))
        return Claim(
            subject=self._thing(place, str(row["subject"])),
            relation=_one_of(place, "relation", str(row["relation"]), RELATIONS),
            object=self._thing(place, str(row["object"])),
            source=source.id,
            says=str(row.get("says", source.publisher)),
            date=str(row.get("date", source.date)),
            confidence=cast("int | None", row.get("confidence")),
            hedge=str(row.get("hedge", "")),
            at=str(row.get("at", "")),
            cites=self._cited(place, row),
        )

    def _source(self, place: _Place, name: str) -> Source:
        if name not in self._sources:
            raise IntelError(f"no [[source]] has the id {name!r}", where=str(place))
        return self._sources[name]

    def _cited(self, place: _Place, row: _Row) -> tuple[str, ...]:
        return tuple(sorted(self._source(place, each).id for each in _texts(row, "cites")))

    def _thing(self, place: _Place, text: str) -> str:
        """Find what *text* names: a key, a STIX id, a number, a sector, a country, a region."""
        if text in self._ids:
            return self._ids[text]
        if is_stix_id(text):
            return text
        entity = _implied(text)
        if entity is None:
            raise IntelError(
                f"{text!r} is no key of an [[entity]], no STIX id, technique or CVE",
                where=str(place),
                hint="or sector:NAME, country:CODE, region:NAME",
            )
        self.implied[entity.id] = entity
        return entity.id


def _implied(text: str) -> Entity | None:
    prefix, _, rest = text.partition(":")
    if prefix in _PREFIXES and rest:
        return Entity(_PREFIXES[prefix](rest), rest, (), False, "", (OWN,))
    for pattern, kind in _NUMBERED:
        if pattern.fullmatch(text):
            return Entity(catalogue_id(kind, text), text, (text,), False, "", (OWN,))
    return None
