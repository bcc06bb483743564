import pyarrow as pa
import pytest

from sample_run import BLIND, NOTE, SYSMON, counts, gaps, loaded, run
from sidelight.coverage import BlindRule, Coverage, Loaded, Technique, build, explain_zero
from sidelight.findings.hits import COUNTS
from sidelight.schema import NO_TIME, Gap

NOTHING = Loaded((), ())


def table(*rows: tuple[str, str, str, str, str, int, int, int]) -> pa.Table:
    whole = [(*row[:5], "", *row[5:]) for row in rows]
    columns = [list(column) for column in zip(*whole, strict=True)] if rows else [[]] * 9
    return pa.table(columns, names=COUNTS.names).cast(COUNTS)


def of(*rows: tuple[str, str, int, int]) -> Coverage:
    """Coverage of (host, channel, hour, events)."""
    full = [
        ("a.evtx", host, "windows", channel, "1", hour, 0, n) for host, channel, hour, n in rows
    ]
    return build(table(*full), (), NOTHING, ())


def test_events_are_summed_over_event_ids_and_parts() -> None:
    coverage = build(
        table(
            ("a", "h", "windows", "Security", "1", 5, 0, 10),
            ("a", "h", "windows", "Security", "2", 5, 0, 1),
            ("b", "h", "windows", "Security", "1", 5, 1, 100),
            ("b", "h", "windows", "Security", "1", NO_TIME, 1, 7),
        ),
        (),
        NOTHING,
        (),
    )
    (stream,) = coverage.streams
    assert (stream.hours, stream.untimed, stream.events) == (((5, 111),), 7, 118)
    assert [(s.name, s.events, s.first_hour, s.last_hour) for s in coverage.sources] == [
        ("a", 11, 5, 5),
        ("b", 107, 5, 5),
    ]
    assert coverage.events == 118
    assert coverage.span == (5, 5)


def test_a_source_without_times_has_no_first_hour() -> None:
    (source,) = of(("h", "c", NO_TIME, 3)).sources
    assert (source.first_hour, source.last_hour, source.events) == (None, None, 3)
    assert of(("h", "c", NO_TIME, 3)).span is None


@pytest.mark.parametrize(
    ("neighbours", "silent"),
    [
        ([], ()),
        ([("h", "other", 3)], ((3, 3),)),
        ([("g", "c", 3), ("h", "other", 4), ("g", "c", 6)], ((3, 6),)),
        ([("g", "other", 3)], ()),
        ([("g", "c", 1), ("g", "c", 9)], ()),
        ([("g", "c", 2), ("g", "c", 8)], ()),
    ],
    ids=["none", "same host", "runs", "unrelated", "outside", "at the ends"],
)
def test_a_channel_is_silent_where_only_its_neighbours_speak(
    neighbours: list[tuple[str, str, int]], silent: tuple[tuple[int, int], ...]
) -> None:
    own = [("h", "c", hour, 90) for hour in (0, 1, 2, 8, 9, 10)]
    coverage = of(*own, *((*key, 1) for key in neighbours))
    assert next(s.silent for s in coverage.streams if (s.host, s.channel) == ("h", "c")) == silent


def test_the_order_and_repetition_of_what_goes_in_does_not_matter() -> None:
    blind = [BlindRule("b", "x", "no-field", ("F",)), BlindRule("a", "x", "no-log-source")]
    once = build(counts(), gaps(), loaded(), blind)
    reversed_rows = counts().take(list(reversed(range(counts().num_rows))))
    again = build(reversed_rows, [*reversed(gaps()), *gaps()], loaded(), [*reversed(blind), *blind])
    assert once == again


def test_gaps_without_and_with_a_number_of_events_sort() -> None:
    some = [Gap("a", 0, "damaged", "x", None), Gap("a", 0, "damaged", "x", 3)]
    assert len(build(counts(), some, NOTHING, ()).gaps) == 2


def test_blind_rules_are_grouped_the_largest_group_first() -> None:
    blind = [
        BlindRule("1", "windows dns", "no-log-source"),
        BlindRule("3", "linux file", "no-log-source"),
        BlindRule("2", "linux file", "no-log-source"),
        BlindRule("4", "linux file", "no-field", ("X",)),
    ]
    coverage = build(counts(), (), loaded(), blind)
    assert [(g.reason, g.logsource, g.rules) for g in coverage.blind] == [
        ("no-field", "linux file", ("4",)),
        ("no-log-source", "linux file", ("2", "3")),
        ("no-log-source", "windows dns", ("1",)),
    ]
    assert coverage.blind_rules == 4


def test_a_technique_counts_the_rules_that_could_see_it() -> None:
    coverage = build(counts(), (), loaded(), [BlindRule(BLIND.id, "dns", "no-log-source")])
    by_id = {technique.id: technique for technique in coverage.techniques}
    assert by_id["T1071.004"] == Technique("T1071.004", ("command-and-control",), 1, 0)
    both = ("persistence", "privilege-escalation")
    assert by_id["T1543.003"] == Technique("T1543.003", both, 1, 1)
    assert NOTE.tags


def test_lost_evidence_and_duplicates_are_told_apart() -> None:
    coverage = run().coverage
    assert [gap.reason for gap in coverage.lost] == ["damaged"]
    assert [gap.reason for gap in coverage.duplicates] == ["duplicate"]
    assert SYSMON in {stream.channel for stream in coverage.streams if stream.silent}


def test_something_found_needs_no_excuse() -> None:
    assert explain_zero(run().coverage, 1) == ()


def test_a_zero_over_nothing_read_says_so() -> None:
    assert explain_zero(build(table(), (), loaded(), ()), 0) == ("No event was read.",)
    foreign = [Gap("a.txt", 0, "foreign", "no log")]
    assert explain_zero(build(table(), foreign, loaded(), ()), 0) == (
        "No event was read: 1 file and none of them an event log.",
    )


def test_a_zero_without_rules_says_so() -> None:
    assert explain_zero(of(("h", "c", 1, 1)), 0) == ("No rule was run, so nothing could be found.",)


def test_a_zero_that_no_rule_could_have_changed_is_called_worthless() -> None:
    blind = [BlindRule(name, "x", "no-log-source") for name in loaded().ids]
    said = explain_zero(build(counts(), (), loaded(), blind), 0)
    assert said[0].endswith("this zero says nothing about the hosts.")


def test_a_zero_names_blind_rules_refusals_losses_and_silence() -> None:
    assert explain_zero(run(0).coverage, 0) == (
        "29,445 events were read and 6 of 7 rules could have matched; none did.",
        "1 rule had no log source to look at: windows dns_query (1).",
        "Analytics of sideloading and memory lacked these events: image-load (2 hosts), "
        "remote-thread (2 hosts).",
        "1 rule could not be run as written.",
        "Evidence was lost in 1 file, at least 12 events: it may hide what is missing.",
        "1 channel is silent for hours in which others were not: quiet, switched off or cleared.",
    )
