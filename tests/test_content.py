"""The rules that come with Sidelight."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest

import sidelight
from sidelight.rules import trial
from sidelight.rules.check import check
from sidelight.rules.files import read_documents
from sidelight.rules.load import load_rules
from sidelight.rules.rule import Rule
from sidelight.schema import Event
from sigma_rows import holds

RULES = Path(sidelight.__file__).parent / "content" / "rules"
LOADED = load_rules([RULES])


def judge(rule: Rule, events: Sequence[Event]) -> list[bool]:
    return [holds(rule.condition, event) for event in events]


TRIALS = [each for path in trial.find([RULES]) for each in trial.read(path)]


def test_every_rule_can_be_run() -> None:
    assert LOADED.refused == ()
    assert len(LOADED.rules) >= 25
    assert len(LOADED.correlations) >= 3


@pytest.mark.parametrize("each", TRIALS, ids=lambda each: f"{each.path.stem}-{each.line}")
def test_the_samples_beside_a_rule_hold(each: trial.Trial) -> None:
    [verdict] = trial.run([each], LOADED.rules, judge)
    assert verdict.failed == ()


def test_every_rule_has_samples_that_fire_and_that_stay_silent() -> None:
    beside = {(t.path.name.removesuffix(".test.yml"), t.rule) for t in TRIALS}
    for rule in LOADED.rules:
        stem = rule.meta.path.rpartition("/")[2].removesuffix(".yml")
        assert (stem, rule.meta.id) in beside or (stem, "") in beside, rule.meta.path
    assert all(each.fires and each.silent for each in TRIALS)


def test_reading_the_rules_critically_finds_nothing() -> None:
    files, _ = read_documents([RULES])
    issues = [issue for issue in check(files) if issue.severity != "note"]
    assert issues == []


def test_every_rule_is_ours_and_has_its_own_identity() -> None:
    metas = [rule.meta for rule in (*LOADED.rules, *LOADED.correlations)]
    identities = [UUID(meta.id) for meta in metas]
    assert len(set(identities)) == len(identities)
    assert {identity.version for identity in identities} == {4}
    assert {(meta.author, meta.license) for meta in metas} == {("Sidelight", "Apache-2.0")}
