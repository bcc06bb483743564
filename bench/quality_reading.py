"""Score the reader of reports on the passages that this project labelled itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from sidelight.intel.knowledge import Knowledge
from sidelight.reading.formats import read_documents
from sidelight.reading.indicators.warning import read_warnings
from sidelight.reading.lexicon import make_lexicon
from sidelight.reading.read import Reading, read

PASSAGES: Final = Path(__file__).resolve().parents[1] / "tests/corpus/reading/passages.yml"
FLOORS: Final = {"indicators": (0.98, 0.95), "names": (0.9, 0.85)}
"""Precision and recall that a change must not fall below."""


@dataclass(slots=True)
class Score:
    """Counts of one kind, and what was wrong."""

    right: int = 0
    extra: int = 0
    missed: int = 0

    def add(self, got: set[str], wanted: set[str]) -> None:
        """Count one passage."""
        self.right += len(got & wanted)
        self.extra += len(got - wanted)
        self.missed += len(wanted - got)

    @property
    def precision(self) -> float:
        """Give the part of what was found that is right."""
        return self.right / (self.right + self.extra or 1)

    @property
    def recall(self) -> float:
        """Give the part of what is there that was found."""
        return self.right / (self.right + self.missed or 1)


def passages() -> list[dict[str, Any]]:
    """Give the labelled passages."""
    found: list[dict[str, Any]] = yaml.safe_load(PASSAGES.read_text(encoding="utf-8"))
    return found


def found(reading: Reading) -> Mapping[str, set[str]]:
    """Give what a reading found, as labels are written."""
    return {
        "names": {each.name for each in reading.of_kind("actor", "malware", "tool")},
        "indicators": {f"{each.kind} {each.value}" for each in reading.observed},
        "techniques": {each.id for each in reading.techniques if not each.denied},
        "relations": {
            f"{each.subject} {each.relation} {each.object}"
            for each in reading.claims
            if not each.denied
        },
    }


def score(knowledge: Knowledge) -> tuple[dict[str, Score], list[str]]:
    """Read every passage; give the scores, and a line for each thing that is wrong."""
    lexicon, warnings = make_lexicon(knowledge), read_warnings(None)
    scores: dict[str, Score] = {}
    wrong: list[str] = []
    for passage in passages():
        document = read_documents(passage["text"].encode(), passage["id"])[0]
        got = found(read(document, lexicon, warnings))
        for kind, values in got.items():
            wanted = set(passage[kind])
            scores.setdefault(kind, Score()).add(values, wanted)
            wrong += [f"{passage['id']}: {kind}: not there: {each}" for each in values - wanted]
            wrong += [f"{passage['id']}: {kind}: missed: {each}" for each in wanted - values]
    return scores, sorted(wrong)


def page(scores: Mapping[str, Score], wrong: list[str]) -> str:
    """Write the page of the reference."""
    return "\n".join(_page(scores, wrong)) + "\n"


def _page(scores: Mapping[str, Score], wrong: list[str]) -> Iterator[str]:
    yield "<!-- Written by bench/quality.py: do not edit. -->\n\n# Reading quality\n"
    yield (
        f"How well `sidelight read` reads {len(passages())} passages that this project wrote and "
        "labelled itself\n(`tests/corpus/reading/passages.yml`): reports, advisories, chats, "
        "lists, and texts full of traps.\n"
    )
    yield (
        "The set is our own and small, and the reader was tuned on it after it was written: "
        "expect less on texts\nof others. Relations and techniques that the labels had overlooked "
        "were added after the reader had shown them.\n"
    )
    yield "| what | right | not there | missed | precision | recall | floor |"
    yield "|---|---|---|---|---|---|---|"
    for kind, each in scores.items():
        floor = FLOORS.get(kind)
        told = f"{floor[0]:.2f}, {floor[1]:.2f}" if floor else ""
        yield (
            f"| {kind} | {each.right} | {each.extra} | {each.missed} | {each.precision:.3f} "
            f"| {each.recall:.3f} | {told} |"
        )
    yield "\nA change that falls below a floor fails the tests.\n\n## What is wrong\n"
    yield from (f"- {line}" for line in wrong)
