"""Readings become a brief."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from sidelight.findings.assets import Assets
from sidelight.intel.knowledge import Knowledge
from sidelight.intel.source import Source
from sidelight.reading.brief import Brief, Section, Sentence, first_spans, listed
from sidelight.reading.compare import Conflict, Story, conflicts, one_event, stories, trace
from sidelight.reading.happened import doubtful, happened, unsaid
from sidelight.reading.hunts import make_rules
from sidelight.reading.matters import matters
from sidelight.reading.read import Reading
from sidelight.reading.shown import shown
from sidelight.reading.todo import means, readings_spans, to_do

TITLES = (
    "Key takeaways",
    "What happened",
    "Why it matters",
    "What to do",
    "What to doubt",
    "What is not said",
)


def compose(
    readings: Sequence[Reading],
    knowledge: Knowledge,
    assets: Assets,
    earlier: Sequence[tuple[str, Reading]] = (),
) -> Brief:
    """Make the brief of *readings*: the same readings and knowledge give the same brief.

    Args:
        readings: at least one.
        knowledge: that they are held against.
        assets: what is at stake.
        earlier: readings of reports that were kept, each with its report's id.
    """
    told = stories(readings)
    found = [(story, conflicts(story, knowledge)) for story in told]
    identity = report_id(readings)
    rules = make_rules(identity, told)
    parts = (
        [
            *(_of(story, told, s) for story, some in found for s in _takeaways(story, some)),
            *_huntable(told, rules),
        ],
        [s for story in told for s in (*happened(story), *_before(story, earlier))],
        [s for story in told for s in matters(story, knowledge, assets)],
        list(to_do(identity, told, rules)),
        [s for story, some in found for s in doubtful(story, some)],
        [_of(story, told, s) for story in told for s in unsaid(story)],
    )
    named = (each for reading in readings for each in reading.techniques if not each.denied)
    return Brief(
        id=identity,
        title=_title(readings),
        documents={reading.document.id: reading.document for reading in readings},
        stories=told,
        conflicts=tuple(each for _, some in found for each in some),
        sections=tuple(
            Section(title, tuple(dict.fromkeys(part)))
            for title, part in zip(TITLES, parts, strict=True)
            if part
        ),
        rules=rules,
        sources=_cited(parts, knowledge),
        techniques=tuple(sorted({each.id for each in named})),
    )


def _of(story: Story, told: Sequence[Story], sentence: Sentence) -> Sentence:
    """Say which texts *sentence* is about where the brief tells of several events."""
    names = listed([reading.document.name for reading in story.readings], 3)
    if len(told) == 1 or sentence.text.startswith(names):
        return sentence
    return replace(sentence, text=f"{names}: {sentence.text}")


def _cited(parts: Iterable[Iterable[Sentence]], knowledge: Knowledge) -> tuple[Source, ...]:
    ids = {source for part in parts for sentence in part for source in sentence.sources}
    return tuple(knowledge.sources[each] for each in sorted(ids) if each in knowledge.sources)


def _before(story: Story, earlier: Sequence[tuple[str, Reading]]) -> Iterator[Sentence]:
    """Say which kept reports told of the event: they and *story* are one source, not two."""
    traces = [trace(each) for each in story.readings]
    for identity, reading in earlier:
        old = trace(reading)
        names = [found for each in traces if (found := one_event(each, old)) is not None]
        if names:
            shared = listed(sorted(frozenset.union(*names))) or "their wording"
            yield Sentence(
                f"Report {identity} ({reading.document.name}) told of this event before (they "
                f"share {shared}): it is no further source.",
                tuple(each.document.whole for each in story.readings),
            )


def report_id(readings: Sequence[Reading]) -> str:
    """Name a report: by its document, or by all of them where there are several."""
    ids = sorted({reading.document.id for reading in readings})
    return ids[0] if len(ids) == 1 else sha256(" ".join(ids).encode()).hexdigest()[:12]


def _title(readings: Sequence[Reading]) -> str:
    first = readings[0].document
    name = first.content.title or next(
        (line.strip("# *") for line in first.text.splitlines() if line.strip()), first.name
    )
    more = f" and {len(readings) - 1} more" if len(readings) > 1 else ""
    return f"{shown(name)[:120]}{more}"


def _takeaways(story: Story, found: Sequence[Conflict]) -> Iterator[Sentence]:
    """Say in at most five sentences what a reader must not miss."""
    actors = [each for reading in story.readings for each in reading.of_kind("actor")]
    sectors = [each for reading in story.readings for each in reading.of_kind("sector")]
    if actors:
        names = listed(list(dict.fromkeys(each.name for each in actors)), 6)
        often = Counter({each.name: len(each.spans) for each in sectors})
        where = listed([name for name, _ in often.most_common(2)])
        target = f" in connection with {where}" if where else ""
        spans = first_spans([each.spans[0] for each in (*actors, *sectors)])
        yield Sentence(f"The text speaks of {names}{target}.", spans)
    weak = [
        claim
        for reading in story.readings
        for claim in reading.claims
        if claim.relation == "uses-tools-of" and not claim.denied
    ]
    if weak:
        yield Sentence(
            "What was seen are tools associated with these names; who used them is another"
            " question.",
            first_spans([claim.span for claim in weak]),
        )
    if all(reading.provenance.hand != "first-hand" for reading in story.readings):
        yield Sentence(
            "Nothing of it is first-hand: go to the original before acting on a detail.",
            tuple(reading.document.whole for reading in story.readings),
        )
    if found:
        yield Sentence(
            f"{len(found)} {'thing does' if len(found) == 1 else 'things do'} not fit"
            f" together: see "
            "“What to doubt”.",
            first_spans([span for each in found for span in each.spans]),
        )


def _huntable(told: Sequence[Story], rules: Mapping[str, str]) -> Iterator[Sentence]:
    """Say once, of all texts together, that there is something to hunt for."""
    readings = [reading for story in told for reading in story.readings]
    named = [each for reading in readings for each in reading.techniques if not each.denied]
    armed = sorted({each.id for each in named if means(each.id)})
    if armed or rules:
        spans = first_spans([each.span for each in named if each.id in armed])
        whole = tuple(reading.document.whole for reading in readings)
        yield Sentence(
            f"It can be hunted now: {len(rules) or 'no'} {'rule' if len(rules) == 1 else 'rules'} "
            f"made of it, and what looks for {listed(armed) or 'no technique'}.",
            spans or readings_spans(told, whole),
        )
