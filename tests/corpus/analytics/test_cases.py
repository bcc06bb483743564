"""Invented cases, from frames to findings: what must be found, what must not, and what is bent."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from random import Random
from typing import Any

import pytest

from analytic_cases import PLACE, conclude_events, is_serious, placed, read_cases, spoken
from sidelight.analytics.catalogue import ANALYTICS
from sidelight.findings.finding import Finding
from sidelight.schema import LEVELS

CASES = read_cases()
FIRES = [case for case in CASES if "fires" in case]
SILENT = [case for case in CASES if "silent" in case]
TWINS = [(case, twin) for case in FIRES for twin in case.get("twins", ())]
CLAIMS: Mapping[str, tuple[str, ...]] = {
    "Signed": ("not signed", "unsigned", "no valid signature", "neither signature", "badly signed"),
    "Signature": ("is signed by", "carries the signature", "others in this folder carry"),
    "SignatureStatus": ("badly signed",),
    "OriginalFileName": ("renamed", "calls itself"),
    "Company": ("does not name its maker",),
    "ImageLoaded": ("loads",),
    "TargetFilename": ("was written into",),
    "AccessMask": ("was written",),
    "StartModule": ("no file is mapped", "users write to"),
    "StartAddress": ("no file is mapped",),
    "StartFunction": ("load a library",),
}
"""What nobody may say when the field is in no event."""


def name_of(case: Any) -> str:
    """Name a case, or a twin of one, for the report of a test."""
    if isinstance(case, tuple):
        return f"{case[0]['name']}, but: {case[1]['about']}"
    return str(case["name"])


def twin_events(case: Mapping[str, Any], twin: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the events of a case with the fields that its twin changes."""
    events = placed(case["events"])
    changed = {**events[twin["event"] - 1], **twin["change"]}
    events[twin["event"] - 1] = {
        name: value for name, value in changed.items() if value is not None
    }
    return events


def gist(findings: Sequence[Finding]) -> list[tuple[str, str, str, int, str]]:
    """Give what must not depend on how the same evidence is told."""
    return [(each.id, each.cls, each.level, each.score, each.story) for each in findings]


@pytest.mark.parametrize("case", FIRES, ids=name_of)
def test_what_must_be_found_is_found_and_says_why(case: Mapping[str, Any]) -> None:
    findings = conclude_events(case["events"])
    for wanted in case["fires"]:
        found = [
            finding
            for finding in findings
            if wanted["analytic"] in {rule.id for rule in finding.rules}
            and finding.cls == wanted["class"]
            and LEVELS.index(finding.level) >= LEVELS.index(wanted["least"])
            and LEVELS.index(finding.level) <= LEVELS.index(wanted.get("most", "critical"))
        ]
        assert found, [(each.title, each.level, each.score, each.reasons) for each in findings]
        text = spoken(found)
        assert [word for word in wanted["says"] if word.lower() not in text] == [], text


@pytest.mark.parametrize("case", SILENT, ids=name_of)
def test_what_is_innocent_stays_under_medium(case: Mapping[str, Any]) -> None:
    loud = [each for each in conclude_events(case["events"]) if is_serious(each)]
    assert [(each.title, each.score, each.reasons) for each in loud] == []


@pytest.mark.parametrize("pair", TWINS, ids=name_of)
def test_a_twin_one_step_away_stays_under_medium(pair: tuple[Any, Any]) -> None:
    loud = [each for each in conclude_events(twin_events(*pair)) if is_serious(each)]
    assert [(each.title, each.score, each.reasons) for each in loud] == []


ELSEWHERE = {"sideload.triad"}
"""Judged by files and not by events: its cases are in tests/unit/analytics/triads."""


@pytest.mark.parametrize("analytic", sorted(ANALYTICS.keys() - ELSEWHERE))
def test_every_analytic_has_cases_for_and_against(analytic: str) -> None:
    """At least two that fire, and three that must not: innocent cases, or twins of the firing."""
    fires = [case for case in FIRES if analytic in {one["analytic"] for one in case["fires"]}]
    silent = [case for case in SILENT if analytic in case["silent"]]
    twins = [twin for case in fires for twin in case.get("twins", ())]
    assert len(fires) >= 2
    assert len(silent) + len(twins) >= 3
    assert silent or len(twins) >= 3


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_field_that_is_missing_is_unknown(case: Mapping[str, Any]) -> None:
    """Nobody claims anything of it, and what is innocent stays so.

    Only who did it may be missed: that an installer did it is what makes it innocent.
    """
    events, innocent = placed(case["events"]), "silent" in case
    names = {name for event in events for name in event if name not in PLACE}
    for name in sorted(names if innocent else names & CLAIMS.keys()):
        without = [{key: text for key, text in each.items() if key != name} for each in events]
        found = conclude_events(without)
        text = spoken(found)
        assert [claim for claim in CLAIMS.get(name, ()) if claim in text] == [], (name, text)
        if innocent and name not in {"Image", "SourceImage"}:
            loud = [each for each in found if is_serious(each)]
            assert [(name, each.title, each.score, each.reasons) for each in loud] == []


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_garbled_fields_break_nothing(case: Mapping[str, Any]) -> None:
    """Every second field holds rubbish, then the others."""
    rubbish = cycle(
        ("", "\u8019\u752f\\Windows\\System32", "-", "&lt;unknown process&gt;", "\\", "?")
    )
    for odd in (0, 1):
        bent = [
            {
                name: text if name in PLACE or number % 2 == odd else next(rubbish)
                for number, (name, text) in enumerate(event.items())
            }
            for event in placed(case["events"])
        ]
        assert all(0 <= each.score <= 100 for each in conclude_events(bent))


