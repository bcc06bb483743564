"""ATT&CK as far as rules look for it: what was found, what could be seen, what not."""

from typing import Final

from sidelight.coverage import Coverage, Technique
from sidelight.findings.attack import tactics_of
from sidelight.output.tally import Tally
from sidelight.values import dataclass

ORDER: Final = (
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "stealth",
    "defense-impairment",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
)
"""Tactics in the order of ATT&CK v19's matrix."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A technique under a tactic.

    Args:
        state: class of its colour: found, seen or blind.
    """

    technique: str
    findings: int
    score: int
    rules: int
    sighted: int
    state: str


@dataclass(frozen=True, slots=True)
class Tactic:
    """A column of the matrix."""

    name: str
    cells: tuple[Cell, ...]


def matrix(coverage: Coverage, tally: Tally) -> tuple[Tactic, ...]:
    """Give the columns that have techniques; those of no tactic that is known come last."""
    known = {technique.id: technique for technique in coverage.techniques}
    for name in tally.techniques:
        known.setdefault(name, Technique(name, tactics_of(name), 0, 0))
    columns: dict[str, list[Cell]] = {name: [] for name in (*ORDER, "other")}
    for name in sorted(known):
        cell = _cell(known[name], tally)
        for tactic in known[name].tactics or ("other",):
            columns[tactic].append(cell)
    return tuple(
        Tactic(name, tuple(sorted(cells, key=lambda cell: (-cell.score, cell.technique))))
        for name, cells in columns.items()
        if cells
    )


def _cell(technique: Technique, tally: Tally) -> Cell:
    findings = tally.techniques[technique.id]
    state = "found" if findings else "seen" if technique.sighted else "blind"
    score = tally.scores.get(technique.id, 0)
    return Cell(technique.id, findings, score, technique.rules, technique.sighted, state)
