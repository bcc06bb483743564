"""What comes in: an envelope's objects, each fit to be held, or not and why.

Objects are kept as the bytes they came as. One thing is changed at the door: markings in the
spelling of TLP 1, MISP or a maker of its own become references to the five of OASIS, so that only
those go out. The digest that tells tampering from repetition is taken after that.
"""

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final, TypeAlias

import msgspec
import orjson

from sidelight.errors import SidelightError
from sidelight.exchange import instants, marking
from sidelight.exchange.handling import UNSAID, Handling, handling_of, is_policy, policy_tlp
from sidelight.exchange.instants import Instant
from sidelight.exchange.marking import Unclear
from sidelight.intel.markings import Marking
from sidelight.values import dataclass

Json: TypeAlias = Mapping[str, object]

_ID: Final = re.compile(
    r"([a-z][a-z0-9-]{2,249})--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    re.ASCII,
)
_SPEC_VERSIONS: Final = frozenset({"2.0", "2.1"})
OBSERVABLES: Final = frozenset(
    {
        "artifact", "autonomous-system", "directory", "domain-name", "email-addr",
        "email-message", "file", "ipv4-addr", "ipv6-addr", "mac-addr", "mutex",
        "network-traffic", "process", "software", "url", "user-account",
        "windows-registry-key", "x509-certificate",
    }
)  # fmt: skip
"""Cyber-observables (STIX 2.1, chapter 6), which have no versions."""


MOST_OBJECTS: Final = 100_000
"""So many objects an envelope may have; ten megabytes of the smallest are three million."""


class EnvelopeError(SidelightError):
    """What came is no envelope at all."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An object that may be held.

    Args:
        version: its ``modified``, else ``created``, as it spells it; empty for an observable.
        key: the same so that it sorts.
        digest: SHA-256 of what it says, whatever the order of its keys.
        creator: its ``created_by_ref``.
        body: the bytes to serve.
    """

    id: str
    type: str
    spec_version: str
    version: str
    key: str
    marking: Marking
    digest: str
    body: bytes
    creator: str = ""
    revoked: bool = False
    handling: Handling = UNSAID


@dataclass(frozen=True, slots=True)
class Standard:
    """A TLP marking definition: everybody has the five of OASIS, so it is not held."""

    id: str
    version: str


@dataclass(frozen=True, slots=True)
class Unfit:
    """An object that is refused, the rule that refuses it, and why."""

    id: str
    version: str
    rule: str
    why: str


Item: TypeAlias = Arrival | Standard | Unfit


class _Envelope(msgspec.Struct):
    objects: list[msgspec.Raw] = []


def read_envelope(body: bytes) -> list[bytes]:
    """Cut an envelope, or a bundle, into the bytes of its objects.

    Raises:
        EnvelopeError: it is no JSON, no envelope, or has no objects.
    """
    try:
        found = msgspec.json.decode(body, type=_Envelope).objects
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise EnvelopeError(f"the body is no TAXII envelope: {error}") from None
    if not found:
        raise EnvelopeError("the envelope holds no objects")
    if len(found) > MOST_OBJECTS:
        raise EnvelopeError(f"the envelope holds more than {MOST_OBJECTS} objects")
    if _comes_twice(body):
        raise EnvelopeError("the envelope has the key objects twice")
    return [bytes(each) for each in found]


def _comes_twice(body: bytes) -> bool:
    """Tell whether one list of objects hides another, which would be lost without a word."""
    if body.count(b'"objects"') < 2 and b"\\u00" not in body:
        return False
    try:
        top = json.loads(body, object_pairs_hook=list, parse_int=str, parse_float=str)
    except RecursionError:
        raise EnvelopeError("the body is nested too deeply") from None
    names: list[object] = [name for name, _ in top]
    return names.count("objects") > 1


def references(objects: Iterable[bytes]) -> set[str]:
    """Name the marking definitions that objects refer to, as far as they can be read."""
    text = re.compile(rb"marking-definition--[0-9a-f-]{36}")
    return {each.decode() for data in objects for each in text.findall(data)}


