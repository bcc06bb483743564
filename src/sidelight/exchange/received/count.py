"""How often each indicator was found by a hunt: findings, and events that count once."""

from dataclasses import field

from sidelight.exchange.received.record import Seen
from sidelight.findings.finding import Finding
from sidelight.values import dataclass


@dataclass(slots=True)
class _Tally:
    """The events of one indicator: those that were listed, and how many were not."""

    events: set[tuple[str, int]] = field(default_factory=set)
    unlisted: int = 0
    uncertain: bool = False
    times: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Counted:
    """Counts the events of each indicator; one that two of its rules match counts once."""

    tallies: dict[str, _Tally] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        """Count a finding for each indicator that it is of."""
        of = {rule.id: rule.path for rule in finding.rules}
        idents = set(of.values())
        unlisted = finding.count - len(finding.evidence)
        for ident in idents:
            self.findings[ident] = self.findings.get(ident, 0) + 1
            tally = self.tallies.setdefault(ident, _Tally())
            tally.times += [each for each in (finding.first_seen, finding.last_seen) if each > 0]
            # Of events that are not listed nobody knows here which of several indicators they fit.
            tally.unlisted += unlisted if len(idents) == 1 else 0
            tally.uncertain |= bool(unlisted)
        for event in finding.evidence:
            for rule in event.rules:
                if rule in of:
                    self.tallies[of[rule]].events.add((event.source, event.record))

    def apart(self) -> "Counted":
        """Give one that counts by itself."""
        return Counted()

    def take(self, part: "Counted") -> None:
        """Add what *part* counted."""
        for ident, found in part.findings.items():
            self.findings[ident] = self.findings.get(ident, 0) + found
        for ident, other in part.tallies.items():
            tally = self.tallies.setdefault(ident, _Tally())
            tally.events |= other.events
            tally.unlisted += other.unlisted
            tally.uncertain |= other.uncertain
            tally.times += other.times

    def close(self, run: object) -> None:
        """Need nothing of the rest."""

    def seen(self, ident: str) -> Seen | None:
        """Say how often an indicator was seen; None where it was not."""
        found = self.tallies.get(ident)
        if found is None:
            return None
        first, last = min(found.times, default=0), max(found.times, default=0)
        return Seen(len(found.events) + found.unlisted, first, last, found.uncertain)
