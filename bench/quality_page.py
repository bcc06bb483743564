"""The page that says how good the hunt is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from quality_score import LEAST, Case, False_, Score
from quality_truth import CLASSES, SELFMADE, Label

CASES_GOAL: Final = 0.95
FALSE_GOAL: Final = 5.0
BENIGN_GOAL: Final = 3
_HEAD: Final = f"""<!-- Written by bench/quality.py: do not edit. -->

# Detection quality

What `make quality` found when it hunted in a folder of public logs of which each file is
labelled: by class (sideloading, in-memory execution, another attack, nothing), and with the very
records that show it. A case is found when a finding of its class, at level {LEAST} or above, names
one of its labelled records. A finding of these classes that names a file in which neither
happened is false, whatever else that file holds.
"""
_CAVEATS: Final = """## How far to trust this

- The set is small: one case more or less moves a share by several points, and no false finding
  in the events of one kind proves little where there are few such events.
- It was seen while the analytics were made, so nothing here is a blind test. For reflective
  PowerShell, threads without a module and call traces with unknown frames, what earned a case its
  label and what an analytic looks for are nearly one test: their recall is an upper bound. The
  labels of sideloads and the counts of false findings do not have this flaw.
- A full score means that nothing in this set is missed any more. It says little of the next one.
- One person labelled it, in one pass, and nobody checked the judgement. Files of another attack
  were not read event by event: what is called false there may be true.
- The purely benign files hold few image loads, process accesses and remote threads, the events
  that matter here. Most of the background is what other attacks' hosts did besides.
- No label exists for: .NET tracing, memory scans of endpoint products, code integrity and AppLocker
  events of sideloads, a true case of Sysmon 25, real Linux implants, servers of a telecom
  operator, and desktops full of Electron programs.
