"""Measure attribution on ATT&CK's own groups and campaigns, and write the page that says how well.

Without ATT&CK's bundle at hand nothing is measured, and the page stays as it is.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import inputs
from attribution import SCENARIOS, SEED, SIZES, Results, Tally, halves, measure, read_catalogue

ROOT: Final = Path(__file__).resolve().parents[1]
_EXPLAINED: Final = {
    "campaign": "A campaign of ATT&CK, its reports taken out of what is known of its group. "
    "Campaigns that ATT&CK attributes to nobody are among them; there *unknown* is right.",
    "report": "One report on a group, taken out of what is known of it.",
    "held out": "Things a group is known for, taken out of what is known of it: whatever is seen "
    "was never told of the group, so nothing can point to it.",
    "absent": "Things a group is known for, and the group itself unknown: *unknown* is right.",
}
_HEAD: Final = """<!-- Written by bench/attribution_quality.py: do not edit. -->

# Quality of attribution

What `make quality` measured with the product's own code on MITRE ATT&CK Enterprise: so many
things of a group are shown, and who they resemble is asked, with no other knowledge than ATT&CK's.
What the things shown rest on is taken out of what is known first.
"""
_READ: Final = """## How to read this

- *Top 1, 3, 5*: how often the right group is among the first of those listed. *Named right* and
  *named wrong*: a group is named when it is more probable than *unknown*.
- *Brier*: the squared error of all probabilities, 0 at best and 2 at worst.
- Techniques alone never name anybody: that is a rule, not a result. The last columns say what
  would have come out without the rule.
- ATT&CK mostly cites the first report of a thing. With that report taken out, later ones that
  saw the same are missing too, so real cases have more to go by than these.
- The opposite also holds: ATT&CK knows no tool that a vendor keeps for itself, no false finding,
  and no intruder who was never caught. *Unknown* starts at one half for that reason alone.
- A hunt shows tools by their delivery or by the rule that names them; here they are simply given.
  How sure a delivery makes us, how claims age and what doubt takes away are judgements that this
  does not test.
"""


def main() -> int:
    """Measure, and write the page."""
    given = _arguments()
    if not given.attack.is_file():
        print(f"ATT&CK is not at {given.attack}: attribution is not measured.", file=sys.stderr)
        return 0
    catalogue = read_catalogue(given.attack)
    first, second = halves(catalogue)
    results = measure(catalogue, second)
    digest = hashlib.sha256(given.attack.read_bytes()).hexdigest()[:12]
    facts = (len(catalogue.groups), len(catalogue.campaigns), len(first), digest)
    given.out.write_text("\n".join(page(results, facts)) + "\n", encoding="utf-8")
    named = [sum(getattr(each, name) for each in results.tallies.values()) for name in _NAMES]
    print(f"Attribution: named right {named[0]}, wrong {named[1]}", file=sys.stderr)
    print(f"Wrote {given.out}", file=sys.stderr)
    return 0


_NAMES: Final = ("right", "wrong")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure attribution.")
    bundle = inputs.SHARED / "intel" / "enterprise-attack.json.gz"
    parser.add_argument("--attack", type=Path, default=bundle, help="ATT&CK as STIX 2.0, gzip")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/reference/attribution-quality.md")
    return parser.parse_args()


def page(results: Results, facts: tuple[int, int, int, str]) -> Iterator[str]:
    """Yield the lines of the page."""
    groups, campaigns, first, digest = facts
    yield _HEAD
    yield "## Results"
    yield ""
    for scenario in SCENARIOS:
        yield f"### {scenario.capitalize()}"
        yield ""
        yield _EXPLAINED[scenario]
        yield ""
        yield from _table(results, scenario)
        yield ""
    yield from _reliability(results)
    yield _READ
    yield "## What it was measured with"
    yield ""
    yield (
        f"ATT&CK Enterprise as of November 2025 (SHA-256 begins {digest}): {groups} groups, "
        f"{campaigns} campaigns. The figures in `attribution/weigh.py` were set on {first} groups "
        f"drawn by chance; this page is about the other {results.groups}. Campaigns that are "
        "attributed to nobody were seen while they were set, and these results twice before the "
        f"last of them was. Draws are fixed (seed {SEED})."
    )


def _table(results: Results, scenario: str) -> Iterator[str]:
    heads = ("seen", "k", "cases", "top 1", "top 3", "top 5", "unknown wins", "named right")
    yield _row(*heads, "named wrong", "Brier", "techniques alone: right", "wrong")
    yield _row(*("---:" for _ in range(12)))
    for tools in (False, True):
        for size in SIZES:
            tally = results.tallies[scenario, tools, size]
            if tally.cases:
                yield _row("techniques and tools" if tools else "techniques", size, *_cells(tally))


def _cells(tally: Tally) -> Iterator[object]:
    yield tally.cases
    for most in (1, 3, 5):
        yield f"{tally.top[most] / tally.true:.0%}" if tally.true else "-"
    yield f"{tally.unknown / tally.cases:.0%}"
    yield from (tally.right, tally.wrong, f"{tally.brier / tally.cases:.2f}")
    yield from (tally.loose_right, tally.loose_wrong)


def _reliability(results: Results) -> Iterator[str]:
    yield "## What the probabilities are worth"
    yield ""
    yield (
        "Every hypothesis that a run would have named, over campaigns, reports and absent groups: "
        "what was said, and how often it was so. The mixture of cases decides that as much as the "
        f"weights do: in {results.unknown} of {results.known + results.unknown} cases *unknown* "
        "was right. The last column weighs cases as if it were right in half of all. Where a "
        "column is above what was said, the probability was too modest; where it is below, too "
        "bold. They are left too modest: raised to a power of 1.25, what tools say came true "
        "about as often as was said, and named 135 right and 29 wrong. A wrong name costs more."
    )
    yield ""
    yield _row("said", "hypotheses", "said on average", "came true", "were half unknown")
    yield _row("---", "---:", "---:", "---:", "---:")
    for cell, (count, true, said, unknown) in sorted(results.bins.items()):
        span = f"{max(5, 10 * cell)} to {10 * cell + 10} %"
        whole = (count - unknown) / results.known + unknown / results.unknown
        half = true / results.known / whole
        yield _row(span, int(count), f"{said / count:.0%}", f"{true / count:.0%}", f"{half:.0%}")
    yield ""


def _row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


if __name__ == "__main__":
    raise SystemExit(main())
