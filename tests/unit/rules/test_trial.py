from collections.abc import Sequence
from pathlib import Path

import pytest

from sidelight.errors import RuleError
from sidelight.rules import trial
from sidelight.rules.load import load_rules
from sidelight.rules.rule import Rule
from sidelight.schema import Event
from sigma_rows import holds

RULE = """title: {title}
id: {title}-id
logsource: {{product: windows}}
detection:
    sel: {{Image: a}}
    condition: sel
"""


def _judge(rule: Rule, events: Sequence[Event]) -> list[bool]:
    return [holds(rule.condition, event) for event in events]


def _run(folder: Path) -> tuple[trial.Verdict, ...]:
    rules = load_rules([folder]).rules
    found = [each for path in trial.find([folder]) for each in trial.read(path)]
    return trial.run(found, rules, _judge)


def test_samples_that_hold_pass(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "one.yml").write_text(RULE.format(title="one"))
    (tmp_path / "sub" / "one.test.yml").write_text(
        "fires:\n- {Image: A}\n- {event: {Image: [x, a]}, why: list}\nsilent:\n- {Image: null}\n"
    )
    (verdict,) = _run(tmp_path)
    assert (verdict.title, verdict.events, verdict.failed) == ("one", 3, ())


def test_samples_that_fail_say_which_and_why(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text(RULE.format(title="one"))
    (tmp_path / "one.test.yml").write_text(
        "fires:\n- {event: {Image: b}, why: renamed}\nsilent:\n- {Image: b}\n- {Image: a}\n"
    )
    (verdict,) = _run(tmp_path)
    assert verdict.failed == (
        "fires, sample 1 does not match and must: renamed",
        "silent, sample 2 matches and must not",
    )


def test_a_file_of_several_rules_names_them(tmp_path: Path) -> None:
    text = RULE.format(title="one") + "---\n" + RULE.format(title="two")
    (tmp_path / "both.yml").write_text(text)
    (tmp_path / "both.test.yml").write_text(
        "rule: TWO-ID\nfires: [{Image: a}]\n---\nfires: [{Image: a}]\n"
    )
    two, unknown = _run(tmp_path)
    assert (two.title, two.failed) == ("two", ())
    assert "no rule that can be run" in unknown.failed[0]


def test_samples_are_found_beside_a_rule(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text("x")
    (tmp_path / "one.test.yml").write_text("x")
    assert list(trial.find([tmp_path / "one.yml"])) == [tmp_path / "one.test.yml"]


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "{}",
        "fires: []",
        "fires: {Image: a}",
        "fires: [a]",
        "fires: [{Image: {a: b}}]",
        "fire: [{Image: a}]",
        "fires: [",
    ],
)
def test_other_shapes_are_refused_with_their_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "one.test.yml"
    path.write_text(text)
    with pytest.raises(RuleError) as caught:
        trial.read(path)
    assert "one.test.yml, line " in str(caught.value)
