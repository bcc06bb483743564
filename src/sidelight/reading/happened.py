"""What happened: the claims of a story told again, with who says them and how surely."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sidelight.plural import many
from sidelight.reading.brief import Sentence, first_spans, listed
from sidelight.reading.claim import INTRUDERS, RELATIONS, Claim
from sidelight.reading.compare import Conflict, Story
from sidelight.reading.document import Span
from sidelight.reading.entity import NAMED, Entity
from sidelight.reading.indicators.observable import KINDS
from sidelight.reading.read import Reading
from sidelight.reading.speech import Provenance


def happened(story: Story) -> Iterator[Sentence]:
    """Tell *story*: how it is known, who, what, how, and when."""
    for reading in story.readings:
        yield _origin(reading)
    if len(story.readings) > 1:
        spans = tuple(reading.document.whole for reading in story.readings)
        count = story.independent
        shared = listed(story.shared) or "their wording"
        yield Sentence(
            f"{len(story.readings)} texts tell one event (they share {shared}), and count as "
            f"{many(count, 'source')}.",
            spans,
        )
    yield from _named(story)
    yield from _claimed(story)
    yield from _how(story)
    yield from _when(story)


def _origin(reading: Reading) -> Sentence:
    """Say how a text comes to know: the press of a vendor of what it saw."""
    origin, name = reading.provenance, reading.document.name
    spans = origin.spans or (reading.document.whole,)
    return Sentence(f"{name} {_hand(origin)}.", spans)


def _hand(origin: Provenance) -> str:
    chain = f": it has it from {' ← '.join(origin.chain)}" if origin.chain else ""
    match origin.hand:
        case "first-hand":
            return "speaks of what its authors say they saw themselves (first-hand)"
        case "second-hand":
            return f"repeats what others report (second-hand){chain}"
        case "unstated":
            return (
                "names no source and claims to have seen nothing itself: take it as second-hand"
                + chain
            )


def _named(story: Story) -> Iterator[Sentence]:
    for kind, noun in (("actor", "actors"), ("malware", "malware"), ("tool", "tools")):
        spans: dict[str, Span] = {}
        for reading in story.readings:
            for each in reading.of_kind(kind):
                spans.setdefault(each.name, each.spans[0])
        if spans:
            yield Sentence(f"Named {noun}: {listed(list(spans))}.", first_spans([*spans.values()]))


def _claimed(story: Story) -> Iterator[Sentence]:
    """Tell claims, those of one sentence that say the same of several things in one."""
    groups: dict[tuple[object, ...], list[Claim]] = defaultdict(list)
    for reading in story.readings:
        for claim in reading.claims:
            key = (claim.span, claim.relation, claim.hedge, claim.says, claim.denied)
            groups[key].append(claim)
    told: dict[str, list[Span]] = defaultdict(list)
    for some in groups.values():
        for group in _alike(some):
            told[_told(group)].append(group[0].span)
    for text, spans in told.items():
        yield Sentence(text, first_spans(spans))


def _alike(claims: Sequence[Claim]) -> list[list[Claim]]:
    """Put claims together that hold of each subject and each object, and no others.

    "A used X and B used Y" must not become "A and B used X and Y".
    """
    objects: dict[str, list[str]] = defaultdict(list)
    for claim in claims:
        objects[claim.subject].append(claim.object)
    groups: dict[frozenset[str], list[Claim]] = defaultdict(list)
    for claim in claims:
        groups[frozenset(objects[claim.subject])].append(claim)
    return list(groups.values())


def _told(group: Sequence[Claim]) -> str:
    first = group[0]
    subjects = list(dict.fromkeys(claim.subject for claim in group))
    objects = list(dict.fromkeys(claim.object for claim in group))
    if first.relation == "involves":
        verb = "were" if len(objects) > 1 else "was"
        sentence = f"{listed(objects)} {verb} involved"
    else:
        verb = _plural(RELATIONS[first.relation], len(subjects) > 1 or subjects == [INTRUDERS])
        sentence = f"{listed(subjects)} {verb} {listed(objects)}"
    if first.denied:
        sentence = (
            f"it denies that {sentence}" if first.says else f"The text denies that {sentence}"
        )
    if first.says:
        sentence = f"{first.says} is cited: {sentence}"
    hedge = f" (hedged: “{first.hedge}”)" if first.hedge else ""
    return f"{sentence[0].upper()}{sentence[1:]}{hedge}."


def _plural(verb: str, several: bool) -> str:
    if not several:
        return verb
    pairs = (("uses", "use"), ("is ", "are "), ("targets", "target"))
    for before, after in pairs:
        verb = verb.replace(before, after)
    return verb


def _how(story: Story) -> Iterator[Sentence]:
    names: dict[str, str] = {}
    spans: list[Span] = []
    for reading in story.readings:
        for each in reading.techniques:
            if not each.denied:
                names.setdefault(each.id, each.name)
                spans.append(each.span)
    if names:
        told = [f"{name} ({identity})" for identity, name in names.items()]
        yield Sentence(f"Techniques spoken of: {listed(told)}.", first_spans(spans))
    for kind in KINDS:
        some = [
            each for reading in story.readings for each in reading.observed if each.kind == kind
        ]
        if some:
            values = listed(list(dict.fromkeys(each.value for each in some)), 6)
            yield Sentence(
                f"Observed, {KINDS[kind]}: {values}.", first_spans([s.span for s in some])
            )


def _when(story: Story) -> Iterator[Sentence]:
    dates: dict[str, Span] = {}
    for reading in story.readings:
        for each in reading.of_kind("date"):
            dates.setdefault(each.name, each.spans[0])
    if dates:
        yield Sentence(
            f"Dates that the text gives: {listed(sorted(dates))}.", first_spans([*dates.values()])
        )


def unsaid(story: Story) -> Iterator[Sentence]:
    """Say what the texts of *story* do not: a reader would else not know whether it was missed."""
    spans = tuple(reading.document.whole for reading in story.readings)
    readings = story.readings
    found = [each for reading in readings for each in reading.observed if each.kind != "cve"]
    if not found:
        yield Sentence("No indicator is given: no hash, address, file or key to look for.", spans)
    if not any(reading.of_kind("country") for reading in readings):
        yield Sentence("No country of a victim is named.", spans)
    if not any(reading.of_kind("sector") for reading in readings):
        yield Sentence("No sector of a victim is named.", spans)
    yield Sentence("Names of victims are not looked for by this reader; read for them.", spans)
    if not any(reading.of_kind("date") for reading in readings):
        yield Sentence("No date is given.", spans)
    if not any(reading.of_kind("vulnerability") for reading in readings):
        yield Sentence("No vulnerability is named: how they got in stays open.", spans)
    if not any(reading.of_kind(*NAMED) for reading in readings):
        yield Sentence("Nobody is named, and no malware.", spans)
    for reading in readings:
        for note in reading.document.content.notes:
            yield Sentence(f"{reading.document.name}: {note}", (reading.document.whole,))


def doubtful(story: Story, found: Sequence[Conflict]) -> Iterator[Sentence]:
    """Say what cannot be taken as it is written: conflicts, names, orders to the reader."""
    for conflict in found:
        yield Sentence(f"{conflict.text}.", conflict.spans, conflict.sources)
    told: set[str] = set()
    for reading in story.readings:
        for each in reading.of_kind(*NAMED):
            for text in _doubts(each):
                if text not in told:
                    told.add(text)
                    yield Sentence(text, each.spans[:3])
        if reading.orders:
            yield Sentence(
                f"{reading.document.name} tries to instruct whoever reads it; that is text, and "
                "was not followed.",
                reading.orders[:3],
            )
        for seen in reading.observed:
            if seen.remarks:
                yield Sentence(f"{seen.value}: {'; '.join(seen.remarks)}.", (seen.span,))


def _doubts(each: Entity) -> Iterator[str]:
    if each.not_to_confuse:
        yield f"{each.name} is not to be confused with {listed(each.not_to_confuse)}."
    if each.status == "ambiguous":
        yield f"{each.name} means {len(each.ids)} things in the knowledge base; none was chosen."
    if each.status == "new":
        yield f"{each.name} is unknown to the knowledge base."
