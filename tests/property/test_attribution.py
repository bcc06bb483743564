"""Attribution: what may never happen, whatever is observed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples import examples
from sidelight.attribution.lore import Actor, Delivery, Held, Lore
from sidelight.attribution.observation import Observed
from sidelight.attribution.weigh import weigh
from sidelight.findings.resemblance import Resemblance

TOOLS = [f"malware--{number}" for number in range(6)]
TECHNIQUES = [f"T10{number:02}" for number in range(12)]
PAIRS = ["a.exe|x.dll", "b.exe|x.dll", "a.exe|y.dll", "|x.dll", "c.exe|z.dll"]
NAMES = [f"set {number}" for number in range(4)]

rows = st.lists(
    st.tuples(st.sampled_from("VWX"), st.sampled_from((0.5, 0.8)), st.sampled_from((0.0, 2020.0))),
    min_size=1,
    max_size=3,
    unique_by=lambda row: row[0],
)
actors = st.builds(
    lambda held, ways: Actor(
        "",
        "",
        (),
        {tool: Held(tuple(sorted(some)), ()) for tool, some in held.items()},
        frozenset(ways),
    ),
    st.dictionaries(st.sampled_from(TOOLS), rows, max_size=4),
    st.sets(st.sampled_from(TECHNIQUES), max_size=8),
)


@st.composite
def lores(draw: st.DrawFn) -> Lore:
    some = draw(st.lists(actors, min_size=1, max_size=4))
    sets = {
        name: replace(each, id=name, name=name) for name, each in zip(NAMES, some, strict=False)
    }
    users = {
        name: float(
            sum(name in {*each.tools, *each.techniques} for each in sets.values())
            + draw(st.sampled_from((0, 0, 20)))
        )
        for name in (*TOOLS, *TECHNIQUES)
    }
    numbers = {f"S{number:04}": tool for number, tool in enumerate(TOOLS)}
    deliveries = (
        Delivery(TOOLS[0], "a.exe", "x.dll", ()),
        Delivery(TOOLS[1], "", "y.dll", ()),
        Delivery(TOOLS[2], "b.exe", "", ()),
    )
    return Lore(
        sets, dict(zip(TOOLS, TOOLS, strict=True)), numbers, users, (1100, 4300), deliveries
    )


def shown(names: list[str]) -> st.SearchStrategy[dict[str, tuple[str, ...]]]:
    return st.sets(st.sampled_from(names)).map(lambda some: dict.fromkeys(sorted(some), ()))


observations = st.builds(
    Observed,
    techniques=shown(TECHNIQUES),
    numbers=shown([f"S{number:04}" for number in range(6)]),
    pairs=shown(PAIRS),
)


def odds(came: Resemblance, name: str) -> float:
    return next(each.probability for each in came.hypotheses if each.id == name) / came.unknown


@given(lores(), observations)
def test_probabilities_add_up_and_unknown_is_never_ruled_out(lore: Lore, seen: Observed) -> None:
    came = weigh(seen, lore)
    assert came.unknown > 0
    whole = came.unknown + sum(each.probability for each in came.hypotheses)
    assert whole == pytest.approx(1)


@examples(100)
@given(lores(), observations, st.sampled_from(TECHNIQUES))
def test_a_technique_a_set_is_not_known_for_never_raises_it(
    lore: Lore, seen: Observed, more: str
) -> None:
    before = weigh(seen, lore)
    after = weigh(replace(seen, techniques={**seen.techniques, more: ()}), lore)
    for name, actor in lore.actors.items():
        if more not in actor.techniques:
            assert odds(after, name) <= odds(before, name) * (1 + 1e-9)


@examples(100)
@given(lores(), observations, st.integers(0, 5))
def test_a_tool_a_set_is_not_known_to_have_never_raises_it(
    lore: Lore, seen: Observed, more: int
) -> None:
    if any(TOOLS[more] == each.tool for each in lore.deliveries):
        seen = replace(seen, pairs={})  # naming a tool settles what a pair left open
    before = weigh(seen, lore)
    after = weigh(replace(seen, numbers={**seen.numbers, f"S{more:04}": ()}), lore)
    for name, actor in lore.actors.items():
        if TOOLS[more] not in actor.tools:
            assert odds(after, name) <= odds(before, name) * (1 + 1e-9)


@given(lores(), shown(TECHNIQUES))
def test_techniques_alone_never_raise_anybody_over_the_start(
    lore: Lore, ways: dict[str, tuple[str, ...]]
) -> None:
    start, came = weigh(Observed(), lore), weigh(Observed(techniques=ways), lore)
    assert came.told == ()
    for name in lore.actors:
        assert odds(came, name) <= odds(start, name) * (1 + 1e-9)


@given(lores(), observations, st.randoms())
def test_order_changes_nothing(lore: Lore, seen: Observed, chance: st.DataObject) -> None:
    def mixed(table: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        items = list(table.items())
        chance.shuffle(items)  # type: ignore[attr-defined]
        return dict(items)

    other = Observed(
        techniques=mixed(dict(seen.techniques)),
        numbers=mixed(dict(seen.numbers)),
        pairs=mixed(dict(seen.pairs)),
    )
    sets = mixed(dict(lore.actors))  # type: ignore[arg-type]
    assert weigh(other, replace(lore, actors=sets)) == weigh(seen, lore)  # type: ignore[arg-type]


@given(lores(), observations)
def test_the_lines_of_a_set_multiply_to_what_moved_its_odds(lore: Lore, seen: Observed) -> None:
    start, came = weigh(Observed(), lore), weigh(seen, lore)
    for each in came.hypotheses:
        moved = 1.0
        for line in each.lines:
            moved *= line.factor
        assert odds(came, each.id) == pytest.approx(odds(start, each.id) * moved)
