from dataclasses import replace

from sample_run import findings
from sidelight.output.details import LONGEST, joined, split, titles


def test_the_fields_that_tell_the_story_come_apart_from_the_rest() -> None:
    event = findings()[0].evidence[0]
    told, rest = split(event)
    assert list(told) == ["Image", "ImageLoaded", "Signed", "Hashes"]
    assert "UtcTime" in rest
    assert {**told, **rest}.keys() == (event.fields or {}).keys()


def test_an_event_of_an_unknown_kind_tells_its_first_fields() -> None:
    fields: dict[str, str | list[str]] = {f"f{n}": [str(n), "x"] for n in range(10)}
    told, rest = split(replace(findings()[0].evidence[0], channel="odd", fields=fields))
    assert (len(told), len(rest), told["f0"]) == (8, 2, "0, x")
    assert split(replace(findings()[0].evidence[0], fields=None)) == ({}, {})


def test_details_are_one_bounded_line() -> None:
    assert joined({"A": "1", "B": "", "C": "3"}) == "A: 1 ¦ C: 3"
    assert len(joined({"A": "x" * 40_000})) == LONGEST


def test_an_event_is_titled_by_its_rules_else_by_its_finding() -> None:
    finding = findings()[0]
    assert titles(finding, finding.evidence[0]) == (finding.rules[0].title,)
    assert titles(finding, replace(finding.evidence[0], rules=())) == (finding.title,)
