"""What to do, in commands of this product: hunt, see, share, drill, respond."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from typing import Final

from sidelight.analytics.catalogue import ANALYTICS
from sidelight.coverage.telemetry import telemetry_of
from sidelight.findings.attack import techniques
from sidelight.reading.brief import Sentence, first_spans, listed
from sidelight.reading.claim import Technique
from sidelight.reading.compare import Story
from sidelight.reading.document import Span
from sidelight.rules.load import load_rules
from sidelight.rules.rule import Correlation, Rule
from sidelight.values import dataclass

_LINUX: Final = re.compile(
    r"\b(?:linux|unix|solaris|esxi|bpf|elf|/etc/|/dev/shm|raw"
    r" socket)",
    re.IGNORECASE,
)
_DRILLED: Final = ("T1574", "T1620", "T1055")


@dataclass(frozen=True, slots=True)
class Means:
    """What this product has against one technique.

    Args:
        rules: titles of rules that come with it.
        analytics: ids of analytics.
    """

    rules: tuple[str, ...]
    analytics: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.rules or self.analytics)


@cache
def _own_rules() -> tuple[tuple[str, frozenset[str]], ...]:
    with as_file(files("sidelight") / "content" / "rules") as folder:
        found = load_rules([folder])
    parts: tuple[Rule | Correlation, ...] = (*found.rules, *found.correlations)
    metas = [each.meta for each in parts if not each.silent]
    return tuple((meta.title, frozenset(techniques(meta.tags))) for meta in metas)


def means(technique: str) -> Means:
    """Give what looks for *technique* or for a part of it."""

    def fits(ids: Iterable[str]) -> bool:
        return any(each == technique or each.startswith(f"{technique}.") for each in ids)

    return Means(
        tuple(sorted(title for title, ids in _own_rules() if fits(ids))),
        tuple(name for name, each in ANALYTICS.items() if fits(techniques(each.tags))),
    )


def to_do(identity: str, stories: Sequence[Story], rules: Mapping[str, str]) -> Iterator[Sentence]:
    """Say what to do about *stories*; whatever is runnable comes as a command.

    Args:
        identity: names the report on the shelf.
        stories: what the report tells.
        rules: that were made of it.
    """
    readings = [reading for story in stories for reading in story.readings]
    told = [each for reading in readings for each in reading.techniques if not each.denied]
    whole = tuple(reading.document.whole for reading in readings)
    yield from _hunt(identity, told, rules, readings_spans(stories, whole), whole)
    yield from _see(told)
    yield from _look(stories)
    yield from _share(identity, whole)
    yield from _drill(told, whole)
    yield from _respond(whole)


def readings_spans(stories: Sequence[Story], fallback: tuple[Span, ...]) -> tuple[Span, ...]:
    """Give where the observables stand that rules were made of."""
    spans = [each.span for s in stories for reading in s.readings for each in reading.observed]
    return first_spans(spans) or fallback


def named(told: Sequence[Technique]) -> dict[str, list[Span]]:
    """Give techniques by id, with the words that name them."""
    found: dict[str, list[Span]] = {}
    for each in told:
        found.setdefault(each.id, []).append(each.span)
    return found


def _hunt(
    identity: str,
    told: Sequence[Technique],
    rules: Mapping[str, str],
    seen: tuple[Span, ...],
    whole: tuple[Span, ...],
) -> Iterator[Sentence]:
    by_id = named(told)
    armed = [name for name in by_id if means(name)]
    if rules or armed:
        spans = first_spans([span for name in armed for span in by_id[name]]) or seen
        count = f"{len(rules)} rules made of this report" if rules else "no rule made of it"
        yield Sentence(
            f"Hunt now, over as far back as logs go: {count}, and what looks for "
            f"{listed(armed) or 'no technique'}.",
            spans,
            commands=(f"sidelight hunt EVIDENCE --from-report {identity}",),
        )
    else:
        yield Sentence(
            "Nothing in this text can be hunted: it names neither a technique that this product "
            "looks for nor anything to look for.",
            whole,
        )
    for name in armed:
        have = means(name)
        parts = [f"analytics {listed(have.analytics, 4)}"] if have.analytics else []
        parts += (
            [f"rules {listed([f'“{title}”' for title in have.rules], 3)}"] if have.rules else []
        )
        yield Sentence(f"{name} is looked for by {'; '.join(parts)}.", first_spans(by_id[name]))
    for name in by_id:
        if not means(name):
            yield Sentence(
                f"No rule and no analytic that comes with this product looks for {name}; rules of "
                "others may.",
                first_spans(by_id[name]),
                commands=(f"sidelight rules list --tag attack.{name.lower()}",)
                if name.startswith("T")
                else (),
            )


def _see(told: Sequence[Technique]) -> Iterator[Sentence]:
    """Say which logs the analytics need that were named."""
    needed: dict[str, list[Span]] = {}
    for each in told:
        for name in means(each.id).analytics:
            for role in ANALYTICS[name].looks_at:
                needed.setdefault(role, []).append(each.span)
    names = [telemetry_of(role) for role in needed]
    if names:
        spans = first_spans([span for some in needed.values() for span in some])
        logs = listed([f"{each.name} events ({each.events})" for each in names if each.events], 9)
        yield Sentence(
            f"Close blind spots first: without {logs} these hunts see nothing. The coverage of a "
            "hunt says on which hosts and hours they were missing.",
            spans,
            commands=("sidelight hunt EVIDENCE --output report.html",),
        )


def _look(stories: Sequence[Story]) -> Iterator[Sentence]:
    spans = [
        reading.document.whole
        for story in stories
        for reading in story.readings
        if _LINUX.search(reading.document.text)
    ]
    if spans:
        yield Sentence(
            "Look at the processes of Linux hosts, of which logs tell little.",
            tuple(spans),
            commands=(
                "sidelight collect --live --output host.jsonl",
                "sidelight hunt host.jsonl",
            ),
        )


def _share(identity: str, whole: tuple[Span, ...]) -> Iterator[Sentence]:
    yield Sentence(
        "Tell your national CERT and the operators you exchange with what you find, under "
        "TLP:AMBER; this brief itself under the label of the text it rests on, or TLP:GREEN where "
        "that is public.",
        whole,
        commands=(
            f"sidelight hunt EVIDENCE --from-report {identity} --tlp amber --output"
            f" found.stix.json",
            f"sidelight read --show {identity} --tlp green --format stix --output brief.stix.json",
        ),
    )


def _drill(told: Sequence[Technique], whole: tuple[Span, ...]) -> Iterator[Sentence]:
    spans = [each.span for each in told if each.id.startswith(_DRILLED)]
    subject = "sideloading and in-memory execution" if spans else "an intrusion at an operator"
    yield Sentence(
        f"Drill staff on {subject}: hunt a practice intrusion, then compare with its labels.",
        first_spans(spans) or whole,
        commands=("sidelight range practice --days 3", "sidelight hunt practice"),
    )


def _respond(whole: tuple[Span, ...]) -> Iterator[Sentence]:
    yield Sentence(
        "Have a response plan for this before you need it: who decides to isolate a host of the "
        "core, who tells the regulator within which hours, and that evidence is kept before "
        "anything is cleaned. Write down how long logs are kept.",
        whole,
        general=True,
    )
    yield Sentence(
        "Keep what a suspicious Linux host shows before it is touched.",
        whole,
        commands=("sidelight collect --ssh HOST --output kept",),
    )
