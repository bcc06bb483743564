import re
from pathlib import Path

import pytest

from sidelight.errors import UsageError
from sidelight.exchange.limits import Allowance, Limits, Meter, read_limits


def test_what_is_left_out_stays_and_an_organisation_begins_from_each() -> None:
    text = """
    [each]
    requests = 2.5
    [organisation."Operator A"]
    streams = 3
    [server]
    connections = 9
    """
    limits = read_limits(text, "limits.toml")
    assert limits.of("nobody") == Allowance(requests=2.5)
    assert limits.of("some id", "Operator A") == Allowance(requests=2.5, streams=3)
    assert (limits.connections, limits.address_requests) == (9, Limits().address_requests)
    assert read_limits("", "x") == Limits()


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "each = 1",
        "[each]\nrequest = 1",
        "[each]\nrequests = 0",
        "[each]\nrequests = -1",
        "[each]\nrequests = nan",
        "[each]\nrequests = inf",
        "[each]\nrequests = true",
        "[each]\nrequests = '1'",
        "[each]\nstreams = 1.5",
        "[organisation]\nA = 1",
        "[server]\nstreams = 1",
        "[others]\nx = 1",
    ],
)
def test_what_is_no_limit_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(UsageError) as error:
        read_limits(text, "limits.toml")
    assert error.value.where == "limits.toml"


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    """Against the plainest count: so many in any stretch of time as burst and rate allow."""
    meter, taken = Meter(), []
    for step in range(400):
        now = step / 8  # which binary numbers can say
        if not meter.wait("a", 2, 5, now):
            meter.take("a", 2, 5, now)
            taken.append(now)
    assert taken[:5] == [0.0, 0.125, 0.25, 0.375, 0.5]
    for number, start in enumerate(taken):
        for further, end in enumerate(taken[number:], 1):
            assert further <= 5 + 2 * (end - start)
    assert len(taken) >= 2 * 49


def test_the_wait_that_is_said_is_long_enough_and_no_longer() -> None:
    meter = Meter()
    meter.take("a", 2, 5, 0, 10)
    wait = meter.wait("a", 2, 5, 0)
    assert wait == 3
    assert meter.wait("a", 2, 5, wait) == 0
    assert meter.wait("a", 2, 5, wait - 0.1) > 0
    assert meter.wait("b", 2, 5, 0) == 0


def test_a_clock_that_goes_back_gives_and_takes_nothing() -> None:
    meter = Meter()
    meter.take("a", 1, 2, 100, 2)
    assert meter.wait("a", 1, 2, 50) == 1


def test_many_keys_are_not_remembered_for_ever() -> None:
    meter = Meter()
    for number in range(20_000):
        meter.take(str(number), 1, 1, 0)
    assert len(meter._left) == 10_000


def test_the_limits_that_the_guide_shows_can_be_read() -> None:
    guide = Path(__file__).parents[3] / "docs" / "how-to" / "run-an-exchange.md"
    (text,) = re.findall(r"```toml\n(\[each\].*?)```", guide.read_text("utf-8"), re.DOTALL)
    limits = read_limits(text, "guide")
    assert (limits.each.streams, limits.of("Operator A").requests) == (16, 500)
