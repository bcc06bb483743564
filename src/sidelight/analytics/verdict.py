"""A story becomes findings: one for each class that it shows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice, zip_longest
from typing import Final

from sidelight.analytics import MEDIUM
from sidelight.analytics.catalogue import ANALYTICS, Analytic
from sidelight.analytics.columns import YARA
from sidelight.analytics.sightings import disagreements, file_key, shared, taken_at
from sidelight.analytics.story import Story
from sidelight.analytics.suspicion import Cited, Sighting, Suspicion
from sidelight.findings.actor import pid_of
from sidelight.findings.attack import classify, tactics, techniques
from sidelight.findings.conclude import Limits, RuleInfo
from sidelight.findings.finding import (
    Evidence,
    Finding,
    FindingClass,
    Process,
    RuleRef,
    Weight,
)
from sidelight.findings.identity import finding_id
from sidelight.findings.score import SPEAKING
from sidelight.findings.score import score as score_rule
from sidelight.findings.shelf import Shelf
from sidelight.findings.surface import SURFACES, Seen, Surface, counted
from sidelight.schema import LEVELS, NO_TIME, Level
from sidelight.values import dataclass

LEVEL_FROM: Final[tuple[tuple[int, Level], ...]] = (
    (85, "critical"),
    (60, "high"),
    (40, "medium"),
    (20, "low"),
    (0, "informational"),
)
"""Least score of each level."""

EACH_ANALYTIC: Final = 6
MOST_ANALYTICS: Final = 12
EACH_SURFACE: Final = 6
EACH_RULE: Final = 3
MOST_RULES: Final = 9
_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit of a rule, as a story tells it.

    Args:
        firing: it is one of several that make a correlation fire, which is a finding as a whole.
    """

    row: int
    info: RuleInfo | None
    rule: str
    source: str
    record: int
    channel: str
    event_id: str
    time: int
    firing: bool = False

    @property
    def ref(self) -> RuleRef:
        """The rule, named by its id where nothing else is known of it."""
        return self.info.ref if self.info else RuleRef(self.rule, self.rule, "medium")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A finding, the rows of the hits that it tells of, and the events of who leads it."""

    finding: Finding
    told: tuple[int, ...]
    acted: tuple[Cited, ...]


def level_of(score: int) -> Level:
    """Give the level of a score."""
    return next(level for least, level in LEVEL_FROM if score >= least)


def level_points(level: Level) -> int:
    """Give the least score of a level."""
    return next(least for least, name in LEVEL_FROM if name == level)


def story_name(story: Story) -> str:
    """Name a story by what it holds, so that re-runs agree."""
    return finding_id("story", story.suspicions[0].host.lower(), _signature(story.suspicions))


def verdicts(
    story: Story, name: str, hits: Sequence[Hit], shelf: Shelf, limits: Limits
) -> Iterator[Verdict]:
    """Give a finding for each class among the suspicions of a story, the heaviest first.

    Suspicions of several surfaces about one file are of one finding, whatever their classes.
    """
    for number, classes in enumerate(_themes(story.suspicions)):
        mine = [suspicion for suspicion in story.suspicions if suspicion.cls in classes]
        beside = hits if number == 0 else [hit for hit in hits if _class(hit) in classes]
        yield _verdict(mine, story, beside, name, shelf, limits)


def _themes(suspicions: Sequence[Suspicion]) -> list[tuple[FindingClass, ...]]:
    """Sort the classes of suspicions, in order; those about one file are together."""
    themes: list[tuple[FindingClass, ...]] = [
        (cls,) for cls in {one.cls: None for one in suspicions}
    ]
    by_file: defaultdict[str, set[FindingClass]] = defaultdict(set)
    for one, names in zip(suspicions, shared(suspicions), strict=True):
        for name in names:
            by_file[name].add(one.cls)
    for some in by_file.values():
        touched = [theme for theme in themes if some & {*theme}]
        at = themes.index(touched[0])
        themes = [theme for theme in themes if theme not in touched]
        themes.insert(at, tuple(chain.from_iterable(touched)))
    return themes


def _signature(suspicions: Sequence[Suspicion]) -> str:
    """Spell what makes a story this story: what is suspected of whom, else its first event."""
    first = min((row for one in suspicions for row in one.rows), key=lambda row: row.place)
    place = f"{first.time} {first.record}"
    if first.channel == YARA:  # files are many, and each has a first match
        place = f"{first.source} {place}"
    spelled = [
        f"{one.analytic} {one.image} {one.actors[:1]} {one.things[:1]}" for one in suspicions
    ]
    known = any(one.actors for one in suspicions)
    return "\n".join(spelled if known else (*spelled, place))


def _class(hit: Hit) -> FindingClass:
    return _classified(hit.info.tags) if hit.info else "other"


@lru_cache(maxsize=4096)
def _classified(tags: tuple[str, ...]) -> FindingClass:
    return classify(tags)


def _verdict(  # noqa: PLR0913
    mine: Sequence[Suspicion],
    story: Story,
    hits: Sequence[Hit],
    name: str,
    shelf: Shelf,
    limits: Limits,
) -> Verdict:
    lead = mine[0]
    files = [each for one in mine for each in one.files]
    bonus = [*_bonus(lead, story, _rules(hits)), *_seconded(mine)]
    own = max(0, min(_most(lead, bonus), lead.points + sum(each.points for each in bonus)))
    classes = {one.cls for one in mine}
    alike = _rules([hit for hit in hits if not hit.firing and _class(hit) in classes])
    bonus += _raised(own, alike)
    score = max([own, *map(_least_score, alike)])
    level = level_of(score)
    told = [hit for hit in hits if _belongs(hit, level)]
    spoken = list(dict.fromkeys(one.analytic for one in mine))
    tags = _tags([ANALYTICS[each] for each in spoken], told)
    rows = _rows(mine)
    evidence = _evidence(rows, told, mine, shelf, limits)
    every = [row.time for row in rows] + [hit.time for hit in told]
    times = [time for time in every if time != NO_TIME]
    weights = (*_weights(mine), *bonus)
    finding = Finding(
        id=finding_id(lead.analytic, lead.host.lower(), _signature(mine)),
        title=lead.title,
        cls=lead.cls,
        level=level,
        score=score,
        host=lead.host,
        first_seen=min(times, default=NO_TIME),
        last_seen=max(times, default=NO_TIME),
        tactics=tactics(tags),
        techniques=techniques(tags),
        tags=tags,
        rules=(*(_ref(ANALYTICS[each], level) for each in spoken), *_rules(told)),
        process=(_process(lead),),
        reasons=tuple(_spoken(weight) for weight in weights if weight.points > 0)[:_SHOWN],
        counter_evidence=tuple(_spoken(each) for each in weights if each.points <= 0)[:_SHOWN],
        count=len({*_places(rows), *_places(told)}),
        evidence=evidence,
        weights=weights,
        refute=tuple(dict.fromkeys(text for one in mine for text in one.refute)),
        story=name,
        surfaces=_surfaces(rows, told, shelf),
        disagreements=disagreements(files),
    )
    return Verdict(finding, tuple(hit.row for hit in told), _acted(lead))


def _acted(lead: Suspicion) -> tuple[Cited, ...]:
    """Give the events of the processes that a suspicion is about, if of one executable."""
    rows = [row for row in lead.rows if row.process in lead.actors]
    images = {row.image.lower() for row in rows}
    return tuple(rows) if len(images) == 1 else ()


def _most(lead: Suspicion, bonus: Sequence[Weight]) -> int:
    """Tell how high a score may be: rules alone make no weak lead strong."""
    seconded = any(weight.events for weight in bonus)  # other analytics cite events, rules do not
    return 100 if lead.points >= MEDIUM or seconded else MEDIUM - 1


def _belongs(hit: Hit, level: Level) -> bool:
    """Tell whether a story is as severe as a hit's own finding would be."""
    return not hit.firing and LEVELS.index(hit.ref.level) <= LEVELS.index(level)


