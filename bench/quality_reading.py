"""Score the reader of reports on the passages that this project labelled itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from sidelight.intel.knowledge import Knowledge
from sidelight.intel.warning import read_warnings
from sidelight.reading.formats import read_documents
from sidelight.reading.lexicon import make_lexicon
from sidelight.reading.read import Reading, read

_CORPUS: Final = Path(__file__).resolve().parents[1] / "tests/corpus/reading"
PASSAGES: Final = _CORPUS / "passages.yml"
HELD_OUT: Final = _CORPUS / "held_out.yml"
"""Passages that no rule was tuned on, written and labelled before the reader had seen them."""
FLOORS: Final = {"indicators": (0.98, 0.95), "names": (0.9, 0.85)}
"""Precision and recall that a change must not fall below."""
HELD_OUT_FLOORS: Final = {"indicators": (0.82, 0.89), "names": (0.97, 0.8)}
"""What the first reading reached; no target, only a guard against getting worse."""
FIRST_READING: Final = {
    "names": (36, 1, 9),
    "indicators": (62, 13, 7),
    "techniques": (9, 1, 14),
    "relations": (6, 6, 24),
}
"""Right, not there and missed when the held-out set was read for the very first time."""


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


def passages(path: Path = PASSAGES) -> list[dict[str, Any]]:
    """Give the labelled passages of *path*."""
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
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


def score(knowledge: Knowledge, path: Path = PASSAGES) -> tuple[dict[str, Score], list[str]]:
    """Read every passage; give the scores, and a line for each thing that is wrong."""
    lexicon, warnings = make_lexicon(knowledge), read_warnings(None)
    scores: dict[str, Score] = {}
    wrong: list[str] = []
    for passage in passages(path):
        document = read_documents(passage["text"].encode(), passage["id"])[0]
        got = found(read(document, lexicon, warnings))
        for kind, values in got.items():
            wanted = set(passage[kind])
            scores.setdefault(kind, Score()).add(values, wanted)
            wrong += [f"{passage['id']}: {kind}: not there: {each}" for each in values - wanted]
            wrong += [f"{passage['id']}: {kind}: missed: {each}" for each in wanted - values]
    return scores, sorted(wrong)


Scored = tuple[dict[str, Score], list[str]]


def page(tuned: Scored, held_out: Scored) -> str:
    """Write the page of the reference."""
    return "\n".join(_page(tuned, held_out)) + "\n"


def _page(tuned: Scored, held_out: Scored) -> Iterator[str]:
    yield "<!-- Written by bench/quality.py: do not edit. -->\n\n# Reading quality\n"
    yield (
        "How well `sidelight read` reads passages that this project wrote and labelled itself: "
        "reports, advisories,\nchats, lists, and texts full of traps. Expect on texts of others "
        "what the held-out set shows, or less.\n"
    )
    yield f"## Held out: {len(passages(HELD_OUT))} passages\n"
    yield (
        "`tests/corpus/reading/held_out.yml` was written and labelled before the reader was run "
        "on it.\n**The first reading is the honest "
        "number.** Afterwards classes of errors that it showed were\nmended, and phrases for "
        "techniques that the table lacked were added: what is read now is better than\nit will be "
        "on new texts, most of all for techniques.\n"
    )
    first = {kind: Score(*counts) for kind, counts in FIRST_READING.items()}
    yield from _table(held_out[0], HELD_OUT_FLOORS, first)
    yield f"\n## Tuned on: {len(passages())} passages\n"
    yield (
        "`tests/corpus/reading/passages.yml`: the reader was tuned on it after it was written. "
        "Relations and techniques that\nthe labels had overlooked were added after the reader "
        "had shown them.\n"
    )
    yield from _table(tuned[0], FLOORS)
    yield "\nA change that falls below a floor fails the tests.\n\n## What is wrong\n"
    yield from (f"- {line}" for line in (*held_out[1], *tuned[1]))


def _table(
    scores: Mapping[str, Score],
    floors: Mapping[str, tuple[float, float]],
    first: Mapping[str, Score] | None = None,
) -> Iterator[str]:
    earlier = " first reading: precision, recall |" if first else ""
    yield f"| what | right | not there | missed | precision | recall | floor |{earlier}"
    yield f"|---|---|---|---|---|---|---|{'---|' if first else ''}"
    for kind, each in scores.items():
        floor = floors.get(kind)
        told = f"{floor[0]:.2f}, {floor[1]:.2f}" if floor else ""
        was = f" {first[kind].precision:.3f}, {first[kind].recall:.3f} |" if first else ""
        yield (
            f"| {kind} | {each.right} | {each.extra} | {each.missed} | {each.precision:.3f} "
            f"| {each.recall:.3f} | {told} |{was}"
        )
