import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.exchange.taxii.cursor import seal, unseal
from sidelight.exchange.taxii.message import Refused

KEY = b"k" * 32


@given(st.integers(-(1 << 62), 1 << 62), st.binary(max_size=40))
def test_a_cursor_gives_back_where_the_page_ended(instant: int, bound: bytes) -> None:
    assert unseal(seal(instant, bound, KEY), bound, KEY) == instant


@given(st.integers(0, 1 << 62), st.integers(0, 31), st.sampled_from("AQgw_-=+/ é"))
def test_a_cursor_with_one_character_changed_is_refused(
    instant: int, place: int, letter: str
) -> None:
    cursor = seal(instant, b"filter", KEY)
    forged = cursor[:place] + letter + cursor[place + 1 :]
    if forged == cursor:
        return
    with pytest.raises(Refused) as refused:
        unseal(forged, b"filter", KEY)
    assert refused.value.status == 400


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "é", "A" * 10_000])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Refused):
        unseal(cursor, b"", KEY)


def test_a_cursor_is_bound_to_its_filter_and_its_server() -> None:
    cursor = seal(5, b"one filter", KEY)
    for bound, key in ((b"another filter", KEY), (b"one filter", b"q" * 32)):
        with pytest.raises(Refused):
            unseal(cursor, bound, key)