def _least_score(rule: RuleRef) -> int:
    """Give what a finding must weigh to stand for one of *rule* alone."""
    return max(score_rule(rule.level, rule.status, 0, alone=False), level_points(rule.level))


def _raised(score: int, rules: Sequence[RuleRef]) -> list[Weight]:
    """Say by how much a rule about the same raises a score, so that no hit is played down."""
    best = max(rules, key=_least_score, default=None)
    if best is None or _least_score(best) <= score:
        return []
    text = f"A rule of level {best.level} about the same matched: {best.title}."
    return [Weight(_least_score(best) - score, text)]


def _rules(hits: Sequence[Hit]) -> tuple[RuleRef, ...]:
    refs = {hit.rule: hit.ref for hit in hits}
    order = sorted(refs.values(), key=lambda ref: (-LEVELS.index(ref.level), ref.title, ref.id))
    return tuple(order)


def _bonus(lead: Suspicion, story: Story, rules: Sequence[RuleRef]) -> list[Weight]:
    others = [one for one in story.suspicions if one.analytic != lead.analytic and one.points > 0]
    if lead.points < MEDIUM:  # what is weak itself is not made strong by what is weaker
        others = [one for one in others if one.points >= level_points("low")]
    kinds = dict.fromkeys(one.analytic for one in others)
    found: list[Weight] = []
    if kinds:
        titles = "; ".join(ANALYTICS[each].title for each in kinds)
        points = min(MOST_ANALYTICS, EACH_ANALYTIC * len(kinds))
        rows = tuple((row.source, row.record) for one in others for row in one.rows[:1])
        found.append(Weight(points, f"In the same story: {titles}.", rows))
    speaking = [rule for rule in rules if rule.level in SPEAKING]
    if speaking:
        points = min(MOST_RULES, EACH_RULE * len(speaking))
        titles = "; ".join(rule.title for rule in speaking[:_SHOWN])
        text = f"Rules that matched the same process or its children: {titles}."
        found.append(Weight(points, text))
    return found


