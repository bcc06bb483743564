import pytest

from sidelight.findings.attack import REVOKED, classify, tactics, techniques


def test_techniques_are_upper_case_sorted_and_of_today():
    tags = ["attack.t1574.002", "attack.T1055", "attack.execution", "cve.2020-1", "attack.g0001"]
    assert techniques(tags) == ("T1055", "T1574.001")


def test_no_revoked_technique_is_given_another_revoked_one():
    assert not set(REVOKED) & set(REVOKED.values())


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["attack.defense-evasion"], ("stealth",)),
        (["attack.defense_evasion", "attack.t1562.002"], ("defense-impairment",)),
        (
            ["attack.command_and_control", "attack.persistence"],
            ("command-and-control", "persistence"),
        ),
        (["attack.t1055", "tlp.red"], ()),
    ],
)
def test_tactics_are_spelled_as_of_today(tags, expected):
    assert tactics(tags) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["attack.persistence", "attack.t1574.001"], "sideload"),
        (["attack.t1055.012", "attack.t1574"], "sideload"),
        (["attack.stealth", "attack.t1055.012"], "memory"),
        (["attack.t1620"], "memory"),
        (["attack.t1055", "attack.impact"], "memory"),
        (["attack.execution", "attack.credential-access"], "credential"),
        (["attack.t1059"], "other"),
        ([], "other"),
    ],
)
def test_the_two_techniques_of_the_product_come_first_then_the_tactic(tags, expected):
    assert classify(tags) == expected
