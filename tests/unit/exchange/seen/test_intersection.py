import random

import pytest

from sidelight.errors import UsageError
from sidelight.exchange.seen import intersection

pytestmark = pytest.mark.skipif(bool(intersection.missing()), reason=intersection.missing())


def asked(have: list[str], ask: list[str], fill: list[str] | None = None) -> list[str]:
    theirs, mine = intersection.new_key(asks=False), intersection.new_key(asks=True)
    setup = intersection.setup(theirs, have, fill or [])
    reply = intersection.answer(theirs, intersection.question(mine, ask))
    return intersection.hits(mine, ask, setup, reply)


@pytest.mark.parametrize("seed", range(6))
def test_the_answer_is_the_intersection_in_the_order_of_the_question(seed: int) -> None:
    chance = random.Random(seed)
    pool = [f"ipv4:192.0.2.{each}" for each in range(200)]
    have, ask = chance.sample(pool, chance.randrange(1, 90)), chance.sample(pool, 60)
    fill = [f"{chance.getrandbits(256):x}" for _ in range(30)]
    assert asked(have, ask, fill) == [each for each in ask if each in {*have}]


@pytest.mark.parametrize("count", [1, 2, 3, 8, 512])
def test_sets_of_any_size_can_be_prepared(count: int) -> None:
    have = [str(each) for each in range(count)]
    assert asked(have, ["x", "0"]) == ["0"]


def test_nothing_and_everything() -> None:
    assert asked(["a", "b"], ["c"]) == []
    assert asked(["a", "b"], ["b", "a"]) == ["b", "a"]


def test_the_size_of_a_question_is_what_is_counted() -> None:
    key = intersection.new_key(asks=True)
    assert intersection.asked(intersection.question(key, ["a", "b", "c"])) == 3


def test_a_question_says_nothing_twice() -> None:
    """The same values under another key have nothing in common."""
    one, other = (
        intersection.question(intersection.new_key(asks=True), ["a", "b"]) for _ in range(2)
    )
    assert one != other


def test_what_is_no_question_or_no_answer_is_said() -> None:
    theirs, mine = intersection.new_key(asks=False), intersection.new_key(asks=True)
    setup = intersection.setup(theirs, ["a"], [])
    with pytest.raises(UsageError):
        intersection.asked(b"\xff\xff\xff")
    with pytest.raises(UsageError, match="no question"):
        intersection.answer(theirs, b"\x08\x01\x12\x02xx")
    reply = intersection.answer(theirs, intersection.question(mine, ["a"]))
    with pytest.raises(UsageError, match="other parts"):
        intersection.hits(mine, ["a", "b"], setup, reply)
    with pytest.raises(UsageError):
        intersection.hits(mine, ["a"], b"\xff", reply)
    with pytest.raises(UsageError):
        intersection.hits(mine, ["a"], setup, b"\xff")


def test_an_answer_under_a_later_key_hits_nothing() -> None:
    theirs, mine = intersection.new_key(asks=False), intersection.new_key(asks=True)
    setup = intersection.setup(theirs, ["a"], [])
    later = intersection.answer(
        intersection.new_key(asks=False), intersection.question(mine, ["a"])
    )
    assert intersection.hits(mine, ["a"], setup, later) == []
