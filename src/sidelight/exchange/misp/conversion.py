"""MISP to STIX and back by misp-stix, with what it would lose or loosen put right.

What is measured of misp-stix 2026.10: a TLP tag in capitals becomes a label, attributes do not
inherit the marking of their event, and deleted attributes become indicators. So markings are taken
off before, and put onto every object after.
"""

import copy
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, TypeAlias, TypeVar
from uuid import UUID, uuid4

import orjson

from sidelight.errors import ExchangeError
from sidelight.exchange import instants
from sidelight.exchange.intake import Unfit, definitions, parsed
from sidelight.exchange.marking import ORDER, Unclear, marking_of, strictest
from sidelight.exchange.misp.event import Leaving
from sidelight.exchange.misp.terms import WIDEST, Left, tables
from sidelight.intel.markings import MARKINGS, Marking
from sidelight.values import dataclass

Json: TypeAlias = Mapping[str, object]
_Made = TypeVar("_Made")
_TOOL: Final = frozenset({'misp:tool="MISP-STIX-Converter"', 'misp:tool="misp2stix2"'})
_LINKS: Final = ("source_ref", "target_ref", "sighting_of_ref")


@dataclass(frozen=True, slots=True)
class Event:
    """A MISP event that was made of STIX objects, and what was left out of it."""

    document: Json
    marking: Marking
    left: tuple[Left, ...]


def to_stix(leaving: Leaving) -> tuple[list[Json], list[Left]]:
    """Make STIX objects of what leaves of an event; each is marked with one of the five of OASIS.

    Raises:
        ExchangeError: misp-stix cannot read the event.
    """
    from misp_stix_converter import MISPtoSTIX21Parser  # noqa: PLC0415 - takes a second

    parser = MISPtoSTIX21Parser()
    event = copy.deepcopy(leaving.event)
    _guarded(lambda: parser.parse_misp_event({"Event": event}), str(event.get("uuid")))
    made = [json.loads(each.serialize()) for each in parser.stix_objects]
    left = [Left("in the event", _cleaned(text)) for text in _texts(parser.errors)]
    return list(_marked(made, leaving)), left


def to_event(objects: Sequence[bytes], distribution: int, title: str = "") -> Event:
    """Make a MISP event of STIX objects, tagged with their strictest marking.

    *distribution* is that of the event; it is not published.

    Raises:
        ExchangeError: nothing is left, the distribution is wider than the marking bears, or
            misp-stix cannot read the objects.
    """
    items, markings, left = _readable(objects)
    if not items:
        why = "; ".join([*dict.fromkeys(each.why for each in left)][:3]) or "there are no objects"
        raise ExchangeError(f"nothing can become an event: {why}")
    marking = strictest(markings.values())
    if distribution > WIDEST[marking]:
        reason = f"TLP:{marking.upper()} bears no wider distribution than {WIDEST[marking]}"
        raise ExchangeError(reason, where=f"--distribution {distribution}")
    made = _guarded(lambda: _event_of(items, distribution, title), "the bundle")
    made["Tag"] = [*tables(made.get("Tag")), {"name": f"tlp:{marking}"}]
    _tag_parts(made, markings, marking)
    left += _add_sightings(made, items)
    made["published"] = False
    return Event({"Event": made}, marking, tuple(left))


def _event_of(items: Sequence[Json], distribution: int, title: str) -> dict[str, object]:
    import stix2  # noqa: PLC0415 - takes a second
    from misp_stix_converter import (  # noqa: PLC0415
        ExternalSTIX2toMISPParser,
        InternalSTIX2toMISPParser,
    )

    # It takes no sighting that does not say who has seen it.
    bare = [_without_markings(each) for each in items if each["type"] != "sighting"]
    _gather(bare)
    bare = [each for each in bare if each["type"] != "report" or each.get("object_refs")]
    bundle = {"type": "bundle", "id": f"bundle--{uuid4()}", "objects": bare}
    ours = any(_TOOL & set(_listed(each.get("labels"))) for each in items)
    parser = (InternalSTIX2toMISPParser if ours else ExternalSTIX2toMISPParser)()
    parser.load_stix_bundle(stix2.parse(bundle, allow_custom=True))
    options = {"distribution": distribution, "single_event": True, "title": title or None}
    parser.parse_stix_bundle(**options)
    found = json.loads(parser.misp_event.to_json())
    assert isinstance(found, dict)
    return found


def _gather(items: Sequence[dict[str, object]]) -> None:
    """Name in the first report what none names: it may not have named what is marked stricter."""
    reports = [each for each in items if each["type"] in {"report", "grouping"}]
    if not reports:
        return
    named = {ref for each in reports for ref in _listed(each.get("object_refs"))}
    loose = [
        str(each["id"])
        for each in items
        if each not in reports and each["type"] != "identity" and each["id"] not in named
    ]
    reports[0]["object_refs"] = [*_listed(reports[0].get("object_refs")), *loose]