- The Linux files made by ourselves are harmless imitations, and are counted apart.
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A hunt that was scored.

    Args:
        public: scores by class, without the files made by ourselves.
        selfmade: scores by class of those alone.
        facts: what the manifest says of it.
    """

    title: str
    public: Mapping[str, Score]
    selfmade: Mapping[str, Score]
    facts: Mapping[str, object]


Notes = Mapping[str, Mapping[str, str]]
"""Why cases are missed: by class, then case."""


def page(
    labels: Sequence[Label], runs: Sequence[Run], notes: Notes, facts: Mapping[str, str]
) -> str:
    """Give the page; the first run is the one whose misses are named."""
    public = [label for label in labels if label.corpus != SELFMADE]
    made = [label for label in labels if label.corpus == SELFMADE]
    lead = runs[0]
    parts = [
        _HEAD,
        "\n".join(_results(public, runs)),
        "\n".join(_missed(lead, notes)),
        "\n".join(_false(lead)),
        "\n".join(_variants(lead.public)),
        "\n".join(_kinds(lead.public)),
        "\n".join(_apart(made, runs)),
        "\n".join(_facts(labels, runs, facts)),
        _CAVEATS,
    ]
    return "\n".join(parts)


def _results(labels: Sequence[Label], runs: Sequence[Run]) -> Iterator[str]:
    yield "## Results"
    yield ""
    yield from _head("", *(run.title for run in runs), "goal")
    for cls in CLASSES:
        goal = f"≥ {CASES_GOAL:.0%}"
        scores = [run.public[cls] for run in runs]
        told = (
            _against(_share(s.strict, s.cases), met=len(s.strict) >= CASES_GOAL * len(s.cases))
            for s in scores
        )
        yield _row(f"{cls} cases found", *told, goal)
        yield _row(f"{cls} cases, right file", *(_share(s.at_file, s.cases) for s in scores), "")
    events = sum(label.events for label in labels if label.harmless)
    for cls in CLASSES:
        yield _row(f"false {cls} findings", *(len(run.public[cls].false) for run in runs), "")
    rates = [false_rate(run.public, events) for run in runs]
    goal = f"≤ {FALSE_GOAL:g}"
    told = (_against(f"{rate:.1f}", met=rate <= FALSE_GOAL) for rate in rates)
    yield _row("false findings per million events", *told, goal)
    benign = [false_benign(run.public) for run in runs]
    told = (_against(str(count), met=count <= BENIGN_GOAL) for count in benign)
    yield _row("false findings in purely benign files", *told, f"≤ {BENIGN_GOAL}")
    yield _row(
        "records named that are labelled evidence",
        *(_share(_all(run, "cited_right"), _all(run, "cited")) for run in runs),
        "",
    )
    harmless = [label for label in labels if label.harmless]
    pure = [label for label in labels if label.benign]
    yield ""
    yield (
        f"The background is {events:,} events in {len(harmless)} files, of which "
        f"{sum(label.events for label in pure):,} events in {len(pure)} files are purely benign. "
        f"{sum(1 for label in labels if label.neutral)} files are neither: an alert there is "
        "neither right nor wrong."
    )
    yield ""


def _against(text: str, *, met: bool) -> str:
    """Mark a number that misses its goal."""
    return text if met else f"{text} **missed**"


def _all(run: Run, name: str) -> set[tuple[str, str, int]]:
    return {(cls, *place) for cls in CLASSES for place in getattr(run.public[cls], name)}


def false_rate(scores: Mapping[str, Score], events: int) -> float:
    """Give the false findings of both classes per million harmless events."""
    return 1e6 * sum(len(score.false) for score in scores.values()) / events if events else 0.0


def false_benign(scores: Mapping[str, Score]) -> int:
    """Count the false findings of both classes in files in which nothing happens."""
    return sum(len(score.false_benign) for score in scores.values())


def missed(run: Run) -> Iterator[tuple[str, str, Case]]:
    """Give each case that was not found: class, name, case; of files made by ourselves last."""
    for scores in (run.public, run.selfmade):
        for cls in CLASSES:
            for name, case in sorted(scores[cls].cases.items(), key=_by_variant):
                if not case.found:
                    yield cls, name, case


def _by_variant(item: tuple[str, Case]) -> tuple[str, str]:
    return item[1].variant, item[0]


def _missed(run: Run, notes: Notes) -> Iterator[str]:
    yield "## Missed"
    yield ""
    yield f"Every case that {_within(run.title)} does not find on the right records, and why."
    yield ""
    yield from _head("class", "case", "what it shows", "evidence", "why it is missed")
    for cls, name, case in missed(run):
        mark = " (file found)" if case.touched else ""
        reason = notes.get(cls, {}).get(name, "**not explained**")
        kinds = ", ".join(sorted(case.kinds, key=_kind_order))
        yield _row(cls, f"`{name}`{mark}", case.variant, kinds, reason)
    yield ""


def _within(title: str) -> str:
    return title[0].upper() + title[1:]


def _false(run: Run) -> Iterator[str]:
    yield "## False findings"
    yield ""
    false = [
        (cls, each)
        for scores in (run.public, run.selfmade)
        for cls in CLASSES
        for each in scores[cls].false.values()
    ]
    if not false:
        yield f"{_within(run.title)} gave none."
    else:
        yield f"Every false finding of {_within(run.title)}."
        yield ""
        yield from _head("class", "level", "finding", "by", "file", "its first reason")
        for cls, each in sorted(false, key=_false_order):
            claim, label = each.claim, each.label
            where = f"`{label.path}`" + (" (benign)" if label.benign else "")
            by = "Sidelight" if claim.ours else "rules of others"
            yield _row(cls, f"{claim.level} {claim.score}", claim.title, by, where, claim.reason)
    yield ""


def _false_order(item: tuple[str, False_]) -> tuple[str, str, int, str]:
    cls, each = item
    return cls, each.label.path, -each.claim.score, each.claim.title


def _variants(scores: Mapping[str, Score]) -> Iterator[str]:
    yield "## By variant"
    yield ""
    yield from _head("class", "variant", "cases", "found")
    for cls in CLASSES:
        cases = Counter(case.variant for case in scores[cls].cases.values())
        found = Counter(case.variant for case in scores[cls].cases.values() if case.found)
        for name, number in sorted(cases.items(), key=lambda item: (-item[1], item[0])):
            yield _row(cls, name, number, found[name])
    yield ""


def _kinds(scores: Mapping[str, Score]) -> Iterator[str]:
    yield "## By kind of telemetry"
    yield ""
    yield (
        "A case counts for each kind in which labelled records show it. Found: by whatever kind. "
        "By this kind: a finding names a labelled record of this very kind."
    )
    yield ""
    yield from _head("class", "kind", "cases", "found", "by this kind")
    for cls in CLASSES:
        cases = scores[cls].cases.values()
        for kind in sorted({kind for case in cases for kind in case.kinds}, key=_kind_order):
            held = [case for case in cases if kind in case.kinds]
            by_any = sum(1 for case in held if case.found)
            yield _row(cls, kind, len(held), by_any, sum(1 for c in held if kind in c.found))
    yield ""


def _kind_order(kind: str) -> tuple[str, int, str]:
    name, _, number = kind.rpartition(" ")
    return (name, int(number), "") if number.isdecimal() else (kind, -1, kind)


def _apart(labels: Sequence[Label], runs: Sequence[Run]) -> Iterator[str]:
    yield "## Linux, made by ourselves"
    yield ""
    yield (
        "Harmless programs that hide as implants do, seen through `/proc` and core dumps. They "
        "are no event logs."
    )
    yield ""
    yield from _head("", *(run.title for run in runs))
    scores = [run.selfmade["memory"] for run in runs]
    yield _row("memory cases found", *(_share(each.strict, each.cases) for each in scores))
    yield _row(
        f"false findings in {sum(1 for label in labels if label.harmless)} harmless files",
        *(sum(len(run.selfmade[cls].false) for cls in CLASSES) for run in runs),
    )
    yield ""


def _facts(labels: Sequence[Label], runs: Sequence[Run], facts: Mapping[str, str]) -> Iterator[str]:
    yield "## What was run"
    yield ""
    for run in runs:
        shown = ", ".join(f"{name} {value}" for name, value in run.facts.items())
        yield f"- {_within(run.title)}: {shown}."
    yield (
        "- Of SigmaHQ's rules alone, findings count whose rules name T1574 (sideload), T1055 or "
        "T1620 (memory), with their sub-techniques."
    )
    yield f"- Labelled files that were there: {len(labels)}."
    yield from (f"- {name}: {value}." for name, value in facts.items())
    yield ""


def _head(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield "|" + "---|" * len(names)


def _row(*cells: object) -> str:
    return (
        "| " + " | ".join(" ".join(str(cell).split()).replace("|", "\\|") for cell in cells) + " |"
    )


def _share(part: Iterable[object], whole: Iterable[object]) -> str:
    some, every = len(list(part)), len(list(whole))
    return f"{some} of {every} ({some / every:.0%})" if every else "none there"


def write(path: Path, text: str) -> None:
    """Write the page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
