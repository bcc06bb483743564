"""A bundle that grows as findings come: only ids are remembered.

Each finding is an observed-data object and a sighting of the indicator that stands for its rule.
An indicator names its rule by id and title only: rules have licences of their own, and whoever
receives the bundle gets them from their authors.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from hashlib import sha256
from typing import BinaryIO, Final, Self

from sidelight.coverage import Run
from sidelight.findings.finding import Finding, RuleRef
from sidelight.findings.resemblance import Resemblance
from sidelight.output.instants import rfc3339_fixed
from sidelight.output.lines import Json, line
from sidelight.output.marking import EXTENSION, MARKINGS, Marking, label
from sidelight.output.stix.identifier import own_id
from sidelight.output.stix.likeness import Remark, assessment, grouping, intrusion_set, reasons
from sidelight.output.stix.observable import Object, observables
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

_BORN: Final = "2024-01-01T00:00:00.000Z"
"""`created` of what says the same in every run."""
_MOST: Final = 999_999_999
"""The largest number_observed and count (STIX 2.1, sections 4.14 and 5.2)."""


@dataclass(slots=True)
class Bundle:
    """Writes a bundle.

    Args:
        marking: TLP 2.0 label; every object carries it.
        producer: id of the identity that made the objects.
    """

    file: BinaryIO
    marking: Marking
    producer: str = ""
    _seen: set[str] = field(default_factory=set)
    _digest: bytes = b""
    _known: dict[RuleRef | str, str] = field(default_factory=dict)
    _kept: list[tuple[str, bytes]] | None = None

    def begin(self, version: str) -> None:
        """Write what every bundle has: the marking and the producer."""
        self.file.write(b'{"type":"bundle","objects":[\n')
        self._put(_marking(self.marking))
        tool = {
            "name": "Sidelight",
            "description": f"Sidelight {version}, which hunts in event logs",
            "identity_class": "system",
        }
        self.producer = self._own("identity", _BORN, tool, made=False)

    def add(self, finding: Finding) -> None:
        """Write a finding and what it refers to."""
        indicators = [self._indicator(rule) for rule in finding.rules]
        patterns = [self._attack_pattern(name) for name in finding.techniques]
        for indicator in indicators:
            for pattern in patterns:
                ends = {
                    "relationship_type": "indicates",
                    "source_ref": indicator,
                    "target_ref": pattern,
                }
                self._own("relationship", _BORN, ends)
        when = rfc3339_fixed(finding.last_seen, 3) or _BORN
        observed = self._observed(finding, when)
        hosts = self._host(finding.host) if finding.host else None
        for indicator in indicators[:1]:
            self._own("sighting", when, _sighting(finding, indicator, observed, hosts))

    def apart(self) -> Self:
        """Give one that keeps its objects."""
        return type(self)(io.BytesIO(), self.marking, self.producer, _kept=[])

    def take(self, part: Self) -> None:
        """Write the objects of *part*."""
        self._known.update(part._known)
        for identifier, text in part._kept or ():
            self._write(identifier, text)

    def close(self, run: Run) -> None:
        """Write whom the findings resemble, and end the bundle; its id follows from its objects."""
        if run.resemblance:
            self.resemble(run.resemblance)
        self.end()

    def end(self) -> None:
        """End the bundle."""
        identifier = own_id("bundle", {"objects": self._digest.hex()})
        self.file.write(b'\n],"id":"' + identifier.encode() + b'"}\n')

    def resemble(
        self, whole: Resemblance, notes: Sequence[Remark] = (), campaign: str = ""
    ) -> None:
        """Write the hypotheses that are worth naming, each with why, and what analysts note.

        Args:
            whole: what all hypotheses came to.
            notes: what analysts add.
            campaign: a name for what is attributed; without it the findings are grouped, and
                are only said to be related.
        """
        if not whole.told:
            return
        known = sorted(self._known.values())
        sets = [self._own("intrusion-set", _BORN, intrusion_set(each)) for each in whole.told]
        content = {"name": campaign} if campaign else grouping(known or sets)
        lead = self._own("campaign" if campaign else "grouping", _BORN, content)
        for each, target in zip(whole.told, sets, strict=True):
            verb = "attributed-to" if campaign else "related-to"
            ends: Object = {"relationship_type": verb, "source_ref": lead, "target_ref": target}
            link = self._own("relationship", _BORN, {**ends, **assessment(each)})
            self._own("note", _BORN, {"content": reasons(each), "object_refs": [link]})
            for remark in notes:
                if remark.target == each.id:
                    self._own(remark.kind, remark.date, {**remark.content, "object_refs": [link]})

    def _observed(self, finding: Finding, when: str) -> str | None:
        objects = observables(finding)
        if not objects or finding.first_seen == NO_TIME:
            return None
        for item in objects.values():
            self._put({**item, "object_marking_refs": [MARKINGS[self.marking]]})
        content: Object = {
            "first_observed": rfc3339_fixed(finding.first_seen, 6),
            "last_observed": rfc3339_fixed(finding.last_seen, 6),
            "number_observed": max(1, min(finding.count, _MOST)),
            "object_refs": sorted(objects),
        }
        return self._own("observed-data", when, content)

    def _indicator(self, rule: RuleRef) -> str:
        if rule in self._known:
            return self._known[rule]
        self._known[rule] = self._own("indicator", _BORN, _indicator(rule))
        return self._known[rule]

    def _attack_pattern(self, technique: str) -> str:
        if technique in self._known:
            return self._known[technique]
        url = f"https://attack.mitre.org/techniques/{technique.replace('.', '/')}"
        reference = {"source_name": "mitre-attack", "external_id": technique, "url": url}
        content: Object = {"name": technique, "external_references": [reference]}
        self._known[technique] = self._own("attack-pattern", _BORN, content)
        return self._known[technique]

    def _host(self, name: str) -> str:
        return self._own("identity", _BORN, {"name": name, "identity_class": "system"})

    def _own(self, kind: str, when: str, content: Mapping[str, Json], *, made: bool = True) -> str:
        whole: Object = {"created": when, "modified": when, **content}
        if made:
            whole["created_by_ref"] = self.producer
        whole["object_marking_refs"] = [MARKINGS[self.marking]]
        identifier = own_id(kind, whole)
        self._put({"type": kind, "spec_version": "2.1", "id": identifier, **whole})
        return identifier

    def _put(self, item: Object) -> None:
        identifier = str(item["id"])
        if identifier not in self._seen:
            self._write(identifier, line(item).rstrip(b"\n"))

    def _write(self, identifier: str, text: bytes) -> None:
        if identifier in self._seen:
            return
        if self._kept is None:
            self.file.write((b",\n" if self._seen else b"") + text)
        else:
            self._kept.append((identifier, text))
        self._seen.add(identifier)
        self._digest = sha256(self._digest + identifier.encode()).digest()


def open_stix(file: BinaryIO, version: str, marking: Marking = "amber+strict") -> Bundle:
    """Begin a bundle."""
    bundle = Bundle(file, marking)
    bundle.begin(version)
    return bundle


def _indicator(rule: RuleRef) -> Object:
    credit = f", by {rule.author}" if rule.author else ""
    return {
        "name": rule.title,
        "description": f"Sigma rule {rule.id}, level {rule.level}{credit}. The pattern names "
        "the rule; its text is to be had from its author.",
        "indicator_types": ["malicious-activity"],
        "pattern": line({"title": rule.title, "id": rule.id}).decode().strip(),
        "pattern_type": "sigma",
        "valid_from": _BORN,
        "external_references": [{"source_name": "sigma", "external_id": rule.id}],
    }


def _sighting(finding: Finding, indicator: str, observed: str | None, host: str | None) -> Object:
    content: Object = {
        "description": "\n".join((finding.title, *finding.reasons, *finding.counter_evidence)),
        "sighting_of_ref": indicator,
        "count": min(finding.count, _MOST),
        "confidence": max(0, min(finding.score, 100)),
        "labels": [finding.cls, finding.level],
        "external_references": list(_places(finding)),
    }
    if finding.first_seen != NO_TIME:
        content["first_seen"] = rfc3339_fixed(finding.first_seen, 6)
        content["last_seen"] = rfc3339_fixed(finding.last_seen, 6)
    if observed:
        content["observed_data_refs"] = [observed]
    if host:
        content["where_sighted_refs"] = [host]
    return content


def _places(finding: Finding) -> Iterator[Object]:
    yield {"source_name": "sidelight", "external_id": finding.id}
    for event in finding.evidence:
        yield {
            "source_name": event.source or "unknown",
            "external_id": str(event.record),
            "description": f"{event.channel} {event.event_id}".strip(),
        }


def _marking(marking: Marking) -> Object:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": MARKINGS[marking],
        "created": "2022-10-01T00:00:00.000Z",
        "name": label(marking),
        "extensions": {
            EXTENSION: {"extension_type": "property-extension", "tlp_2_0": marking},
        },
    }
