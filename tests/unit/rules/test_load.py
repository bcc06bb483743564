import zipfile
from pathlib import Path

import pytest

from sidelight.rules.files import RuleFile
from sidelight.rules.load import compile_documents, load_rules
from sidelight.rules.rule import LogSource, RuleSet
from sigma_rows import holds

RULE = """
title: A rule
id: {id}
logsource:
    product: windows
    category: process_creation
detection:
    sel:
        Image: a
    condition: sel
"""
FIRST = "11111111-1111-4111-8111-111111111111"
SECOND = "22222222-2222-4222-8222-222222222222"


def compiled(text: str, path: str = "rule.yml") -> RuleSet:
    return compile_documents([RuleFile(path, text.encode())], digest="")


def reasons(rules: RuleSet) -> list[str]:
    return [refusal.reason for refusal in rules.refused]


def test_a_rule_keeps_what_it_says_of_itself() -> None:
    text = RULE.format(id=FIRST) + (
        "status: test\nlevel: high\nauthor: [x, y]\ndate: 2026-01-02\nname: first\n"
        "tags: [attack.t1574]\nreferences: https://example.org\nfalsepositives: [none]\n"
        "description: |\n    Two\n    lines\nlicense: MIT\n"
    )
    (rule,) = compiled(text).rules
    about = rule.meta
    assert (about.id, about.title, about.level, about.status) == (FIRST, "A rule", "high", "test")
    assert (about.path, about.line, about.author) == ("rule.yml", 2, "x, y")
    assert (about.date, about.name, about.tags) == ("2026-01-02", "first", ("attack.t1574",))
    assert about.references == ("https://example.org",)
    assert (about.falsepositives, about.license) == (("none",), "MIT")
    assert about.description == "Two\nlines"
    assert rule.logsource == LogSource("windows", "process_creation")
    assert not rule.silent


def test_a_rule_without_level_is_medium_and_without_id_gets_a_lasting_one() -> None:
    text = RULE.format(id="").replace("id: \n", "")
    (rule,) = compiled(text).rules
    (again,) = compiled(text).rules
    (elsewhere,) = compiled(text, "other.yml").rules
    assert rule.meta.level == "medium"
    assert rule.meta.id == again.meta.id != elsewhere.meta.id


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("category: process_creation", "category: file_access"), "no event log carries"),
        (("logsource:", "source:"), "no logsource"),
        (("detection:", "detections:"), "neither detection, correlation nor filter"),
        (("condition: sel", "condition: other"), "names 'other'"),
        (("title: A rule", "level: hihg"), "no level 'hihg'"),
        (("title: A rule", "taxonomy: mine"), "taxonomy 'mine'"),
        (("        Image: a", "        Image|x: a"), "no modifier 'x'"),
        (("    product: windows\n    category: process_creation", "    definition: x"), "neither"),
    ],
)
def test_what_cannot_run_is_refused_with_its_reason(change: tuple[str, str], reason: str) -> None:
    rules = compiled(RULE.format(id=FIRST).replace(*change))
    assert rules.rules == ()
    assert len(rules.refused) == 1
    assert reason in rules.refused[0].reason
    assert (rules.refused[0].path, rules.refused[0].line) == ("rule.yml", 2)


def test_a_reason_names_the_field_it_is_about() -> None:
    rules = compiled(RULE.format(id=FIRST).replace("Image: a", "Image|cidr: x"))
    assert reasons(rules)[0].startswith("Image|cidr: not a network")


def test_of_two_rules_with_one_id_the_first_is_kept() -> None:
    files = [
        RuleFile("a.yml", RULE.format(id=FIRST).encode()),
        RuleFile("b.yml", RULE.format(id=FIRST.upper()).encode()),
    ]
    rules = compile_documents(files, digest="")
    assert [rule.meta.path for rule in rules.rules] == ["a.yml"]
    assert reasons(rules) == ["its id is already that of a.yml, line 2"]


def test_one_id_in_two_folders_is_kept_once(tmp_path: Path) -> None:
    for name, field in (("one", "Image"), ("two", "User")):
        (tmp_path / name).mkdir()
        text = RULE.format(id=FIRST).replace("Image", field)
        (tmp_path / name / "a.yml").write_text(text)
    rules = load_rules([tmp_path / "two", tmp_path / "one"])
    assert len(rules.rules) == 1
    assert reasons(rules) == ["its id is already that of a.yml, line 2"]
    assert load_rules([tmp_path / "one", tmp_path / "two"]) == rules


def test_a_folder_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(RULE.format(id=FIRST))
    rules = load_rules([tmp_path, tmp_path, tmp_path / "a.yml"])
    assert (len(rules.rules), rules.refused) == (1, ())


def test_documents_of_one_file_stand_for_themselves() -> None:
    text = RULE.format(id=FIRST) + "---" + RULE.format(id=SECOND) + "---\n- 1\n---\na: [\n"
    rules = compiled(text)
    assert [rule.meta.line for rule in rules.rules] == [2, 12]
    assert rules.refused[0].reason == "it is not a map of keys and values"
    assert rules.refused[1].reason.startswith("not YAML")


def test_global_documents_lend_their_parts_to_those_after_them() -> None:
    text = (
        "action: global\ntitle: shared\nlogsource: {product: windows, service: system}\n"
        "detection: {condition: sel}\n---\n"
        f"id: {FIRST}\ndetection: {{sel: {{F: a}}}}\n---\n"
        f"action: repeat\nid: {SECOND}\ndetection: {{sel: {{F: b}}}}\n---\n"
        f"action: reset\n---\nid: x\ndetection: {{sel: {{F: b}}, condition: sel}}\n"
    )
    rules = compiled(text)
    assert [rule.meta.title for rule in rules.rules] == ["shared", "shared"]
    assert [holds(rule.condition, {"F": "b"}) for rule in rules.rules] == [False, True]
    assert reasons(rules) == ["it has no logsource"]


def test_files_that_cannot_be_read_are_refused() -> None:
    rules = compile_documents([RuleFile("x.yml", problem="cannot be read: why")], digest="")
    assert reasons(rules) == ["cannot be read: why"]


def test_rules_come_in_order_of_path_from_folders_files_and_packages(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.YAML").write_text(RULE.format(id="1"))
    (folder / "b.yml").write_text(RULE.format(id="2"))
    (folder / "LICENSE").write_text("text")
    (folder / "b.test.yml").write_text("fires: []")
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as package:
        package.writestr("a/x.yml", RULE.format(id="3"))
        package.writestr("LICENSE.txt", "text")
    (tmp_path / "single.yml").write_text(RULE.format(id="4"))
    rules = load_rules([tmp_path / "single.yml", tmp_path / "p.zip", folder])
    assert [rule.meta.path for rule in rules.rules] == [
        "a/x.yml",
        "b.yml",
        "single.yml",
        "sub/a.YAML",
    ]
    assert rules.refused == ()
