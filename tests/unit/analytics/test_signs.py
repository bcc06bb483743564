import re

from sidelight.analytics import MEDIUM, script
from sidelight.analytics.signs import GROUP_POINTS, GROUPS, LOADERS, SIGNS, WORDS


def test_ids_are_distinct_and_words_are_folded() -> None:
    assert len({sign.id for sign in SIGNS}) == len(SIGNS)
    assert all(word == word.lower() for word in WORDS)
    assert all(sign.words for sign in SIGNS)


def test_every_expression_is_one_for_both_engines() -> None:
    for sign in SIGNS:
        for pattern in filter(None, (sign.pattern, sign.beside, sign.without)):
            assert script.gate(pattern).search(b"") is None
            assert script.search(pattern, "\u0101", "\u0101".encode()) == ""
            assert re.compile(pattern, re.ASCII)


def test_what_administrators_do_as_well_is_weak_by_itself() -> None:
    weak = {"cradle", "packed-script", "scan-bypass", "dynamic-assembly", "assembly-load"}
    for sign in SIGNS:
        if sign.id in weak:
            assert sign.points < MEDIUM
    cradle = {sign.id: sign.points for sign in SIGNS}
    assert cradle["cradle"] + cradle["scan-bypass"] < MEDIUM


def test_functions_of_one_group_are_weak_and_of_three_strong() -> None:
    assert len(GROUP_POINTS) == len(GROUPS) + 1
    assert list(GROUP_POINTS) == sorted(GROUP_POINTS)
    assert GROUP_POINTS[1] < MEDIUM < GROUP_POINTS[3]


def test_every_loader_has_a_source() -> None:
    assert all(source for _, source in LOADERS)
