from dataclasses import replace

import pytest

from sample_run import findings
from sidelight.findings.assets import MOST, Assets, Listed, marked, roles
from sidelight.findings.finding import Weight

LEAD = replace(findings()[0], asset=None)
HOST = LEAD.host  # ws-17.operator.example
HLR, SERVER = roles()["hlr-hss"], roles()["server"]


def test_roles_are_sentences_and_bounded() -> None:
    assert len(roles()) > 10
    for role in roles().values():
        assert role.at_stake.endswith(".")
        assert role.name[0].islower()
        assert 0 <= role.points <= MOST
        assert set(role.stakes) <= {"eavesdropping", "manipulation", "disruption"}
        assert bool(role.stakes) == bool(role.points)


@pytest.mark.parametrize("host", ["ws-17", "WS-17.operator.example", "ws-*", "*.example", "ws-1?"])
def test_a_host_is_named_whole_by_its_first_label_or_by_a_pattern(host: str) -> None:
    assert Assets([Listed(host, HLR)]).points(HOST) == HLR.points


@pytest.mark.parametrize("host", ["ws-1", "operator", "s-17", "ws-17.operator"])
def test_part_of_a_name_is_not_the_host(host: str) -> None:
    assert Assets([Listed(host, HLR)]).of(HOST) is None


def test_the_first_line_that_fits_counts() -> None:
    lines = [Listed("ws-17", SERVER), Listed("ws-*", HLR)]
    assert Assets(lines).points(HOST) == 0
    assert Assets(lines[::-1]).points(HOST) == HLR.points


def test_criticality_overrules_the_role() -> None:
    given = [Listed("x", SERVER, "critical"), Listed("x", HLR, "low")]
    assert [line.points for line in given] == [MOST, 0]


def test_a_mark_is_a_reason_and_leaves_the_score() -> None:
    before = LEAD
    after = marked(before, Assets([Listed("ws-*", HLR, note="Rack 4.")]))
    assert after.score == before.score
    assert after.asset is not None
    assert (after.asset.role, after.asset.note) == ("hlr-hss", "Rack 4.")
    assert after.reasons[:-1] == before.reasons
    assert after.reasons[-1].startswith(f"{HOST} is {HLR.name}. {HLR.at_stake}")
    assert after.weights[-1] == Weight(HLR.points, after.reasons[-1].rpartition(" (")[0])


def test_a_finding_of_a_rule_gets_no_weights() -> None:
    bare = replace(LEAD, weights=())
    assert marked(bare, Assets([Listed("ws-*", HLR)])).weights == ()


def test_a_host_that_nobody_lists_is_as_before() -> None:
    assert marked(LEAD, Assets([Listed("dc-*", HLR)])) == LEAD
    assert Assets([Listed("*", HLR)]).of("") is None


def test_a_host_of_no_weight_is_named_and_gives_no_reason() -> None:
    after = marked(LEAD, Assets([Listed("ws-*", SERVER)]))
    assert after.asset is not None
    assert after.reasons == LEAD.reasons


def test_hosts_that_sent_nothing_are_named_once() -> None:
    lines = [Listed(host, HLR) for host in ("hlr-*", "ws-17", "hlr-*", "stp-1")]
    assert Assets(lines).unheard(["ws-17.operator.example"]) == ("hlr-*", "stp-1")