def _seconded(mine: Sequence[Suspicion]) -> list[Weight]:
    """Weigh that several surfaces tell of the same file.

    Where its code was changed in memory, a load that nothing speaks against is no second voice:
    whatever program it is, its libraries were loaded.
    """
    odd = {row for one in mine for reason in one.reasons if reason.points for row in reason.rows}
    files = [each for one in mine for each in one.files]
    changed = {file_key(each.path) for each in files if each.state == "changed"}
    seen: defaultdict[str, dict[Surface, Sighting]] = defaultdict(dict)
    for each in files:
        key = file_key(each.path)
        if key not in changed or each.row in odd:
            seen[key].setdefault(each.surface, each)
    most = max(seen.values(), key=len, default={})
    if len(most) < 2:
        return []
    names = [SURFACES[surface] for surface in SURFACES if surface in most]
    path = next(iter(most.values())).path
    text = f"{_listed(names)} tell of the same file, {path}."
    places = tuple((each.row.source, each.row.record) for each in most.values())
    return [Weight(EACH_SURFACE * (len(most) - 1), f"{text[:1].upper()}{text[1:]}", places)]


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _surfaces(rows: Sequence[Cited], told: Sequence[Hit], shelf: Shelf) -> tuple[Seen, ...]:
    """Count events by where they were taken."""
    places = {(row.source, row.record): taken_at(row.channel, dict(row.fields)) for row in rows}
    known = {source: surface for (source, _), surface in places.items()}
    for hit in told:
        place = hit.source, hit.record
        if place not in places:
            event = {} if hit.source in known else shelf.event(*place)
            places[place] = known.setdefault(hit.source, taken_at(hit.channel, event or {}))
    return counted(places)


def _weights(mine: Sequence[Suspicion]) -> list[Weight]:
    made: dict[str, Weight] = {}
    for suspicion in mine:
        for reason in suspicion.reasons:
            places = tuple((row.source, row.record) for row in (*reason.rows, *reason.context))
            made.setdefault(reason.text, Weight(reason.points, reason.text, places))
    return list(made.values())


def _spoken(weight: Weight) -> str:
    return f"{weight.text} ({weight.points:+d})" if weight.points else weight.text


def _tags(analytics: Sequence[Analytic], told: Sequence[Hit]) -> tuple[str, ...]:
    tags = [tag for analytic in analytics for tag in analytic.tags]
    tags += [tag for hit in told if hit.info for tag in hit.info.tags]
    return tuple(dict.fromkeys(tags))


def _ref(analytic: Analytic, level: Level) -> RuleRef:
    return RuleRef(analytic.id, analytic.title, level, "", "Sidelight", "", analytic.references)


def _rows(mine: Sequence[Suspicion]) -> list[Cited]:
    """List events of all suspicions, taking turns, so that none is crowded out."""
    turns = zip_longest(*(suspicion.rows for suspicion in mine))
    rows = {(row.source, row.record): row for turn in turns for row in turn if row is not None}
    return list(rows.values())


def _evidence(
    rows: Sequence[Cited],
    told: Sequence[Hit],
    mine: Sequence[Suspicion],
    shelf: Shelf,
    limits: Limits,
) -> tuple[Evidence, ...]:
    """List events in order of time: those the suspicions rest on first, where room is short."""
    speaking: dict[tuple[str, int], dict[str, None]] = {}
    for suspicion in mine:
        for row in suspicion.rows:
            speaking.setdefault((row.source, row.record), {})[suspicion.analytic] = None
    places: dict[tuple[str, int], tuple[str, str, int, Mapping[str, str]]] = {
        (row.source, row.record): (row.channel, row.event_id, row.time, dict(row.fields))
        for row in rows
    }
    for hit in told:
        if len(places) >= limits.evidence and (hit.source, hit.record) not in places:
            continue  # a story may have as many hits as the evidence
        places.setdefault((hit.source, hit.record), (hit.channel, hit.event_id, hit.time, {}))
        speaking.setdefault((hit.source, hit.record), {})[hit.rule] = None
    made, left = [], limits.fields
    for (source, record), place in islice(places.items(), limits.evidence):
        channel, event_id, time, fields = place
        full = shelf.event(source, record) if left else None
        left -= full is not None
        rules = tuple(speaking[source, record])
        shown = full or dict(fields) or None
        made.append(Evidence(source, record, channel, event_id, time, rules, shown))
    return tuple(sorted(made, key=lambda row: (row.time, row.source, row.record)))


def _places(rows: Sequence[Cited] | Sequence[Hit]) -> Iterator[tuple[str, int]]:
    for row in rows:
        yield row.source, row.record


def _process(lead: Suspicion) -> Process:
    """Name the process that a finding is about; its ancestors are looked up later."""
    key = lead.actors[0] if lead.actors else ""
    cited = next((row for row in lead.rows if row.process == key), lead.rows[0])
    pid = pid_of(key[4:]) if key.startswith("pid:") else -1
    return Process(cited.image, pid=pid, guid="" if pid >= 0 else key, started=cited.time)
