"""A brief as a STIX 2.1 bundle: a report, what it names, and notes; no indicator, ever.

An indicator would be loaded into a block list somewhere. What was read are observables, until a
person says otherwise. Names that mean several things, or nothing known, become notes as well.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Final

import orjson

from sidelight.intel.identifier import named_id
from sidelight.intel.markings import MARKINGS, Marking
from sidelight.reading.brief import Brief
from sidelight.reading.claim import INTRUDERS, Claim
from sidelight.reading.entity import NAMED, Entity
from sidelight.reading.read import Reading
from sidelight.reading.written.observables import as_object
from sidelight.values import dataclass

_BORN: Final = "2024-01-01T00:00:00.000Z"
"""`created` of what says the same in every run."""
_TYPES: Final = {"actor": "intrusion-set", "malware": "malware", "tool": "tool"}
_RELATIONS: Final[Mapping[str, str]] = {"uses": "uses", "associated-with": "related-to"}
_DATE: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d)", re.ASCII)
_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"


@dataclass(slots=True)
class _Bundle:
    """Objects by id."""

    marking: str
    objects: dict[str, Mapping[str, object]] = field(default_factory=dict)

    def put(self, kind: str, identity: str, **content: object) -> str:
        self.objects[identity] = {
            "type": kind,
            "spec_version": "2.1",
            "id": identity,
            "created": _BORN,
            "modified": _BORN,
            **content,
            "object_marking_refs": [self.marking],
        }
        return identity


def as_stix(brief: Brief, marking: Marking) -> str:
    """Write *brief*."""
    bundle = _Bundle(MARKINGS[marking])
    bundle.objects[bundle.marking] = _marking(marking)
    producer = bundle.put(
        "identity",
        named_id("identity", "sidelight", "reading"),
        name="Sidelight",
        identity_class="system",
    )
    refs = [ref for reading in brief.readings for ref in _reading(bundle, brief, reading)]
    refs += [_note(bundle, brief, refs or [producer])]
    bundle.put(
        "report",
        named_id("report", brief.id),
        name=brief.title,
        description="\n".join(sentence.text for sentence in brief.sections[0].sentences)
        if brief.sections
        else brief.title,
        report_types=["threat-report"],
        published=_published(brief),
        created_by_ref=producer,
        object_refs=sorted(dict.fromkeys(refs)),
        external_references=[
            {"source_name": document.name, "external_id": document.id}
            for document in brief.documents.values()
        ],
    )
    whole = {
        "type": "bundle",
        "id": named_id("bundle", brief.id, marking),
        "objects": [bundle.objects[key] for key in sorted(bundle.objects)],
    }
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode() + "\n"


def _published(brief: Brief) -> str:
    """Give the date of the first document that says its own; STIX wants one in any case."""
    for document in brief.documents.values():
        if match := _DATE.match(document.content.published):
            return f"{match[0]}T00:00:00.000Z"
    return _BORN


def _reading(bundle: _Bundle, brief: Brief, reading: Reading) -> Iterator[str]:
    ids: dict[str, str] = {}
    for each in reading.of_kind(*NAMED):
        ids[each.name] = _entity(bundle, each)
        yield ids[each.name]
    for technique in reading.techniques:
        if not technique.denied:
            yield bundle.put(
                "attack-pattern",
                named_id("attack-pattern", technique.id),
                name=technique.name,
                external_references=[
                    {"source_name": _catalogue(technique.id), "external_id": technique.id}
                ],
            )
    for seen in reading.observed:
        found = as_object(seen)
        if found:
            bundle.objects[str(found["id"])] = {
                **found,
                "object_marking_refs": [bundle.marking],
            }
            yield str(found["id"])
    for claim in reading.claims:
        yield from _relation(bundle, brief, claim, ids)


def _catalogue(identity: str) -> str:
    prefixes = {"FGT": "MITRE-FiGHT", "MOT": "gsma-motif"}
    return next(
        (name for key, name in prefixes.items() if identity.startswith(key)), "mitre-attack"
    )


def _entity(bundle: _Bundle, each: Entity) -> str:
    kind = _TYPES[each.kind]
    known = each.ids[0] if each.status == "known" and each.ids[0].startswith(f"{kind}--") else ""
    identity = known or named_id(kind, "report", each.name)
    more = {"is_family": True} if kind == "malware" else {}
    if identity not in bundle.objects:
        bundle.put(kind, identity, name=each.name, **more)
    return identity


def _relation(bundle: _Bundle, brief: Brief, claim: Claim, ids: Mapping[str, str]) -> Iterator[str]:
    """Give a relationship for a claim that STIX has a word for; what is denied is not one."""
    verb = _RELATIONS.get(claim.relation)
    ends = ids.get(claim.subject), ids.get(claim.object)
    if verb and all(ends) and not claim.denied and claim.subject != INTRUDERS:
        quote = brief.documents[claim.span.document].quote(claim.span)
        yield bundle.put(
            "relationship",
            named_id("relationship", str(ends[0]), verb, str(ends[1]), claim.hedge),
            relationship_type=verb,
            source_ref=ends[0],
            target_ref=ends[1],
            description=quote,
            confidence=30 if claim.hedge else 50,
        )


def _note(bundle: _Bundle, brief: Brief, refs: list[str]) -> str:
    text = "\n".join(
        f"{section.title}: {sentence.text}"
        for section in brief.sections
        for sentence in section.sentences
    )
    return bundle.put(
        "note",
        named_id("note", brief.id),
        abstract=brief.title,
        content=text,
        object_refs=sorted(dict.fromkeys(refs)),
    )


def _marking(marking: Marking) -> Mapping[str, object]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": MARKINGS[marking],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{marking.upper()}",
        "extensions": {_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": marking}},
    }
