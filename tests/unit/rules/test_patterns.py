import pyarrow as pa
import pyarrow.compute as pc
import pytest

from sidelight.rules.expr import Wild
from sidelight.rules.patterns import fold, folded, joined, literal, parse

ANY, ONE = Wild.ANY, Wild.ONE


def test_folding_is_that_of_the_columns_for_every_code_point() -> None:
    points = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]
    lowered = pc.utf8_lower(pa.array(points, pa.string())).to_pylist()
    assert fold("".join(points)) == "".join(lowered)
    assert {len(text) for text in lowered} == {1}


def test_folding_looks_at_no_neighbours() -> None:
    assert fold("Ω\N{GREEK CAPITAL LETTER SIGMA}") == "ω\N{GREEK SMALL LETTER SIGMA}"
    assert fold("İ") == "i"
    assert fold("ABC") == "abc"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", ()),
        ("abc", ("abc",)),
        ("*", (ANY,)),
        ("**", (ANY,)),
        ("*?*", (ANY, ONE, ANY)),
        ("a*b?", ("a", ANY, "b", ONE)),
        (r"a\b", ("a\\b",)),
        (r"a\\b", ("a\\b",)),
        (r"a\\\b", (r"a\\b",)),
        (r"a\\\\b", (r"a\\b",)),
        (r"a\*", ("a*",)),
        (r"a\\*", ("a\\", ANY)),
        (r"a\\\*", ("a\\*",)),
        (r"a\\\\*", (r"a\\", ANY)),
        ("a\\", ("a\\",)),
    ],
)
def test_only_wildcards_and_backslashes_are_escaped(text: str, tokens: tuple[object, ...]) -> None:
    assert parse(text) == tokens


def test_equal_patterns_have_one_form() -> None:
    assert joined(["a", "", "b", ANY, ANY, "", ANY]) == ("ab", ANY)


def test_folding_spares_wildcards() -> None:
    assert folded(("AB", ANY, "C")) == ("ab", ANY, "c")


def test_only_a_pattern_without_wildcards_is_literal() -> None:
    assert [literal(()), literal(("a",)), literal(("a", ANY)), literal((ONE,))] == [
        "",
        "a",
        None,
        None,
    ]
