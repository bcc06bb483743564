import pytest

from sample_run import findings
from sidelight.output.tally import Overview, Tally, by_story


def test_findings_are_counted_by_level_host_rule_and_technique() -> None:
    tally = Tally()
    for finding in findings():
        tally.add(finding)
    assert (tally.total, tally.levels["high"], len(tally.unique["high"])) == (7, 3, 2)
    assert tally.events["medium"] == 1402
    assert tally.top_rules(2) == [
        ("critical", "Library Loaded From The Folder Of A Renamed Media Player", 1),
        ("high", "Registry Hive Saved To A File", 2),
    ]
    assert tally.top_hosts(1)[0][0] == "ws-17.operator.example"
    assert tally.scores["T1003.002"] == 74
    assert tally.hours.total() == 7


def test_findings_are_grouped_by_story() -> None:
    (group,) = by_story(findings()).values()
    assert [each.title for each in group] == [each.title for each in findings()[:2]]
    assert by_story(findings()[:1]) == {}


@pytest.mark.parametrize("limit", [0, 2, 4, 99])
@pytest.mark.parametrize("cut", range(8))
def test_what_a_part_took_counts_as_if_one_had_taken_all(cut: int, limit: int) -> None:
    whole, shared = Overview(limit), Overview(limit)
    for finding in findings():
        whole.add(finding)
    for finding in findings()[:cut]:
        shared.add(finding)
    part = shared.apart()
    for finding in findings()[cut:]:
        part.add(finding)
    assert len(part.shown) <= max(0, limit - cut)
    shared.take(part)
    assert shared == whole
