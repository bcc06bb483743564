import pytest

from sidelight.output.instants import hour_text, rfc3339, rfc3339_fixed
from sidelight.schema import NO_TIME


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (1_718_071_207_123_456_700, "2024-06-11T02:00:07.1234567Z"),
        (1_718_071_207_100_000_000, "2024-06-11T02:00:07.1Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807Z"),
        (NO_TIME + 1, "1677-09-21T00:12:43.145224193Z"),
        (NO_TIME, None),
    ],
)
def test_a_time_keeps_the_decimals_it_has(time: int, text: str | None) -> None:
    assert rfc3339(time) == text


def test_fixed_decimals_are_cut_not_rounded() -> None:
    assert rfc3339_fixed(999_999_999, 6) == "1970-01-01T00:00:00.999999Z"
    assert rfc3339_fixed(0, 3) == "1970-01-01T00:00:00.000Z"
    assert rfc3339_fixed(NO_TIME, 3) == ""


def test_an_hour_is_spelled_as_its_beginning() -> None:
    assert hour_text(477_240) == "2024-06-11T00:00Z"
    assert hour_text(-1) == "1969-12-31T23:00Z"
