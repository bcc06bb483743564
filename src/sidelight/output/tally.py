"""Findings counted while they stream by: by level, class, host, rule, tactic, technique, time."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Final

from sidelight.findings.finding import Finding
from sidelight.schema import LEVELS, NO_TIME, Level
from sidelight.values import dataclass

_HOUR_NS: Final = 3_600_000_000_000
SEVERITY: Final = {level: rank for rank, level in enumerate(LEVELS)}
"""Levels to numbers, the mildest 0."""

ABBREVIATION: Final[Mapping[Level, str]] = {
    "critical": "crit",
    "high": "high",
    "medium": "med",
    "low": "low",
    "informational": "info",
}
"""Levels as timelines and narrow tables spell them."""


@dataclass(slots=True)
class Tally:
    """Counts of findings; every attribute is ready to be read at any time.

    Args:
        levels: how many findings.
        unique: the titles seen, by level.
        events: how many events they rest on, by level.
        rules: findings by (level, title).
        hosts: findings by host and level.
        techniques: findings, and the highest score, by technique.
        hours: findings by (hour since 1970 of their first event, level).
    """

    total: int = 0
    levels: Counter[Level] = field(default_factory=Counter)
    events: Counter[Level] = field(default_factory=Counter)
    unique: dict[Level, set[str]] = field(default_factory=lambda: defaultdict(set))
    classes: Counter[str] = field(default_factory=Counter)
    rules: Counter[tuple[Level, str]] = field(default_factory=Counter)
    hosts: dict[str, Counter[Level]] = field(default_factory=lambda: defaultdict(Counter))
    tactics: Counter[str] = field(default_factory=Counter)
    techniques: Counter[str] = field(default_factory=Counter)
    scores: dict[str, int] = field(default_factory=dict)
    hours: Counter[tuple[int, Level]] = field(default_factory=Counter)

    def add(self, finding: Finding) -> None:
        """Count a finding."""
        level = finding.level
        self.total += 1
        self.levels[level] += 1
        self.events[level] += finding.count
        self.unique[level].add(finding.title)
        self.classes[finding.cls] += 1
        self.rules[level, finding.title] += 1
        self.hosts[finding.host][level] += 1
        self.tactics.update(finding.tactics)
        self.techniques.update(finding.techniques)
        for technique in finding.techniques:
            self.scores[technique] = max(self.scores.get(technique, 0), finding.score)
        if finding.first_seen != NO_TIME:
            self.hours[finding.first_seen // _HOUR_NS, level] += 1

    def take(self, other: "Tally") -> None:
        """Add what another counted."""
        self.total += other.total
        for name in ("levels", "events", "classes", "rules", "tactics", "techniques", "hours"):
            getattr(self, name).update(getattr(other, name))
        for level, titles in other.unique.items():
            self.unique[level] |= titles
        for host, levels in other.hosts.items():
            self.hosts[host].update(levels)
        for technique, score in other.scores.items():
            self.scores[technique] = max(self.scores.get(technique, 0), score)

    def top_rules(self, count: int) -> list[tuple[Level, str, int]]:
        """List the rules with findings, the most severe and then the most frequent first."""
        order = sorted(self.rules.items(), key=lambda item: (-SEVERITY[item[0][0]], -item[1], item))
        return [(level, title, number) for (level, title), number in order[:count]]

    def top_hosts(self, count: int) -> list[tuple[str, Counter[Level]]]:
        """List the hosts with findings, those with the most severe first."""
        return sorted(self.hosts.items(), key=lambda item: (_weight(item[1]), item[0]))[:count]


@dataclass(slots=True)
class Overview:
    """All findings counted, and the first of them.

    Args:
        limit: how many are kept.
    """

    limit: int
    tally: Tally = field(default_factory=Tally)
    shown: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Take a finding."""
        self.tally.add(finding)
        if len(self.shown) < self.limit:
            self.shown.append(finding)

    def apart(self) -> "Overview":
        """Give one for findings that come later."""
        return Overview(self.limit - len(self.shown))

    def take(self, part: "Overview") -> None:
        """Add what *part* took."""
        self.tally.take(part.tally)
        self.shown += part.shown[: self.limit - len(self.shown)]


def by_story(findings: Iterable[Finding]) -> Mapping[str, Sequence[Finding]]:
    """Group findings that are told in one story; those that stand alone are left out."""
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.story:
            found[finding.story].append(finding)
    return {name: some for name, some in found.items() if len(some) > 1}


def _weight(levels: Counter[Level]) -> tuple[int, ...]:
    return tuple(-levels[level] for level in reversed(LEVELS))
