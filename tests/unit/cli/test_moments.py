"""Times as people write them."""

import time

import pytest

from sidelight.cli.moments import moment, seconds
from sidelight.errors import UsageError


def test_a_time_a_day_and_how_long_ago_are_understood() -> None:
    assert moment("", "--since") is None
    assert moment("1970-01-02", "--since") == 86_400_000_000
    assert moment("1970-01-01T00:00:01Z", "--since") == 1_000_000
    for text, ago_s in (("90min", 5_400), ("2h", 7_200), ("7d", 604_800)):
        found = moment(text, "--since")
        assert found is not None
        assert abs(found / 1_000_000 + ago_s - time.time()) < 60


@pytest.mark.parametrize("text", ["now", "2026-02-30", "2026-11-30T25:00:00Z", "h", "2 h", "٢h"])
def test_what_is_no_time_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(UsageError, match=r"--since: .* is no time \(write 2026-11-30T09:00:00Z"):
        moment(text, "--since")


def test_an_instant_is_spelled_to_the_second() -> None:
    assert seconds(1_800_000_000_999_999) == "2027-01-15T08:00:00Z"