@pytest.mark.parametrize("case", FIRES, ids=name_of)
def test_dashes_of_a_new_sysmon_say_what_the_blanks_of_an_old_one_do(
    case: Mapping[str, Any],
) -> None:
    def spelled(dash: str) -> list[tuple[str, str, str, int, str]]:
        return gist(conclude_events([_swapped(event, dash) for event in placed(case["events"])]))

    assert spelled("") == spelled("-")


_BLANK = {"Signature", "StartModule", "StartFunction"}
"""Fields that an old Sysmon leaves empty; others it does not know."""


def _swapped(event: Mapping[str, Any], dash: str) -> dict[str, Any]:
    return {
        name: dash if name in _BLANK and text in {"", "-"} else text for name, text in event.items()
    }


@pytest.mark.parametrize("case", FIRES, ids=name_of)
def test_order_and_repetition_of_events_change_nothing(case: Mapping[str, Any]) -> None:
    events = placed(case["events"])
    shuffled = [*events, *events]
    Random(7).shuffle(shuffled)
    assert conclude_events(shuffled) == conclude_events(events)


@pytest.mark.parametrize("case", FIRES, ids=name_of)
def test_a_log_that_is_there_twice_gives_the_same_findings_once(case: Mapping[str, Any]) -> None:
    events = placed(case["events"])
    copies = [{**event, "source": "copy.evtx"} for event in events]
    both = conclude_events([*events, *copies])
    assert [(f.id, f.story) for f in both] == [(f.id, f.story) for f in conclude_events(events)]


@pytest.mark.parametrize("case", FIRES, ids=name_of)
@pytest.mark.parametrize("jump", [-(10**9), 10**9, None])
def test_a_clock_that_is_wrong_changes_no_judgement(
    case: Mapping[str, Any], jump: int | None
) -> None:
    events = placed(case["events"])
    moved = [{**each, "at": None if jump is None else each["at"] + jump} for each in events]
    found = conclude_events(moved)
    if jump is not None:
        kept = [each[1:4] for each in gist(conclude_events(events))]
        assert [each[1:4] for each in gist(found)] == kept
    wanted = {one["analytic"] for one in case.get("fires", ())}
    if jump is None:  # what came after what cannot be told then
        wanted = {name for name in wanted if not name.startswith("behaviour.")}
    assert wanted <= {rule.id for finding in found for rule in finding.rules}


@pytest.mark.parametrize("case", FIRES, ids=name_of)
def test_a_host_is_one_however_its_name_is_spelled(case: Mapping[str, Any]) -> None:
    """Each event spells it as it likes."""
    events = placed(case["events"])
    mixed = [{**each, "host": "ws1" if n % 2 else "Ws1"} for n, each in enumerate(events)]
    assert gist(conclude_events(mixed)) == gist(conclude_events(events))


@pytest.mark.parametrize("case", FIRES, ids=name_of)
def test_two_hosts_are_two(case: Mapping[str, Any]) -> None:
    events = placed(case["events"])
    other = [{**each, "host": "WS2", "source": "other.evtx"} for each in events]
    alone = conclude_events(events)
    both = conclude_events([*events, *other])
    assert len(both) == 2 * len(alone)
    assert len({finding.id for finding in both}) == len(both)
    assert {f.host.lower() for f in both} == {"ws1", "ws2"}


@pytest.mark.parametrize("case", FIRES, ids=name_of)
def test_every_number_can_be_traced_to_events(case: Mapping[str, Any]) -> None:
    events = placed(case["events"])
    there = {(event["source"], event["record"]) for event in events}
    for finding in conclude_events(events):
        assert finding.weights
        assert {place for weight in finding.weights for place in weight.events} <= there
        assert {(each.source, each.record) for each in finding.evidence} <= there
        assert 0 <= finding.score <= 100
        total = sum(weight.points for weight in finding.weights)
        assert len(finding.rules) > 1 or finding.score == max(0, min(100, total))
