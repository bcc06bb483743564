"""Objects flattened together are what they are one by one."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sidelight.evidence.json.paths import MAX_PATHS, Object, Paths
from sidelight.evidence.json.values import Json, flatten
from sidelight.evidence.rows import cell
from sidelight.schema import Column, decode

NAMES = st.sampled_from(["a", "b", "a.b", "#text", "#attributes", "Name", "@Name", ""])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from([0.0, -0.0, 1.0, 1.5, 2.0**64]),
    st.sampled_from(["", "x", "1", "true"]),
)
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(NAMES, VALUES, max_size=4), max_size=6)


def flattened(objects: list[Object], at: int) -> dict[int, dict[str, str]]:
    """Flatten *objects* in two goes; rows that were left are not there."""
    paths, count = Paths(), len(objects)
    for begin, end in ((0, at), (at, count)):
        paths.add(np.arange(begin, end), objects[begin:end])
    left = {row for rows in paths.left for row in rows.tolist()}
    found: dict[int, dict[str, str]] = {row: {} for row in range(count)}
    for path, cells in paths.cells.items():
        codes, twice = cells.codes_of(count)
        left |= set(twice.tolist())
        for row, text in enumerate(decode(Column(codes, cells.texts()))):
            if text is not None:
                found[row][path] = text
    return {row: fields for row, fields in found.items() if row not in left}


@settings(max_examples=500, deadline=None)
@given(OBJECTS, st.integers(0, 6))
@example([{"a": True}, {"a": 1}, {"a": 1.0}, {"a": "1"}], 2)
@example([{"a": {"b": 1}, "a.b": 2}], 0)
@example([{"a": {"@Name": "x", "#text": "y"}}, {"a": {"Name": "x", "#text": "y"}}], 1)
@example([{"a": [1, [2]]}, {"a": [{"b": 1}]}, {"a": [1, None, "x"]}, {"a": []}], 1)
def test_many_objects_are_flattened_as_one_is(objects: list[Object], at: int) -> None:
    for row, fields in flattened(objects, min(at, len(objects))).items():
        texts = {path: str(cell(value)) for path, value in flatten(objects[row]).items()}
        assert fields == texts


def test_what_is_plain_is_not_left() -> None:
    objects: list[Object] = [
        {"a": {"b": {"c": 1, "d": "x"}, "e": None}, "f": ["x", 1]},
        {"a": {"b": "y"}, "f": {"#attributes": {"g": True}, "#text": 1.5}},
    ]
    assert flattened(objects, 1) == {
        0: {"a.b.c": "1", "a.b.d": "x", "f": "x\0" + "1"},
        1: {"a.b": "y", "f.g": "true", "f": "1.5"},
    }


def test_endless_paths_are_left() -> None:
    objects: list[Object] = [{f"n{number}": 1} for number in range(MAX_PATHS + 5)]
    paths = Paths()
    paths.add(np.arange(len(objects)), objects)
    assert len(paths.cells) == MAX_PATHS
    assert sum(map(len, paths.left)) == 5