def _readable(
    objects: Sequence[bytes],
) -> tuple[list[Json], dict[str, Marking], list[Left]]:
    """Give the objects that carry a marking, their markings by id, and what is left out."""
    read = [parsed(data, index) for index, data in enumerate(objects)]
    left = [Left(each.id, each.why) for each in read if isinstance(each, Unfit)]
    whole = [each for each in read if not isinstance(each, Unfit)]
    others = definitions(whole)
    items: list[Json] = []
    markings: dict[str, Marking] = {}
    for item in whole:
        if item["type"] == "marking-definition":
            continue
        found = marking_of(item, others)
        if isinstance(found, Unclear):
            left.append(Left(str(item["id"]), f"{found.rule}: {found.why}"))
        elif item.get("revoked") is True:
            left.append(Left(str(item["id"]), "it is revoked"))
        else:
            items.append(item)
            markings[str(item["id"])] = found
    return items, markings, left


def _tag_parts(
    event: Mapping[str, object], markings: Mapping[str, Marking], whole: Marking
) -> None:
    """Tag attributes that are marked more openly than the event; those of an object as it is."""
    known: dict[str, Marking] = {}
    for ident, marking in markings.items():
        key = ident.partition("--")[2]
        known[key] = strictest((marking, known.get(key, marking)))
    for each, key in _attributes(event):
        own = known.get(key)
        if own and own != whole:
            each["Tag"] = [*tables(each.get("Tag")), {"name": f"tlp:{own}"}]


def _attributes(event: Mapping[str, object]) -> Iterator[tuple[dict[str, object], str]]:
    """Give the attributes of an event, with the UUID of what they became in STIX."""
    for part in (event, *tables(event.get("Object"))):
        for each in tables(part.get("Attribute")):
            if isinstance(each, dict):
                yield each, str((each if part is event else part).get("uuid"))


def _add_sightings(event: Mapping[str, object], items: Sequence[Json]) -> list[Left]:
    """Put sightings at what they sighted; MISP has one for each time, of which the last is told."""
    there = {key: each for each, key in reversed(list(_attributes(event)))}
    left = []
    for item in items:
        if item["type"] != "sighting":
            continue
        key = str(item.get("sighting_of_ref", "")).partition("--")[2]
        at = instants.read(str(item.get("last_seen", item.get("modified"))))
        if key not in there or at is None:
            left.append(Left(str(item["id"]), "what it sighted became no attribute"))
            continue
        uuid = str(item["id"]).partition("--")[2]
        made = {"uuid": uuid, "type": "0", "date_sighting": str(at // 1_000_000)}
        there[key]["Sighting"] = [*tables(there[key].get("Sighting")), made]
    return left


def _marked(items: Sequence[dict[str, object]], leaving: Leaving) -> Iterator[Json]:
    """Mark objects as the part of the event that they were made of; links as their stricter end.

    An object names none that is marked more strictly: an id tells that there is something.
    """
    found: dict[str, Marking] = {}
    for item in items:
        key = str(item["id"]).partition("--")[2].lower()
        found[str(item["id"])] = leaving.markings.get(key, leaving.marking)
    for item in items:
        if item["type"] == "marking-definition":
            continue
        ends = [found[str(item[name])] for name in _LINKS if item.get(name) in found]
        marking = strictest((found[str(item["id"])], *ends))
        item.pop("granular_markings", None)
        seen = {
            name: [
                ref for ref in refs if ORDER.index(found.get(ref, marking)) <= ORDER.index(marking)
            ]
            for name, refs in item.items()
            if name.endswith("_refs") and isinstance(refs, list)
        }
        empty = {name for name, refs in seen.items() if not refs}  # no list of STIX is empty
        kept = {name: value for name, value in {**item, **seen}.items() if name not in empty}
        yield {**kept, "object_marking_refs": [MARKINGS[marking]]}


def _without_markings(item: Json) -> dict[str, object]:
    gone = {"object_marking_refs", "granular_markings"}
    return {name: value for name, value in item.items() if name not in gone}


def _listed(value: object) -> Iterator[str]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, str):
            yield each


def _texts(found: object) -> Iterator[str]:
    """Give what a parser says of what it could not do, whatever it keeps that in."""
    for each in found.values() if isinstance(found, Mapping) else ():
        yield from map(str, each if isinstance(each, Iterable) else ())


def _cleaned(text: str) -> str:
    """Give what a parser says as one sentence, without types and values of Python."""
    words = " ".join(text.partition(" - <class")[0].split())
    return f"misp-stix cannot read it: {words[:200]}"


def _guarded(work: Callable[[], _Made], where: str) -> _Made:
    """Run what others wrote over what others sent: it raises what it likes."""
    with _quiet():
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - see above
            reason = f"misp-stix cannot read it: {type(error).__name__}: {str(error)[:200]}"
            raise ExchangeError(reason, where=where) from None


@contextmanager
def _quiet() -> Iterator[None]:
    # What others wrote says it on standard error, each in its own words; it is told as left out.
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def bundled(items: Sequence[Json], ident: UUID) -> bytes:
    """Put objects into a bundle."""
    return orjson.dumps({"type": "bundle", "id": f"bundle--{ident}", "objects": list(items)})
