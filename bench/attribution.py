"""Measure attribution on ATT&CK's own groups and campaigns; `measure` gives what the page shows."""

import gzip
import json
import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from sidelight.attribution.lore import Actor, Held, Lore
from sidelight.attribution.observation import Observed
from sidelight.attribution.weigh import weigh
from sidelight.findings.attack import REVOKED
from sidelight.findings.resemblance import FAINT, Resemblance

SIZES: Final = (3, 5, 10, 20)
SCENARIOS: Final = ("campaign", "report", "held out", "absent")
SEED: Final = 1
_HALVES: Final = 0
_LEAST: Final = 3
_LEFT: Final = 5
"""A group of which fewer claims are left than this is not known well enough to be found."""

Claims = Mapping[str, frozenset[str]]
"""What a group or campaign is said to use, by number, and the reports that say it."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """ATT&CK as this measurement needs it.

    Args:
        groups: claims of each group itself.
        campaigns: claims of each campaign.
        attributed: the group of each campaign that has one.
    """

    groups: Mapping[str, Claims]
    campaigns: Mapping[str, Claims]
    attributed: Mapping[str, str]

    def profile(
        self, group: str, campaign: str = "", reports: frozenset[str] = frozenset()
    ) -> Claims:
        """Give all claims of a group without those of *campaign* and of *reports*."""
        found: dict[str, frozenset[str]] = {}
        parts = [self.groups.get(group, {})]
        parts += [
            self.campaigns[each]
            for each, owner in self.attributed.items()
            if owner == group and each != campaign and each in self.campaigns
        ]
        for part in parts:
            for number, said in part.items():
                if left := said - reports:
                    found[number] = found.get(number, frozenset()) | left
        return found


@dataclass(frozen=True, slots=True)
class Pool:
    """What can be observed, whose it is, what stays known of that, and who is taken out."""

    claims: Claims
    truth: str | None
    known: Claims = field(default_factory=dict)
    dropped: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """Observations, the group they are of (or None), and what is known without them."""

    seen: tuple[str, ...]
    truth: str | None
    known: Claims = field(default_factory=dict)
    dropped: str = ""


@dataclass(slots=True)
class Tally:
    """What came out for cases of one sort."""

    cases: int = 0
    true: int = 0
    top: Counter[int] = field(default_factory=Counter)
    unknown: int = 0
    right: int = 0
    wrong: int = 0
    brier: float = 0.0
    loose_right: int = 0
    loose_wrong: int = 0


@dataclass(slots=True)
class Results:
    """Everything measured: tallies by scenario, evidence and size, and what odds came true.

    Args:
        bins: by tens of percent: hypotheses, those that were true, the sum of what was said, and
            how many were of cases in which *unknown* was right.
        known: cases behind the bins in which a group was right.
        unknown: cases behind the bins in which *unknown* was.
    """

    tallies: dict[tuple[str, bool, int], Tally] = field(default_factory=lambda: defaultdict(Tally))
    bins: dict[int, list[float]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0, 0.0, 0])
    )
    groups: int = 0
    known: int = 0
    unknown: int = 0


def read_catalogue(path: Path) -> Catalogue:
    """Read a STIX 2.0 bundle of ATT&CK."""
    objects = {
        each["id"]: each for each in json.loads(gzip.decompress(path.read_bytes()))["objects"]
    }
    claims: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    attributed: dict[str, str] = {}
    for each in objects.values():
        source = objects.get(each.get("source_ref", ""))
        target = objects.get(each.get("target_ref", ""))
        if not (source and target and _lives(each) and _lives(source) and _lives(target)):
            continue
        if each["relationship_type"] == "attributed-to":
            attributed[_number(source)] = _number(target)
        elif each["relationship_type"] == "uses" and source["type"] in {
            "intrusion-set",
            "campaign",
        }:
            reports = {row["source_name"] for row in each.get("external_references", [])}
            number = REVOKED.get(_number(target), _number(target))
            before = claims[_number(source)].get(number, frozenset())
            claims[_number(source)][number] = before | reports
    return Catalogue(
        {name: claims[name] for name in sorted(claims) if name.startswith("G")},
        {name: claims[name] for name in sorted(claims) if name.startswith("C")},
        attributed,
    )


def _lives(thing: Mapping[str, object]) -> bool:
    return not (thing.get("revoked") or thing.get("x_mitre_deprecated"))


def _number(thing: Mapping[str, object]) -> str:
    return str(thing["external_references"][0]["external_id"])  # type: ignore[index]


def halves(catalogue: Catalogue) -> tuple[list[str], list[str]]:
    """Split the groups in two, by chance but always alike: set on the first, report the second."""
    names = sorted(catalogue.groups)
    random.Random(_HALVES).shuffle(names)
    return names[::2], names[1::2]


def measure(catalogue: Catalogue, groups: Sequence[str]) -> Results:
    """Weigh every case of *groups* with the product's own code."""
    lore, results = _lore(catalogue), Results(groups=len(groups))
    for scenario in SCENARIOS:
        for tools in (False, True):
            for size in SIZES:
                chance = random.Random(SEED)
                for case in _cases(catalogue, scenario, groups, size, tools, chance):
                    came = weigh(_observed(case.seen), _without(lore, case))
                    _count(results, (scenario, tools, size), came, case)
    return results


