"""Who sees what, held against the rules written down another way, over many alliances."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from policy_oracle import LADDER, NOW, alliances, readers, shared
from sidelight.exchange import policy
from sidelight.exchange.alliance import Alliances, Circle, Organisation
from sidelight.exchange.policy import decide
from sidelight.intel.markings import Marking

CASES = 20_000


def disagreements(cases: int) -> int:
    chance, found = random.Random(20_261_130), 0
    for _ in range(cases):
        world = alliances(chance)
        item = shared(chance, world)
        wanted = set(readers(item, world))
        for name in [*world.organisations, "stranger", ""]:
            verdict = decide(item, name, world, "objects", now=NOW)
            assert verdict.rule
            assert verdict.why
            found += verdict.allow is not (name in wanted)
    return found


def test_nobody_sees_more_or_less_than_the_rules_say() -> None:
    assert disagreements(CASES) == 0


@pytest.mark.parametrize(
    "bug",
    [
        "clients see amber+strict",
        "ceilings are one too high",
        "the border is open",
        "joiners see the past",
    ],
)
def test_the_oracle_sees_a_bug(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these is the smallest slip of its kind; the oracle is no use if one goes unseen."""
    match bug:
        case "clients see amber+strict":
            standings = policy._standings

            def wider(
                marking: Marking, to: Organisation, circle: Circle, world: Alliances
            ) -> Iterator[tuple[policy.Standing, int]]:
                looser: Marking = "amber" if marking == "amber+strict" else marking
                return standings(looser, to, circle, world)

            monkeypatch.setattr(policy, "_standings", wider)
        case "ceilings are one too high":
            monkeypatch.setattr(
                policy,
                "reaches",
                lambda ceiling, marking: LADDER.index(marking) <= LADDER.index(ceiling) + 1,
            )
        case "the border is open":
            monkeypatch.setattr(policy, "_is_lawful", lambda circle, now: bool(circle.legal_basis))
        case "joiners see the past":
            monkeypatch.setattr(policy, "_past", lambda circle, joined: joined - 1)
    assert disagreements(2000) > 0


def test_an_empty_audience_is_nobody_whatever_the_marking() -> None:
    chance = random.Random(5)
    for _ in range(500):
        world = alliances(chance)
        item = shared(chance, world)
        empty = replace(item, terms=replace(item.terms, audience=frozenset({"gone"})))
        for name in world.organisations:
            verdict = decide(empty, name, world, "stream", now=NOW)
            assert not verdict.allow or name == empty.terms.owner
