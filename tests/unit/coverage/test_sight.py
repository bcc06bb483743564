import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidelight.coverage import BlindSpot
from sidelight.coverage.sight import blind_spots
from sidelight.findings.hits import COUNTS
from sidelight.schema import NO_TIME

SYSMON = "Microsoft-Windows-Sysmon/Operational"
LOAD, THREAD, LOGON = (SYSMON, "7"), (SYSMON, "8"), ("Security", "4624")
DAY = range(24)
Row = tuple[str, tuple[str, str], int, int]


def spots(*rows: Row, product: str = "windows", category: str = "") -> tuple[BlindSpot, ...]:
    """Blind spots of (host, (channel, event id), hour, events)."""
    full = [
        ("a.evtx", host, product, channel, event_id, category, hour, 0, events)
        for host, (channel, event_id), hour, events in rows
    ]
    columns = [list(column) for column in zip(*full, strict=True)] if full else [[]] * 9
    return blind_spots(pa.table(columns, names=COUNTS.names).cast(COUNTS))


def of(found: tuple[BlindSpot, ...], role: str) -> list[tuple[object, ...]]:
    return [(spot.hosts, spot.stretches) for spot in found if role in spot.roles]


def hours(host: str, what: tuple[str, str], some: object = DAY, events: int = 5) -> list[Row]:
    return [(host, what, hour, events) for hour in some]  # type: ignore[attr-defined]


def test_a_host_that_never_had_the_source_is_one_spot() -> None:
    found = spots(*hours("h", LOGON))
    assert of(found, "load") == [(("h",), ())]
    (spot,) = found
    assert {"sideload.load", "memory.thread-unbacked"} <= set(spot.analytics)
    assert spot.events == 24 * 5


def test_hosts_with_the_same_gaps_stand_together() -> None:
    rows = [row for n in range(300) for row in hours(f"h{n:03}", LOGON, range(3))]
    (spot,) = spots(*rows)
    assert len(spot.hosts) == 300


def test_hours_without_a_steady_source_are_blind() -> None:
    seen = [hour for hour in DAY if not 3 <= hour < 9]
    found = spots(*hours("h", LOGON), *hours("h", LOAD, seen))
    assert of(found, "load") == [(("h",), ((3, 8),))]
    blind = next(spot for spot in found if spot.stretches)
    assert (blind.events, blind.hours) == (6 * 5, 6)


def test_hours_in_which_the_host_was_off_are_not_blind() -> None:
    seen = [hour for hour in DAY if not 3 <= hour < 9]
    assert of(spots(*hours("h", LOGON, seen), *hours("h", LOAD, seen)), "load") == []


def test_an_hour_off_parts_no_stretch() -> None:
    dark = [3, 4, 5, 7, 8, 9]
    seen = [hour for hour in DAY if hour not in {*dark, 6}]
    found = spots(*hours("h", LOGON, [*seen, *dark]), *hours("h", LOAD, seen))
    assert of(found, "load") == [(("h",), ((3, 9),))]


def test_a_few_quiet_hours_are_chance() -> None:
    seen = [hour for hour in DAY if hour % 3]
    assert of(spots(*hours("h", LOGON), *hours("h", LOAD, seen)), "load") == []


def test_a_source_that_ends_early_leaves_the_rest_blind() -> None:
    found = spots(*hours("h", LOGON, range(48)), *hours("h", LOAD, range(20)))
    assert of(found, "load") == [(("h",), ((20, 47),))]


def test_a_rare_source_is_there_while_its_log_is() -> None:
    rows = [*hours("h", LOGON), *hours("h", LOAD), *hours("h", THREAD, [2])]
    assert of(spots(*rows), "thread") == []
    cut = [row for row in rows if row[1][0] != SYSMON or row[2] < 14]
    assert of(spots(*cut), "thread") == [(("h",), ((14, 23),))]


def test_one_of_several_sources_is_enough() -> None:
    share = ("Security", "5145")
    assert of(spots(*hours("h", share)), "write") == []
    assert of(spots(*hours("h", LOGON)), "write") != []


def test_sources_without_a_time_are_there_but_in_no_hour() -> None:
    rows = [*hours("h", LOGON), ("h", LOAD, NO_TIME, 3)]
    assert of(spots(*rows), "load") == []


def test_hosts_of_other_systems_are_not_asked_for_what_they_cannot_have() -> None:
    assert spots(*hours("med-1", ("auditd", "")), product="linux") == ()


def test_a_category_makes_a_source_where_a_channel_does_not() -> None:
    rows = hours("h", ("", ""))
    assert of(spots(*rows, category="image_load"), "load") == []
    assert of(spots(*rows, category="network_connection"), "load") != []


def test_a_host_spelled_in_two_ways_is_one() -> None:
    found = spots(*hours("WS1.corp", LOGON), *hours("ws1.corp", LOAD))
    assert of(found, "load") == []
    assert {host for spot in found for host in spot.hosts} == {"WS1.corp"}


def test_nothing_read_is_no_spot() -> None:
    assert spots() == ()


def _slow(seen: set[int], active: set[int]) -> set[int]:
    """Rule 2, word by word."""
    if not seen:
        return active
    absent, dark = 1 - len(seen) / (len(active) + 1), set[int]()
    run: list[int] = []
    for hour in [*sorted(active), None]:
        if hour is not None and hour not in seen:
            run.append(hour)
            continue
        if run and absent ** len(run) < 0.001:
            dark.update(run)
        run = []
    return dark


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 60), st.integers(1, 9))
def test_blind_hours_are_as_the_rule_has_them(
    hours_of_host: int, begin: int, length: int, every: int
) -> None:
    """A source that is there in all hours but a stretch, and every so many hours."""
    active = set(range(100, 100 + hours_of_host))
    stretch = range(100 + begin, 100 + begin + length)
    seen = {hour for hour in active if hour not in stretch and (hour % every or every == 1)}
    rows = [*hours("h", ("Other", "1"), sorted(active)), *hours("h", LOAD, sorted(seen))]
    found = [spot for spot in spots(*rows) if "load" in spot.roles]
    if not seen:
        assert [spot.stretches for spot in found] == [()]
        return
    got = {h for s in found for a, b in s.stretches for h in active if a <= h <= b}
    assert got == _slow(seen, active)


@pytest.mark.parametrize(("present", "blind"), [(10, False), (11, True)])
def test_the_limit_of_chance_is_one_in_a_thousand(present: int, *, blind: bool) -> None:
    """Half of the hours have the source: 9 without are 1 in 512, 10 are 1 in 1,024."""
    active, seen = range(2 * present - 1), range(present)
    found = of(spots(*hours("h", LOGON, active), *hours("h", LOAD, seen)), "load")
    assert found == ([(("h",), ((11, 20),))] if blind else [])


def test_a_source_is_missed_though_its_log_goes_on() -> None:
    seen = [hour for hour in DAY if not 3 <= hour < 9]
    rows = [*hours("h", (SYSMON, "1")), *hours("h", LOAD, seen)]
    assert of(spots(*rows), "load") == [(("h",), ((3, 8),))]


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_rows_does_not_matter(order: int) -> None:
    rows = [*hours("b", LOGON), *hours("a", LOGON), *hours("a", LOAD, range(9))]
    assert spots(*rows[::order]) == spots(*rows)


def test_what_a_dump_shows_is_no_log() -> None:
    shown = ("sidelight-host", "")
    assert spots(*hours("h", shown), category="image_load") == ()
    with_log = [*hours("h", LOGON), *hours("h", shown)]
    assert of(spots(*with_log, category="image_load"), "load") == [(("h",), ())]
