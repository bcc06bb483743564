"""Findings held against labels.

A case is the files that have one `case`; it counts for each class that one of them shows. It is
found strictly when a finding of the class names a labelled record of a file that shows the class,
and at file level when one names such a file at all. A finding is false when it names a harmless
file. Findings below the least level count for nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from quality_truth import CLASSES, Label, Shelf

LEVELS: Final = ("informational", "low", "medium", "high", "critical")
LEAST: Final = "medium"

Classes = Callable[[Mapping[str, Any]], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Claim:
    """What of a finding counts.

    Args:
        ours: Sidelight's own rules or analytics speak in it.
    """

    classes: tuple[str, ...]
    level: str
    title: str
    score: int
    reason: str
    ours: bool
    places: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class False_:  # noqa: N801 - "False" is taken
    """A finding that names a harmless file."""

    claim: Claim
    label: Label


@dataclass(slots=True)
class Case:
    """A case, for one class.

    Args:
        found: kinds of telemetry of the labelled records that findings name.
        touched: some finding names one of its files.
    """

    variant: str
    corpora: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)
    touched: bool = False


@dataclass(slots=True)
class Score:
    """What came out for one class.

    Args:
        false: by the number of the finding, with the first harmless file that it names.
        cited: labelled files' records that findings of the class name.
        cited_right: those of them that are labelled evidence.
    """

    cases: dict[str, Case] = field(default_factory=dict)
    false: dict[int, False_] = field(default_factory=dict)
    false_benign: set[int] = field(default_factory=set)
    cited: set[tuple[str, int]] = field(default_factory=set)
    cited_right: set[tuple[str, int]] = field(default_factory=set)

    @property
    def strict(self) -> set[str]:
        """Cases found on a right record."""
        return {name for name, case in self.cases.items() if case.found}

    @property
    def at_file(self) -> set[str]:
        """Cases found in a right file."""
        return {name for name, case in self.cases.items() if case.touched}


def by_class(finding: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what the hunt says that a finding is about."""
    return (str(finding.get("class", "")),)


def by_technique(finding: Mapping[str, Any]) -> tuple[str, ...]:
    """Give every class that the techniques of a finding's rules stand for."""
    names = [str(name).upper() for name in finding.get("techniques", ())]
    found = {
        "sideload": any(name.startswith("T1574") for name in names),
        "memory": any(name.startswith(("T1055", "T1620")) for name in names),
    }
    return tuple(cls for cls, so in found.items() if so)


def claim_of(finding: Mapping[str, Any], classes: Classes) -> Claim:
    """Read a finding as it is written to JSON lines."""
    places = tuple(
        (str(row.get("source") or ""), _record(row.get("record")))
        for row in finding.get("evidence") or ()
    )
    return Claim(
        tuple(cls for cls in classes(finding) if cls in CLASSES),
        str(finding["level"]).lower(),
        str(finding.get("title", "")),
        int(finding.get("score", 0)),
        next(iter(finding.get("reasons") or ()), ""),
        any(rule.get("author") == "Sidelight" for rule in finding.get("rules") or ()),
        places,
    )


def _record(value: object) -> int | None:
    text = "" if isinstance(value, bool) or value is None else str(value).strip()
    return int(text) if text.isdecimal() else None


def score(
    labels: Sequence[Label], claims: Iterable[Claim], least: str = LEAST
) -> Mapping[str, Score]:
    """Hold claims against labels, for each class."""
    scores = {cls: Score(_cases(labels, cls)) for cls in CLASSES}
    shelf = Shelf(labels)
    for number, claim in enumerate(claims):
        if LEVELS.index(claim.level) < LEVELS.index(least):
            continue
        for cls in claim.classes:
            for source, record in claim.places:
                label = shelf.find(source)
                if label is not None:
                    _credit(scores[cls], cls, number, claim, label, record)
    return scores


def _cases(labels: Sequence[Label], cls: str) -> dict[str, Case]:
    cases: dict[str, Case] = {}
    shown = [label for label in labels if cls in label.shown]
    for label in sorted(shown, key=lambda label: label.shown[0] != cls):
        case = cases.setdefault(label.case, Case(label.variant))
        case.corpora.add(label.corpus)
        case.kinds.update(label.records)
    return cases


def _credit(  # noqa: PLR0913
    score: Score, cls: str, number: int, claim: Claim, label: Label, record: int | None
) -> None:
    if label.harmless:
        score.false.setdefault(number, False_(claim, label))
        if label.benign:
            score.false_benign.add(number)
    elif cls in label.shown:
        case, kinds = score.cases[label.case], label.kinds_of(record)
        case.touched = True
        case.found.update(kinds)
        if record is not None and not label.whole:
            score.cited.add((label.path, record))
            if kinds:
                score.cited_right.add((label.path, record))
