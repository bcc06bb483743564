"""What single rules cost."""

from collections.abc import Mapping

from sidelight.values import dataclass


@dataclass(slots=True)
class Cost:
    """What a rule cost, apart from what all rules share.

    Args:
        nanoseconds: of the processor.
        rows: rows that were looked at, once for each test of them.
        hits: rows that matched.
    """

    nanoseconds: int = 0
    rows: int = 0
    hits: int = 0

    def add(self, other: "Cost") -> None:
        """Add what it cost elsewhere."""
        self.nanoseconds += other.nanoseconds
        self.rows += other.rows
        self.hits += other.hits


def add_costs(costs: dict[str, Cost], others: Mapping[str, Cost]) -> None:
    """Add *others* to *costs*, both by rule id."""
    for rule, cost in others.items():
        costs.setdefault(rule, Cost()).add(cost)
