import json
import zipfile

import pytest

from shared_paths import SHARED, needs_shared
from sidelight.findings.attack import REVOKED, TACTICS, classify, tactics, tactics_of, techniques


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


def test_a_technique_has_the_tactics_of_attack_and_a_sub_technique_those_of_its_technique():
    assert tactics_of("T1071.001") == tactics_of("T1071") == ("command-and-control",)
    assert tactics_of("T1574.001") == ("execution", "stealth")
    assert tactics_of("FGT1574") == tactics_of("T0001") == tactics_of("") == ()


def test_a_technique_of_today_has_tactics_that_are_known():
    assert all(
        tactics_of(name) and set(tactics_of(name)) <= set(TACTICS) for name in REVOKED.values()
    )


@needs_shared
def test_the_table_of_tactics_says_what_attack_says():
    with zipfile.ZipFile(SHARED / "intel" / "misp-galaxy-clusters.zip") as clusters:
        values = json.loads(clusters.read("clusters/mitre-attack-pattern.json"))["values"]
    told: dict[str, set[str]] = {}
    for value in (each for each in values if not each.get("revoked")):
        for phase in value["meta"].get("kill_chain", ()):
            domain, _, tactic = phase.partition(":")
            if domain.startswith("attack-"):
                told.setdefault(value["meta"]["external_id"], set()).add(tactic)
    today = {name: some for name, some in told.items() if some <= set(TACTICS)}
    assert len(today) > 600
    assert {name: set(tactics_of(name)) for name in today} == today


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
