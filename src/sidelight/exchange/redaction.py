"""Redaction: what is left of objects when it may go further.

An object that leaves something out is another object (STIX 2.1, section 3.5), so each gets a new
id, and a ``derived-from`` relationship to the one it was made of (section 3.6). A marking is never
loosened: what is kept was marked no stricter than the ceiling, and says so again.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias
from uuid import UUID

import orjson

from sidelight.exchange import instants
from sidelight.exchange.extension import SIGNATURE
from sidelight.exchange.handling import is_label
from sidelight.exchange.instants import Instant
from sidelight.exchange.intake import Unfit, definitions, is_definition, parsed
from sidelight.exchange.marking import KNOWN, ORDER, Unclear, effective, marking_of, strictest
from sidelight.exchange.victims import Victims, victims
from sidelight.intel.markings import MARKINGS, Marking, label
from sidelight.values import dataclass

Json: TypeAlias = Mapping[str, object]

_STRUCTURE: Final = frozenset(
    {"type", "spec_version", "id", "created", "modified", "object_marking_refs"}
)
_DROPPED: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({"granular_markings", "created_by_ref", "labels", "external_references", "lang"}),
    "sighting": frozenset({"where_sighted_refs", "observed_data_refs", "description"}),
}
"""What names a victim or its evidence, by type and for all types."""
_REQUIRED: Final[Mapping[str, frozenset[str]]] = {
    "indicator": frozenset({"pattern", "pattern_type", "valid_from"}),
    "malware": frozenset({"is_family"}),
    "relationship": frozenset({"relationship_type", "source_ref", "target_ref"}),
    "sighting": frozenset({"sighting_of_ref"}),
    "attack-pattern": frozenset({"name"}),
    "campaign": frozenset({"name"}),
    "course-of-action": frozenset({"name"}),
    "identity": frozenset({"name"}),
    "intrusion-set": frozenset({"name"}),
    "threat-actor": frozenset({"name"}),
    "tool": frozenset({"name"}),
    "vulnerability": frozenset({"name"}),
}
"""What an object has to have (STIX 2.1, chapters 4 and 5); other types are not redacted."""
_LINKS: Final = frozenset({"relationship", "sighting"})
_SUBSCRIBER: Final = re.compile(
    # IMSI and IMEI have 14 to 16 digits (3GPP TS 23.003), an international number 8 to 15 after
    # its plus (ITU-T E.164), also with spaces, points and hyphens in between.
    r"(?<![\w.])(?:\d{14,16}|\+\d(?:[ .()/-]{0,2}\d){7,14})(?!\w|\.\d)"
    r"|(?:imsi|msisdn|imei|supi|suci|gpsi)(?![a-z])",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Left:
    """Nothing of an object is left, and why."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Redacted:
    """What an object became, and the names of what was left out.

    Args:
        named: whether it may be said what it was made of: an id is a property, too.
    """

    id: str
    item: Json
    gone: tuple[str, ...]
    named: bool = True


Outcome: TypeAlias = Left | Redacted


def redact(
    items: Sequence[Json],
    ceiling: Marking,
    others: Mapping[str, Marking | None],
    *,
    now: str,
    mint: Callable[[], UUID],
) -> list[Outcome]:
    """Give what is left of objects at or below *ceiling*, in the order given.

    A relationship or sighting goes on between what its ends became, and not without them. A
    victim goes nowhere, nor does a property that names one, nor an identity that nothing names
    any more. *now* is a STIX timestamp; *others* are marking definitions as `marking_of` takes
    them.
    """
    hit = victims(items)
    fresh: dict[str, str] = {}
    found: dict[int, Outcome] = {}
    for links in (False, True):
        for place, item in enumerate(items):
            if (item.get("type") in _LINKS) is links:
                outcome = _redacted(item, ceiling, others, hit, fresh, now, mint)
                found[place] = outcome
                if isinstance(outcome, Redacted):
                    fresh[outcome.id] = str(outcome.item["id"])
    return _needed([found[place] for place in range(len(items))])


