from hypothesis import given
from hypothesis import strategies as st

from sidelight.exchange.instants import order, read, show


@given(st.integers(0, 253_402_300_799_999_999))
def test_what_is_shown_is_read(instant: int) -> None:
    assert read(show(instant)) == instant


@given(st.integers(0, 10**9), st.text("0123456789", min_size=1, max_size=12), st.integers(0, 5))
def test_order_is_that_of_instants_whatever_the_precision(
    second: int, digits: str, zeros: int
) -> None:
    whole = show(second * 1_000_000)[:19]
    key = order(f"{whole}.{digits}Z")
    assert key == order(f"{whole}.{digits}{'0' * zeros}Z")
    assert key is not None
    later = order(f"{whole}.{digits}1Z")
    assert later is not None
    assert key < later


def test_what_is_no_timestamp_has_no_order() -> None:
    for text in ("", "2026", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z"):
        assert order(text) is None
        assert read(text) is None