def admit(objects: list[bytes], known: Iterable[bytes] = (), *, now: Instant) -> list[Item]:
    """Say of each object whether it may be held, in the order given.

    *known* are marking definitions that are held already; what else objects are marked with has
    to come with them. One that is held means what it meant, whatever comes under its id.
    """
    read = [parsed(data, index) for index, data in enumerate(objects)]
    items = [each for each in read if not isinstance(each, Unfit)]
    held = [each for data in known if not isinstance(each := parsed(data, 0), Unfit)]
    known_ones = {str(each["id"]): each for each in (*items, *held) if is_definition(each)}
    meant = Meanings({**definitions(items), **definitions(held)}, known_ones)
    return [
        each if isinstance(each, Unfit) else _admitted(each, data, meant, now)
        for each, data in zip(read, objects, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Meanings:
    """What marking definitions mean: which TLP they stand for if any, and all they say.

    An envelope may hold as many of them as objects, so each object looks up only its own.
    """

    others: Mapping[str, Marking | None]
    definitions: Mapping[str, Json]

    def stays(self, ref: str) -> bool:
        """Tell whether a reference is to a policy: it says more than a TLP, so it is served."""
        return ref in self.definitions and is_policy(self.definitions[ref])


def is_definition(item: Json) -> bool:
    """Tell whether an object is a marking definition."""
    return item.get("type") == "marking-definition"


def unnamed(items: Iterable[Item], identity: str) -> list[Item]:
    """Refuse what names *identity*: that of a sender who is hidden; empty for one who is not."""
    return [_unnamed(each, identity.encode()) if identity else each for each in items]


def _unnamed(item: Item, identity: bytes) -> Item:
    match item:
        case Arrival() if identity in item.body:
            why = "it names you, and you are hidden in this circle: leave your identity out"
            return Unfit(item.id, item.version, "names-hidden", why)
        case _:
            return item


def definitions(items: Iterable[Json]) -> Mapping[str, Marking | None]:
    """Give the marking definitions among objects, and what TLP they stand for if any.

    A statement stands for none; a policy of PAP or IEP for the one that it has, if it has one.
    """
    found: dict[str, Marking | None] = {}
    for item in items:
        if is_definition(item):
            tlp = marking.defined(item) or policy_tlp(item)
            if tlp or item.get("definition_type") == "statement" or is_policy(item):
                found[str(item["id"])] = tlp
    return found


def parsed(data: bytes, index: int) -> Json | Unfit:
    """Read one object; a key that comes twice would mean one thing here and another elsewhere."""
    place = f"objects[{index}]"
    try:
        item = orjson.loads(data)
        json.loads(data, object_pairs_hook=_once)
    except RecursionError:
        return Unfit(place, "", "unreadable", "it is nested too deeply")
    except ValueError as error:
        return Unfit(place, "", "unreadable", str(error))
    if not isinstance(item, dict):
        return Unfit(place, "", "unreadable", "it is no JSON object")
    named = _ID.fullmatch(item["id"]) if isinstance(item.get("id"), str) else None
    if named is None or named[1] != item.get("type"):
        return Unfit(place, "", "unreadable", "its id is not its type, two hyphens and a UUID")
    return item


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice in one object")
    return found


def _admitted(item: Json, data: bytes, meant: Meanings, now: Instant) -> Item:
    ident, kind = str(item["id"]), str(item["type"])
    spec = item.get("spec_version", "2.1" if kind in OBSERVABLES else "2.0")
    version = item.get("modified", item.get("created", ""))
    key = instants.order(version) if isinstance(version, str) else None
    said = version if isinstance(version, str) else ""
    if is_definition(item) and marking.defined(item):
        if marking.contradicts(item):
            return Unfit(ident, said, "tampered", "this id is of another TLP marking (OASIS)")
        return Standard(ident, said)
    if not isinstance(spec, str) or spec not in _SPEC_VERSIONS:
        return Unfit(ident, said, "unsupported", f"spec_version {spec!r} is neither 2.0 nor 2.1")
    if key is None and not (version == "" and kind in OBSERVABLES):
        return Unfit(ident, said, "unreadable", "modified (or else created) is no timestamp")
    found = marking.marking_of(item, meant.others)
    if isinstance(found, Unclear):
        return Unfit(ident, said, found.rule, found.why)
    if found == "red":
        return Unfit(ident, said, "red-on-feed", "TLP:RED is for named people, never for a feed")
    handling = handling_of(item, meant.definitions)
    if handling.starts is not None and now < handling.starts:
        # Served later, it would stand before what clients have already passed.
        return Unfit(ident, said, "iep-not-yet", "its policy does not hold yet: share it then")
    if handling.ends is not None and now >= handling.ends:
        return Unfit(ident, said, "iep-ended", "its policy has ended, or its end cannot be read")
    served = marking.translated(item, found, meant.others, meant.stays)
    try:
        canonical = orjson.dumps(served, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # it reads four times as deep as it writes
        return Unfit(ident, said, "unreadable", "it is nested too deeply")
    return Arrival(
        id=ident,
        type=kind,
        spec_version=spec,
        version=said,
        key=key or "",
        marking=found,
        digest=sha256(canonical).hexdigest(),
        body=data if served is item else orjson.dumps(served),
        creator=str(item.get("created_by_ref", "")),
        revoked=item.get("revoked") is True,
        handling=handling,
    )
