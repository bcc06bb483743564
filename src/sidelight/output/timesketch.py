"""Events of findings as JSON lines for Timesketch.

Source: Timesketch documentation, "Import data": `message`, `datetime` and `timestamp_desc` are
needed, `timestamp` is microseconds since 1970, `tag` a list. The file's name must end in .jsonl.
"""

from typing import BinaryIO, Final, Self

from sidelight.coverage import Run
from sidelight.findings.finding import Evidence, Finding
from sidelight.output.details import LONGEST, joined, split, titles
from sidelight.output.instants import rfc3339_fixed
from sidelight.output.jsonl import event_number
from sidelight.output.lines import Json, Lines, line
from sidelight.output.plain import clip, plain
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

_UNKNOWN: Final = "1970-01-01T00:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class Timesketch:
    """Writes a line for each event of each finding."""

    lines: Lines

    def add(self, finding: Finding) -> None:
        """Write the events of a finding."""
        for event in finding.evidence:
            self.lines.put(line(event_json(finding, event)))

    def apart(self) -> Self:
        """Give one that keeps its lines."""
        return type(self)(Lines())

    def take(self, part: Self) -> None:
        """Write the lines of *part*."""
        self.lines.take(part.lines)

    def close(self, run: Run) -> None:
        """Write what is left: Timesketch has no place for coverage."""
        del run
        self.lines.flush()


def open_timesketch(file: BinaryIO) -> Timesketch:
    """Begin to write JSON lines for Timesketch to *file*."""
    return Timesketch(Lines(file))


def event_json(finding: Finding, event: Evidence) -> Json:
    """Give an event as Timesketch takes it.

    An event whose time is not known stands at 1970, as Timesketch takes none without a time, and
    says so.
    """
    told, rest = split(event)
    title = " and ".join(titles(finding, event))
    process = finding.process[0] if finding.process else None
    known = event.time != NO_TIME
    return {
        "message": f"[{finding.level}] {title}: {joined(told)}",
        "datetime": rfc3339_fixed(event.time, 6) or _UNKNOWN,
        "timestamp": event.time // 1000 if known else 0,
        "timestamp_desc": "Event Logged" if known else "Time Unknown",
        "tag": ["sidelight", finding.cls, finding.level, *finding.techniques],
        "computer": plain(finding.host),
        "channel": plain(event.channel),
        "event_identifier": event_number(plain(event.event_id)),
        "record_number": event.record,
        "source_file": plain(event.source),
        "rule_title": title,
        "rule_id": ", ".join(event.rules),
        "level": finding.level,
        "score": finding.score,
        "finding_id": finding.id,
        "tactics": ", ".join(finding.tactics),
        "process": plain(process.image) if process else "",
        "command_line": clip(process.command_line, LONGEST) if process else "",
        "user": plain(process.user) if process else "",
        "details": joined(rest),
    }
