"""Findings, coverage and manifest as JSON lines: the reference output.

One ``finding`` a line, then one ``resemblance`` line where there are findings, one ``coverage``
line and one ``manifest`` line. Keys have a fixed order, and the same run gives the same bytes.
"""

from typing import BinaryIO, Final, Self

from sidelight.coverage import Coverage, Manifest, Run, Stream, explain_zero
from sidelight.coverage.telemetry import commands, sysmon_configuration, telemetry_of
from sidelight.findings.allowlist import Use
from sidelight.findings.clocks import Clock
from sidelight.findings.finding import (
    Asset,
    Evidence,
    Finding,
    Instances,
    Process,
    RuleRef,
    Weight,
)
from sidelight.findings.resemblance import Hypothesis, Resemblance, in_words, percent
from sidelight.findings.surface import Seen
from sidelight.output.blindness import sentence
from sidelight.output.clocks import clock_sentence
from sidelight.output.instants import hour_text, rfc3339
from sidelight.output.lines import Json, Lines, line
from sidelight.schema import Gap
from sidelight.values import dataclass

# Programs that sift lines by level need not know that some are about the run.
_NO_ALARM: Final = "informational"


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Writes a line for each finding, and at the end those of the run."""

    lines: Lines

    def add(self, finding: Finding) -> None:
        """Write a finding."""
        self.lines.put(line(finding_json(finding)))

    def apart(self) -> Self:
        """Give one that keeps its lines."""
        return type(self)(Lines())

    def take(self, part: Self) -> None:
        """Write the lines of *part*."""
        self.lines.take(part.lines)

    def close(self, run: Run) -> None:
        """Write whom the findings resemble, coverage and manifest."""
        if run.resemblance:
            self.lines.put(line(resemblance_json(run.resemblance)))
        self.lines.put(line(coverage_json(run.coverage, run.manifest.findings)))
        self.lines.put(line(manifest_json(run.manifest)))
        self.lines.flush()


def open_jsonl(file: BinaryIO) -> JsonLines:
    """Begin to write JSON lines to *file*."""
    return JsonLines(Lines(file))


def finding_json(finding: Finding) -> Json:
    """Give a finding as the JSON object that a line of ``kind`` finding holds."""
    return {
        "kind": "finding",
        "id": finding.id,
        "title": finding.title,
        "class": finding.cls,
        "level": finding.level,
        "score": finding.score,
        "host": finding.host,
        "first_seen": rfc3339(finding.first_seen),
        "last_seen": rfc3339(finding.last_seen),
        "count": finding.count,
        "tactics": finding.tactics,
        "techniques": finding.techniques,
        "tags": finding.tags,
        "rules": [_rule(rule) for rule in finding.rules],
        "process": [_process(process) for process in finding.process],
        "reasons": finding.reasons,
        "counter_evidence": finding.counter_evidence,
        "weights": [_weight(weight) for weight in finding.weights],
        "refute": finding.refute,
        "story": finding.story or None,
        "asset": _asset(finding.asset),
        "surfaces": [_seen(seen) for seen in finding.surfaces],
        "disagreements": finding.disagreements,
        "instances": _instances(finding.instances) if finding.instances else None,
        "evidence": [_evidence(event) for event in finding.evidence],
    }


def _instances(some: Instances) -> Json:
    listed = [{"seen": rfc3339(e.seen), "process": _process(e.process)} for e in some.listed]
    return {"count": some.count, "listed": listed}


def resemblance_json(whole: Resemblance) -> Json:
    """Give the JSON object that the line of ``kind`` resemblance holds.

    Hypotheses for which nothing speaks that tells actors apart are left out; ``alike`` names
    the few whose techniques fit best.
    """
    return {
        "kind": "resemblance",
        "level": _NO_ALARM,
        "unknown": _chance(whole.unknown),
        "hypotheses": [_hypothesis(each) for each in whole.told],
        "alike": [each.name for each in whole.alike[:5]],
        "reason": whole.reason or None,
        "remark": whole.remark or None,
        "ties": [{"tool": tool, "sets": names} for tool, names in whole.ties],
        "observed": {"techniques": whole.techniques, "tools": whole.tools},
    }


def _chance(probability: float) -> Json:
    return {"percent": percent(probability), "words": in_words(probability)}


def _hypothesis(each: Hypothesis) -> Json:
    return {
        "id": each.id,
        "name": each.name,
        "numbers": each.numbers,
        "percent": percent(each.probability),
        "words": each.words,
        "lines": [
            {
                "kind": row.kind,
                "key": row.key,
                "factor": round(row.factor, 4),
                "text": row.text,
                "sources": row.sources,
                "findings": row.findings,
            }
            for row in each.lines
        ],
    }


def coverage_json(coverage: Coverage, findings: int) -> Json:
    """Give coverage as the JSON object that the line of ``kind`` coverage holds.

    Args:
        coverage: of the run.
        findings: how many there are; where there are none, ``zero`` says why.
    """
    return {
        "kind": "coverage",
        "level": _NO_ALARM,
        "events": coverage.events,
        "hosts": coverage.hosts,
        "zero": explain_zero(coverage, findings),
        "streams": [_stream(stream) for stream in coverage.streams],
        "sources": [
            {
                "source": source.name,
                "events": source.events,
                "first_hour": None if source.first_hour is None else hour_text(source.first_hour),
                "last_hour": None if source.last_hour is None else hour_text(source.last_hour),
            }
            for source in coverage.sources
        ],
        "gaps": [gap_json(gap) for gap in coverage.gaps],
        "rules": _rules(coverage),
        "analytics": _analytics(coverage),
        "unheard": coverage.unheard,
        "clocks": [_clock(clock) for clock in coverage.clocks],
        "allowed": {
            "hidden": coverage.hidden,
            "entries": [_use(use) for use in coverage.allowed],
        },
    }


def _stream(stream: Stream) -> Json:
    return {
        "host": stream.host,
        "product": stream.product,
        "channel": stream.channel,
        "events": stream.events,
        "untimed": stream.untimed,
        "hours": {hour_text(hour): events for hour, events in stream.hours},
        "silent": [[hour_text(first), hour_text(last)] for first, last in stream.silent],
    }


def _rules(coverage: Coverage) -> Json:
    return {
        "run": coverage.rules,
        "could_match": coverage.rules - coverage.blind_rules,
        "refused": [
            {
                "id": refusal.id,
                "title": refusal.title,
                "path": refusal.path,
                "line": refusal.line,
                "reason": refusal.reason,
            }
            for refusal in coverage.refused
        ],
        "blind": [
            {
                "reason": group.reason,
                "logsource": group.logsource,
                "fields": group.fields,
                "count": len(group.rules),
                "rules": group.rules,
            }
            for group in coverage.blind
        ],
    }


def _analytics(coverage: Coverage) -> Json:
    lacking = [telemetry_of(role) for role in coverage.lacking]
    return {
        "blind": [
            {
                "text": sentence(spot),
                "hosts": spot.hosts,
                "analytics": spot.analytics,
                "missing": spot.roles,
                "hours": [[hour_text(first), hour_text(last)] for first, last in spot.stretches],
                "other_events": spot.events,
            }
            for spot in coverage.analytics
        ],
        "switch_on": {
            "sysmon": sysmon_configuration(coverage.lacking),
            "commands": commands(coverage.lacking),
            "notes": [
                {"missing": each.role, "logged_as": each.events, "note": each.note}
                for each in lacking
            ],
        },
    }


def _use(use: Use) -> Json:
    entry = use.entry
    return {
        "id": entry.id,
        "owner": entry.owner,
        "reason": entry.reason,
        "scope": dict(entry.scope),
        "created": str(entry.created) if entry.created else None,
        "expires": str(entry.expires),
        "state": use.state,
        "findings": use.findings,
        "events": use.events,
        "partly_known": use.partly,
    }


def gap_json(gap: Gap) -> Json:
    """Give a gap as a JSON object."""
    return {
        "source": gap.source,
        "offset": gap.offset,
        "reason": gap.reason,
        "text": gap.text,
        "events": gap.events,
    }


def manifest_json(manifest: Manifest) -> Json:
    """Give a manifest as the JSON object that the line of ``kind`` manifest holds."""
    return {
        "kind": "manifest",
        "level": _NO_ALARM,
        "tool": "sidelight",
        "version": manifest.version,
        "started": rfc3339(manifest.started),
        "finished": rfc3339(manifest.finished),
        "partial": manifest.partial or False,
        "rules_sha256": manifest.rules_digest,
        "rules": manifest.rules,
        "events": manifest.events,
        "hits": manifest.hits,
        "findings": manifest.findings,
        "options": dict(manifest.options),
        "inputs": [
            {
                "path": item.path,
                "size": item.size,
                "sha256": item.sha256 or None,
                "format": item.format,
            }
            for item in manifest.inputs
        ],
        "companions": [
            {"what": each.what, "path": each.path, "sha256": each.sha256}
            for each in manifest.companions
        ],
    }


def event_number(event_id: str) -> int | str:
    """Give an event id as a number where it is one."""
    return (
        int(event_id)
        if event_id.isascii() and event_id.isdecimal() and len(event_id) < 16
        else event_id
    )


def _rule(rule: RuleRef) -> Json:
    return {
        "id": rule.id,
        "title": rule.title,
        "level": rule.level,
        "status": rule.status,
        "author": rule.author,
        "path": rule.path,
        "references": rule.references,
        "falsepositives": rule.falsepositives,
    }


def _process(process: Process) -> Json:
    return {
        "image": process.image,
        "command_line": process.command_line,
        "user": process.user,
        "pid": process.pid if process.pid >= 0 else None,
        "guid": process.guid or None,
        "started": rfc3339(process.started),
        "joined": process.joined,
    }


def _weight(weight: Weight) -> Json:
    return {"points": weight.points, "text": weight.text, "events": weight.events}


def _asset(asset: Asset | None) -> Json:
    if asset is None:
        return None
    return {
        "role": asset.role,
        "at_stake": asset.at_stake,
        "stakes": asset.stakes,
        "note": asset.note,
    }


def _seen(seen: Seen) -> Json:
    return {"surface": seen.surface, "events": seen.events, "sources": seen.sources}


def _clock(clock: Clock) -> Json:
    return {
        "host": clock.host,
        "ahead_seconds": None if clock.offset is None else round(clock.offset / 1e9, 3),
        "agreed": clock.agreed,
        "compared": clock.compared,
        "text": clock_sentence(clock),
    }


def _evidence(event: Evidence) -> Json:
    return {
        "source": event.source,
        "record": event.record,
        "channel": event.channel,
        "event_id": event_number(event.event_id),
        "time": rfc3339(event.time),
        "rules": event.rules,
        "fields": event.fields,
    }
