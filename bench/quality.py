"""Score the hunt on labelled evidence, and write how good it is, misses included.

    python bench/quality.py [--evidence FOLDER] [--truth CSV] [--rules PATH] [--out PAGE]

Exits 0 without labelled evidence, having said so; 1 when a missed case has no reason in
quality_notes.toml, or one there is stale.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import inputs
import quality_reading
from measure import run
from quality_page import Notes, Run, missed, page, write
from quality_score import Classes, by_class, by_technique, claim_of, score
from quality_truth import CLASSES, SELFMADE, Label, TruthError, read_truth

from sidelight.intel.statements import load_bundled

ROOT: Final = Path(__file__).resolve().parents[1]
NOTES: Final = Path(__file__).with_name("quality_notes.toml")


@dataclass(frozen=True, slots=True)
class Bench:
    """A folder to work in, the evidence, and how the command is called."""

    folder: Path
    evidence: Path
    command: Sequence[str]
    environment: Mapping[str, str]

    def hunt(self, *options: str) -> Iterator[Mapping[str, Any]]:
        """Hunt, and yield the lines that came out."""
        out = self.folder / "findings.jsonl"
        shown = ["--fail-level", "never", "--quiet", "--no-times", "--output", str(out)]
        command = [*self.command, "hunt", str(self.evidence), *options, *shown]
        run(command, dict(self.environment), self.folder)
        with out.open("rb") as lines:
            yield from map(json.loads, lines)

    def score(self, title: str, labels: Sequence[Label], classes: Classes, *options: str) -> Run:
        """Hunt, and hold what came out against the labels."""
        print(f"hunting: {title}", file=sys.stderr, flush=True)
        claims, facts = [], {}
        for line in self.hunt(*options):
            if line["kind"] == "finding":
                claims.append(claim_of(line, classes))
            elif line["kind"] == "manifest":
                facts = {"rules": f"{line['rules']:,}", "events": f"{line['events']:,}"}
        public = [label for label in labels if label.corpus != SELFMADE]
        made = [label for label in labels if label.corpus == SELFMADE]
        return Run(title, score(public, claims), score(made, claims), facts)


def main() -> int:
    """Score the reader; hunt three times, score, and write the pages."""
    given = _arguments()
    _score_reader()
    truth = given.truth or given.evidence / "truth.csv"
    if not truth.is_file():
        print(f"There is no labelled evidence ({truth}); nothing is measured.", file=sys.stderr)
        return 0
    try:
        labels = read_truth(truth, given.evidence)
    except TruthError as error:
        print(f"quality: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="sidelight-quality-") as name:
        runs = list(_runs(_bench(Path(name), given.evidence.resolve()), labels, given.rules))
    notes = tomllib.loads(NOTES.read_text(encoding="utf-8"))
    digest = hashlib.sha256(truth.read_bytes()).hexdigest()[:12]
    write(given.out, page(labels, runs, notes, {"SHA-256 of the labels begins": digest}))
    for run_ in runs:
        print(_line(run_), file=sys.stderr)
    print(f"Wrote {given.out}", file=sys.stderr)
    wrong = list(unsound(notes, runs[0]))
    for text in wrong:
        print(f"{NOTES.name}: {text}", file=sys.stderr)
    return 1 if wrong else 0


def _score_reader() -> None:
    known = load_bundled()
    tuned = quality_reading.score(known)
    held_out = quality_reading.score(known, quality_reading.HELD_OUT)
    for name, (scores, _) in (("reading", tuned), ("reading, held out", held_out)):
        for kind, each in scores.items():
            print(
                f"{name}, {kind}: precision {each.precision:.3f}, recall {each.recall:.3f}",
                file=sys.stderr,
            )
    write(ROOT / "docs/reference/reading-quality.md", quality_reading.page(tuned, held_out))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Score the hunt on labelled evidence.")
    parser.add_argument("--evidence", type=Path, default=inputs.SHARED / "evidence")
    parser.add_argument("--truth", type=Path, help="labels; truth.csv of the evidence by default")
    parser.add_argument("--rules", type=Path, help="SigmaHQ's package or folder of rules")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/reference/detection-quality.md")
    return parser.parse_args()


def _bench(folder: Path, evidence: Path) -> Bench:
    """Set up, with caches and settings of the user left out."""
    names = ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
    homes = {name: str(folder / name.lower()) for name in names}
    return Bench(folder, evidence, [sys.executable, "-m", "sidelight"], {**os.environ, **homes})


def _runs(bench: Bench, labels: Sequence[Label], given: Path | None) -> Iterator[Run]:
    rules = inputs.rules_package(bench.folder, given)
    if rules is not None:
        named = ("--rules", str(rules.path))
        yield bench.score("Sidelight with SigmaHQ's rules", labels, by_class, *named)
    yield bench.score("Sidelight alone", labels, by_class)
    if rules is not None:
        yield bench.score("SigmaHQ's rules alone", labels, by_technique, "--no-own", *named)


def unsound(notes: Notes, run_: Run) -> Iterator[str]:
    """Say which misses have no reason, and which reasons have no miss."""
    there = {(cls, name) for cls, name, _ in missed(run_)}
    noted = {(cls, name) for cls, some in notes.items() for name in some}
    yield from (
        f"{cls} case {name} is missed, and no reason stands" for cls, name in sorted(there - noted)
    )
    yield from (
        f"{cls} case {name} is stale: not missed any more" for cls, name in sorted(noted - there)
    )


def _line(run_: Run) -> str:
    parts = []
    for cls in CLASSES:
        one = run_.public[cls]
        parts.append(f"{cls} {len(one.strict)}/{len(one.cases)}, false {len(one.false)}")
    return f"{run_.title}: " + "; ".join(parts)


if __name__ == "__main__":
    raise SystemExit(main())
