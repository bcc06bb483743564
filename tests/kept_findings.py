"""Who takes findings and keeps them, and who gives them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sidelight.findings.finding import Finding
from sidelight.hunt.audience import Audience, Taker


@dataclass
class Kept:
    """Keeps every finding."""

    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        self.findings.append(finding)

    def apart(self) -> "Kept":
        return Kept()

    def take(self, part: "Kept") -> None:
        self.findings += part.findings


def dealt(findings: Iterable[Finding]) -> Callable[[Sequence[Taker]], int]:
    """Give what gives *findings* to others."""

    def give(takers: Sequence[Taker]) -> int:
        audience = Audience(takers)
        audience.deal(findings)
        return audience.count

    return give
