"""What a coalition can tell of others from tables: all small worlds, tried one by one."""

import itertools
from collections import defaultdict
from collections.abc import Callable

import pytest

from sidelight.exchange.seen import prevalence
from sidelight.exchange.seen.prevalence import DAY, closed, day_of, table, told, too_few

World = tuple[bool, ...]
Tell = Callable[[int, int, int], int | None]


def singled_out(members: int, least: int, coalition: int, tell: Tell = told) -> set[str]:
    """Say what the first *coalition* members can be sure of about another, from two tables.

    A coalition knows its own reports, and the answers; whatever worlds agree with that may be.
    """
    worlds = list(itertools.product((False, True), repeat=members))
    views: dict[object, list[tuple[World, World]]] = defaultdict(list)
    for before, after in itertools.product(worlds, repeat=2):
        answers = [tell(sum(each), members, least) for each in (before, after)]
        views[before[:coalition], after[:coalition], *answers].append((before, after))
    found = set()
    for view, possible in views.items():
        shown = [each for each in view[2:] if each is not None]  # type: ignore[index]
        for who in range(coalition, members):
            if len({after[who] for _, after in possible}) == 1:
                found.add(f"has seen it: {possible[0][1][who]}, {bool(shown)}")
            changes = {(before[who], after[who]) for before, after in possible}
            if len(changes) == 1:
                found.add(f"came or went: {changes}")
    return found


@pytest.mark.parametrize(
    ("members", "least", "coalition"), [(5, 3, 0), (5, 3, 1), (6, 3, 1), (7, 4, 2), (7, 4, 1)]
)
def test_no_small_coalition_singles_anybody_out(members: int, least: int, coalition: int) -> None:
    assert singled_out(members, least, coalition) == set()


def test_the_oracle_sees_a_threshold_of_one_a_count_of_all_and_a_count_of_none() -> None:
    def counted(count: int, members: int, least: int) -> int | None:
        return count

    def uncapped(count: int, members: int, least: int) -> int | None:
        return count if count >= least else None

    assert singled_out(5, 3, 0, counted)
    assert singled_out(5, 3, 1, uncapped)


def test_larger_coalitions_are_not_promised_anything_and_do_learn() -> None:
    """As the document says: least - 1 members who join hands see one more arrive."""
    assert told(2, 7, 3) is None
    assert told(3, 7, 3) == 3


@pytest.mark.parametrize("least", [3, 5])
def test_one_member_more_or_less_shows_only_at_a_multiple(least: int) -> None:
    members = 40
    changes = [
        count
        for count in range(members)
        if told(count, members, least) != told(count + 1, members, least)
    ]
    assert all((count + 1) % least == 0 for count in changes)
    assert len(changes) <= members // least
    assert told(least - 1, members, least) is None
    assert told(least, members, least) == least
    assert told(members, members, least) <= members - (least - 1)  # type: ignore[operator]


def test_so_few_members_that_nothing_can_be_told_are_said() -> None:
    assert "need 9" in too_few(8, 5)
    assert too_few(9, 5) == ""
    assert all(told(count, 8, 5) is None for count in range(9))
    assert told(9, 9, 5) == 5


def test_a_table_counts_each_member_once_among_those_who_report() -> None:
    pairs = [("t", each) for each in "ABCC"] + [("u", each) for each in "AB"] + [("v", "D")]
    assert table(pairs, 3) == {}
    assert table([*pairs, ("v", "E")], 3) == {"t": 3}
    assert prevalence.LEAST == 3


def test_a_day_counts_what_was_there_a_day_before_it_began() -> None:
    now = 20_000 * DAY + 5
    assert day_of(now) == 20_000
    assert closed(day_of(now)) == 19_999 * DAY
