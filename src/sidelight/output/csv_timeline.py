"""A timeline as CSV: a row for each event that a finding rests on, as Timeline Explorer likes it.

Rows come in the order of the findings; every row has a UTC time by which it can be sorted. A cell
that a spreadsheet would take for a formula begins with an apostrophe (OWASP, "CSV Injection"),
and control characters are shown as pictures, so an event is always one line.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO, Final, Self

from sidelight.coverage import Run
from sidelight.findings.finding import Evidence, Finding
from sidelight.output.details import BROKEN_BAR, joined, split, titles
from sidelight.output.instants import rfc3339_fixed
from sidelight.output.lines import Lines
from sidelight.output.plain import plain
from sidelight.output.tally import ABBREVIATION
from sidelight.values import dataclass

COLUMNS: Final = (
    "Timestamp",
    "RuleTitle",
    "Level",
    "Computer",
    "Channel",
    "EventID",
    "RecordID",
    "Details",
    "ExtraFieldInfo",
    "RuleID",
    "MitreTactics",
    "MitreTags",
    "OtherTags",
    "RuleFile",
    "EvtxFile",
    "Score",
    "Class",
    "Process",
    "FindingID",
    "FindingEvents",
)
_FORMULA: Final = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class Timeline:
    """Writes a row for each event of each finding."""

    lines: Lines

    def add(self, finding: Finding) -> None:
        """Write the events of a finding."""
        self.lines.put(
            _spelled([harmless(cell) for cell in row(finding, event)] for event in finding.evidence)
        )

    def apart(self) -> Self:
        """Give one that keeps its rows."""
        return type(self)(Lines())

    def take(self, part: Self) -> None:
        """Write the rows of *part*."""
        self.lines.take(part.lines)

    def close(self, run: Run) -> None:
        """Write what is left; a timeline has no place for coverage."""
        del run
        self.lines.flush()


def open_timeline(file: BinaryIO) -> Timeline:
    """Begin a timeline with its header (RFC 4180)."""
    lines = Lines(file)
    lines.put(_spelled([COLUMNS]))
    return Timeline(lines)


def _spelled(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def row(finding: Finding, event: Evidence) -> tuple[str, ...]:
    """Give the cells of an event, one for each of `COLUMNS`."""
    told, rest = split(event)
    return (
        rfc3339_fixed(event.time, 7),
        BROKEN_BAR.join(titles(finding, event)),
        ABBREVIATION[finding.level],
        plain(finding.host),
        plain(event.channel),
        plain(event.event_id),
        str(event.record),
        joined(told),
        joined(rest),
        BROKEN_BAR.join(event.rules),
        BROKEN_BAR.join(finding.tactics),
        BROKEN_BAR.join(finding.techniques),
        BROKEN_BAR.join(tag for tag in finding.tags if not tag.startswith("attack.")),
        BROKEN_BAR.join(plain(rule.path) for rule in finding.rules if rule.path),
        plain(event.source),
        str(finding.score),
        finding.cls,
        plain(finding.process[0].image) if finding.process else "",
        finding.id,
        str(finding.count),
    )


def harmless(cell: str) -> str:
    """Keep a spreadsheet from running *cell* as a formula."""
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) else cell