def _cases(  # noqa: PLR0913
    catalogue: Catalogue,
    scenario: str,
    groups: Sequence[str],
    size: int,
    tools: bool,
    chance: random.Random,
) -> Iterator[Case]:
    for pool in _POOLS[scenario](catalogue, groups):
        names = sorted(name for name in pool.claims if tools or name.startswith("T"))
        if len(names) < (min(size, _LEAST) if scenario == "campaign" else size):
            continue
        seen = tuple(sorted(chance.sample(names, min(size, len(names)))))
        known = pool.known
        if scenario == "held out":
            known = {name: said for name, said in pool.claims.items() if name not in seen}
            if len(known) < _LEFT:
                continue
        yield Case(seen, pool.truth, known, pool.dropped)


def _of_campaigns(catalogue: Catalogue, groups: Sequence[str]) -> Iterator[Pool]:
    for campaign, claims in catalogue.campaigns.items():
        owner = catalogue.attributed.get(campaign)
        reports = frozenset[str]().union(*claims.values())
        if owner is None:
            yield Pool(claims, None)
        elif owner in groups:
            yield Pool(claims, owner, catalogue.profile(owner, campaign, reports))


def _of_reports(catalogue: Catalogue, groups: Sequence[str]) -> Iterator[Pool]:
    for group in groups:
        by_report: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
        for name, said in catalogue.profile(group).items():
            for report in said:
                by_report[report][name] = said
        for report in sorted(by_report):
            left = catalogue.profile(group, reports=frozenset({report}))
            if left:
                yield Pool(by_report[report], group, left)


def _held_out(catalogue: Catalogue, groups: Sequence[str]) -> Iterator[Pool]:
    for group in groups:
        yield Pool(catalogue.profile(group), group)


def _absent(catalogue: Catalogue, groups: Sequence[str]) -> Iterator[Pool]:
    for group in groups:
        yield Pool(catalogue.profile(group), None, dropped=group)


_POOLS: Final[Mapping[str, Callable[[Catalogue, Sequence[str]], Iterator[Pool]]]] = {
    "campaign": _of_campaigns,
    "report": _of_reports,
    "held out": _held_out,
    "absent": _absent,
}


def _observed(seen: Iterable[str]) -> Observed:
    several = list(seen)
    return Observed(
        techniques={name: () for name in several if name.startswith("T")},
        numbers={name: () for name in several if name.startswith("S")},
    )


def _lore(catalogue: Catalogue) -> Lore:
    profiles = {group: catalogue.profile(group) for group in catalogue.groups}
    users = Counter(name for claims in profiles.values() for name in claims)
    tools = [name for name in users if name.startswith("S")]
    total = sum(users[name] for name in tools)
    return Lore(
        {group: _actor(group, claims) for group, claims in profiles.items()},
        {name: name for name in tools},
        {name: name for name in tools},
        {name: float(count) for name, count in users.items()},
        (total, sum(users.values()) - total),
    )


def _actor(group: str, claims: Claims) -> Actor:
    held = {
        name: Held(tuple((report, 0.8, 0.0) for report in sorted(said)), ())
        for name, said in claims.items()
        if name.startswith("S")
    }
    return Actor(
        group, group, (group,), held, frozenset(name for name in claims if name.startswith("T"))
    )


def _without(lore: Lore, case: Case) -> Lore:
    """Give what is known when the case's own claims are not."""
    name = case.truth or case.dropped
    if not name:
        return lore
    old = lore.actors[name]
    users = Counter(lore.users)
    users.subtract(dict.fromkeys((*old.tools, *old.techniques), 1))
    actors = dict(lore.actors)
    if case.truth:
        actors[name] = _actor(name, case.known)
        users.update(dict.fromkeys((*actors[name].tools, *actors[name].techniques), 1))
    else:
        del actors[name]
    tools = {each: each for each in lore.tools if users[each] > 0}
    numbers = {each: each for each in lore.numbers}
    return replace(
        lore, actors=actors, users=dict(users), tools={**lore.tools, **tools}, numbers=numbers
    )


def _count(results: Results, key: tuple[str, bool, int], came: Resemblance, case: Case) -> None:
    tally = results.tallies[key]
    tally.cases += 1
    first = came.hypotheses[0]
    named = first.id if first.told and first.probability > came.unknown else None
    tally.unknown += named is None
    tally.right += named is not None and named == case.truth
    tally.wrong += named is not None and named != case.truth
    shares = {each.id: each.probability for each in came.hypotheses}
    truth = shares.get(case.truth or "", came.unknown)
    squares = math.fsum(share**2 for share in (*shares.values(), came.unknown))
    tally.brier += squares - truth**2 + (1 - truth) ** 2
    if case.truth:
        tally.true += 1
        place = [each.id for each in came.hypotheses].index(case.truth)
        for most in (1, 3, 5):
            tally.top[most] += place < most
    _let_techniques(tally, came, case)
    if key[0] in {"report", "campaign", "absent"}:
        results.known += case.truth is not None
        results.unknown += case.truth is None
        for each in came.hypotheses:
            if each.told and each.probability >= FAINT:
                cell = results.bins[min(9, int(10 * each.probability))]
                cell[0] += 1
                cell[1] += each.id == case.truth
                cell[2] += each.probability
                cell[3] += case.truth is None


def _let_techniques(tally: Tally, came: Resemblance, case: Case) -> None:
    """Count whom techniques would have named, had they been let; by the odds of their fit."""
    best = max(came.hypotheses, key=lambda each: (each.fit, each.id))
    if best.fit > len(came.hypotheses):  # the odds against unknown are then above one
        tally.loose_right += best.id == case.truth
        tally.loose_wrong += best.id != case.truth