def _needed(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Leave out identities that nothing else names: who made what no longer says so."""
    named = {
        ref
        for each in outcomes
        if isinstance(each, Redacted)
        for name, value in each.item.items()
        if name.endswith(("_ref", "_refs"))
        for ref in (_list(value) or [value])
        if isinstance(ref, str)
    }
    return [
        Left(each.id, "an identity that nothing left refers to, as of an author")
        if isinstance(each, Redacted)
        and each.item["type"] == "identity"
        and each.item["id"] not in named
        else each
        for each in outcomes
    ]


def derived(outcomes: Iterable[Outcome], *, now: str, mint: Callable[[], UUID]) -> Iterator[Json]:
    """Give the relationships that say what each was made of; links have none of their own.

    Where the id of the old object may not go as far as the new one, there is none.
    """
    for each in outcomes:
        if isinstance(each, Redacted) and each.named and each.item["type"] not in _LINKS:
            yield {
                "type": "relationship",
                "spec_version": "2.1",
                "id": f"relationship--{mint()}",
                "created": now,
                "modified": now,
                "relationship_type": "derived-from",
                "source_ref": each.item["id"],
                "target_ref": each.id,
                "object_marking_refs": each.item["object_marking_refs"],
            }


def _redacted(  # noqa: PLR0913 - an object, how far it may go, what others became
    item: Json,
    ceiling: Marking,
    others: Mapping[str, Marking | None],
    hit: Victims,
    fresh: Mapping[str, str],
    now: str,
    mint: Callable[[], UUID],
) -> Outcome:
    ident, kind = str(item.get("id")), str(item.get("type"))
    if kind not in _REQUIRED:
        return Left(ident, f"{kind} is not redacted: it is nothing without its values")
    if ident in hit.ids:
        return Left(ident, "a victim: a host, or whom a sighting says it was seen at")
    marks = effective(item, others)
    if isinstance(marks, Unclear):
        return Left(ident, f"{marks.rule}: {marks.why}")
    dropped = _STRUCTURE | _DROPPED[""] | _DROPPED.get(kind, frozenset())
    open_ones = {
        name: value
        for name, value in item.items()
        if name not in dropped
        and ORDER.index(marks[name]) <= ORDER.index(ceiling)
        and not _names_subscriber(value)
        and not hit.named_in(value)
    }
    kept = dict(_linked(_unsigned(open_ones), fresh))
    missing = sorted(_REQUIRED[kind] - kept.keys())
    if missing:
        return Left(ident, _lacking(missing, marks, ceiling))
    marking = strictest(marks[name] for name in kept)
    made = {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{mint()}",
        "created": now,
        "modified": now,
        **kept,
        **(
            {"labels": labels}
            if (labels := [each for each in _texts(item) if is_label(each)])
            else {}
        ),
        "object_marking_refs": [MARKINGS[marking], *_policies(item)],
    }
    named = ORDER.index(marks["id"]) <= ORDER.index(ceiling)
    gone = tuple(sorted(item.keys() - kept.keys() - _STRUCTURE))
    return Redacted(ident, made, gone, named)


def _lacking(missing: Sequence[str], marks: Mapping[str, Marking], ceiling: Marking) -> str:
    """Say what an object is nothing without, and whether the ceiling is why it cannot have it."""
    found = [marks[name] for name in missing if name in marks]
    what = f"it is nothing without {' and '.join(missing)}, which"
    if found and ORDER.index(highest := strictest(found)) > ORDER.index(ceiling):
        return f"{label(highest)} is above the ceiling, {label(ceiling)}: {what} may not go along"
    return f"{what} may not go along"


def _texts(item: Json) -> list[str]:
    return [each for each in _list(item.get("labels")) if isinstance(each, str)]


def _policies(item: Json) -> list[str]:
    """Give what else an object or a part of it is marked with: a statement, PAP or IEP."""
    parts = [each for each in _list(item.get("granular_markings")) if isinstance(each, dict)]
    refs = [*_list(item.get("object_marking_refs")), *(each.get("marking_ref") for each in parts)]
    return list(dict.fromkeys(ref for ref in refs if isinstance(ref, str) and ref not in KNOWN))


def _unsigned(kept: Json) -> Json:
    """Give properties without the signature of the author, who did not sign what is left."""
    extensions = kept.get("extensions")
    if not isinstance(extensions, dict) or SIGNATURE not in extensions:
        return kept
    rest = {name: value for name, value in extensions.items() if name != SIGNATURE}
    others = {name: value for name, value in kept.items() if name != "extensions"}
    return {**others, "extensions": rest} if rest else others


def _linked(kept: Json, fresh: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """Give properties with references to what others became; without those to anything else."""
    for name, value in kept.items():
        if name.endswith("_ref"):
            if str(value) in fresh:
                yield name, fresh[str(value)]
        elif name.endswith("_refs"):
            refs = [fresh[str(each)] for each in _list(value) if str(each) in fresh]
            if refs:
                yield name, refs
        else:
            yield name, value


def _names_subscriber(value: object) -> bool:
    """Tell whether a number of a subscriber stands anywhere in a value."""
    match value:
        case str():
            return _SUBSCRIBER.search(value) is not None
        case dict():
            return any(
                _names_subscriber(key) or _names_subscriber(each) for key, each in value.items()
            )
        case list():
            return any(map(_names_subscriber, value))
        case int() | float() if not isinstance(value, bool):
            digits = str(int(value)) if value == value // 1 else str(value)
            return _SUBSCRIBER.search(digits) is not None
        case _:
            return False


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Less:
    """A bundle of what is left.

    Args:
        made: how many objects were made of others.
        derivations: how many relationships say of what.
        along: how many marking definitions went along as they are.
        left: how many objects are not in it, by why.
    """

    bundle: bytes
    made: int
    derivations: int
    along: int
    left: Mapping[str, int]


def redacted_bundle(
    objects: Sequence[bytes], ceiling: Marking, now: Instant, mint: Callable[[], UUID]
) -> Less:
    """Give a bundle of what is left, what is in it, and why others are not."""
    items = [parsed(data, index) for index, data in enumerate(objects)]
    whole = [each for each in items if not isinstance(each, Unfit)]
    others = definitions(whole)
    at = instants.show(now)[:-4] + "Z"
    outcomes = redact(whole, ceiling, others, now=at, mint=mint)
    kept = [each.item for each in outcomes if isinstance(each, Redacted)]
    along = _along(whole, kept, ceiling, others)
    links = list(derived(outcomes, now=at, mint=mint))
    bundle = {
        "type": "bundle",
        "id": f"bundle--{mint()}",
        "objects": [*along.values(), *kept, *links],
    }
    left = Counter(
        each.why
        for each in (*outcomes, *items)
        if isinstance(each, Left | Unfit) and each.id not in along
    )
    return Less(orjson.dumps(bundle), len(kept), len(links), len(along), left)


def _along(
    items: Iterable[Json],
    kept: Iterable[Json],
    ceiling: Marking,
    others: Mapping[str, Marking | None],
) -> dict[str, Json]:
    """Give the marking definitions that what is left refers to, as they are, if they may go."""
    wanted = {ref for each in kept for ref in _policies(each)}
    found = {}
    for each in items:
        if is_definition(each) and each["id"] in wanted:
            marking = marking_of(each, others)
            if not isinstance(marking, Unclear) and ORDER.index(marking) <= ORDER.index(ceiling):
                found[str(each["id"])] = each
    return found
