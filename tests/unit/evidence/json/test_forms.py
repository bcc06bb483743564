"""Objects sorted by how they are built."""

import pytest

from sidelight.evidence.json.forms import MAX_LEAVES, MAX_REMEMBERED, Forms, Object


def numbers(objects: list[Object]) -> list[list[int]]:
    return sorted(alike.numbers for alike in Forms().sort(objects))


def test_names_and_types_tell_objects_apart() -> None:
    objects: list[Object] = [{"a": 1}, {"a": 2}, {"a": "x"}, {"b": 1}, {"a": None}, {}, {"a": True}]
    assert numbers(objects) == [[0, 1], [2], [3], [4], [5], [6]]


def test_so_do_those_of_objects_inside() -> None:
    objects: list[Object] = [
        {"a": {"b": 1}, "c": {"d": 1}},
        {"a": {"b": 2}, "c": {"d": "x"}},
        {"a": {"b": 3}, "c": {"d": 2}},
        {"a": {"b": {"e": 1}}, "c": {"d": 2}},
    ]
    assert numbers(objects) == [[0, 2], [1], [3]]


def test_parts_lie_beside_each_other() -> None:
    objects: list[Object] = [{"Channel": "A", "EventID": {"#text": n}} for n in range(2)]
    (alike,) = Forms().sort(objects)
    assert alike.parts == [objects, [{"#text": 0}, {"#text": 1}]]
    assert alike.layout is not None
    assert [(leaf.path, leaf.part) for leaf in alike.layout.event_id] == [("EventID", 1)]


@pytest.mark.parametrize(
    "odd",
    [
        {"x": {"@Name": "Image", "#text": "i"}},
        {"x": {"Name": "Image", "#text": "i"}},
        {"x": {"y": 1}, "x.y": 2},
        {"x\0": 1},
        {f"n{number}": 1 for number in range(MAX_LEAVES)},
    ],
    ids=["named", "named by its text", "twice", "separator", "endless"],
)
def test_what_is_rare_has_no_layout(odd: Object) -> None:
    event: Object = {"Channel": "A", "EventID": 1}
    layouts = [alike.layout for alike in Forms().sort([event, event | odd])]
    assert [layout is None for layout in layouts] in ([True, False], [False, True])


def test_names_do_not_fill_the_memory() -> None:
    forms = Forms()
    for first in range(0, MAX_REMEMBERED // 1000, 10):
        objects: list[Object] = [
            {f"{number}.{place}": 1 for place in range(1000)} for number in range(first, first + 10)
        ]
        assert sum(len(alike.numbers) for alike in forms.sort(objects)) == 10
    assert forms.remembered <= MAX_REMEMBERED + 30_000
