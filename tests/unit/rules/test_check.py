import pytest
import yaml

from sidelight.rules.check import Issue, check
from sidelight.rules.files import RuleFile

GOOD = {
    "title": "one",
    "id": "6f3e2987-db24-4c78-a860-b4f4095a7095",
    "status": "test",
    "description": "x",
    "level": "low",
    "date": "2026-01-02",
    "tags": ["attack.t1574.001", "attack.stealth"],
    "logsource": {"product": "windows", "category": "image_load"},
    "detection": {"sel": {"ImageLoaded|endswith": "\\a.dll"}, "condition": "sel"},
}


def _issues(**changes: object) -> list[tuple[str, str]]:
    content = {key: value for key, value in (GOOD | changes).items() if value is not None}
    text = yaml.safe_dump(content, sort_keys=False)
    return [(issue.severity, issue.text) for issue in check([RuleFile("a.yml", text.encode())])]


def _detecting(selection: object, **logsource: str) -> list[tuple[str, str]]:
    changes: dict[str, object] = {"detection": {"sel": selection, "condition": "sel"}}
    if logsource:
        changes["logsource"] = logsource
    return _issues(**changes)


def test_a_good_rule_has_no_issue() -> None:
    assert _issues() == []


def test_an_issue_names_its_place() -> None:
    text = yaml.safe_dump(GOOD | {"level": ""}, sort_keys=False)
    (issue,) = check([RuleFile("a.yml", b"---\n" + text.encode())])
    assert issue == Issue("a.yml", 2, "warning", "it has no level", "one")


@pytest.mark.parametrize("key", ["title", "id", "level"])
def test_what_every_rule_has_is_missed(key: str) -> None:
    assert ("warning", f"it has no {key}") in _issues(**{key: None})


def test_what_cannot_run_is_an_error() -> None:
    (issue,) = _issues(detection={"sel": {"F|x": "a"}, "condition": "sel"})
    assert issue == ("error", "F|x: there is no modifier 'x'")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "1"}, "its id '1' is no UUID"),
        ({"date": "2026/01/02"}, "its date '2026/01/02' is not written YYYY-MM-DD"),
        ({"status": "deprecated"}, "its status is deprecated"),
        (
            {"tags": ["attack.t1574.002"]},
            "tag 'attack.t1574.002' was revoked in favour of 'attack.t1574.001'",
        ),
        ({"tags": ["attack.T1562.001"]}, "revoked in favour of 'attack.t1685'"),
        ({"tags": ["attack.defense_evasion"]}, "split into 'stealth' and 'defense-impairment'"),
        ({"tags": ["attack.lateral_movement"]}, "written with hyphens"),
    ],
)
def test_what_could_be_better_is_noted(changes: dict[str, object], said: str) -> None:
    ((severity, text),) = _issues(**changes)
    assert severity == "note"
    assert said in text


@pytest.mark.parametrize(
    ("selection", "logsource", "said"),
    [
        ({"CommandLine": "a"}, {}, "no event of its logsource has a field 'CommandLine'"),
        ({"Signed": "yes"}, {}, "Signed is true or false and never 'yes'"),
        ({"OriginalFileName|endswith": "\\a.exe"}, {}, "OriginalFileName is a name without"),
        ({"Image": "cmd.exe"}, {}, "Image is a full path and never just 'cmd.exe'"),
        ({"Image|endswith": "\\a/b.exe"}, {}, "Image mixes both slashes"),
        ({"Hashes": "abcd"}, {}, "Hashes lists hashes as"),
        ({"EventID": 8}, {}, "EventID 8 is none of its logsource's"),
        ({"Image|re": ".*"}, {}, "the expression '.*' matches everything"),
        ({"Image|re": "x*"}, {}, "the expression 'x*' matches everything"),
        ({"Image": None}, {}, "an event that has none of its fields matches"),
        (
            {"Image|all": ["c:\\a.exe", "c:\\b.exe"]},
            {},
            "Image cannot be both 'c:\\\\a.exe' and 'c:\\\\b.exe'",
        ),
        (
            {"Image": "c:\\b.exe", "Image|endswith": "\\a.exe"},
            {},
            "Image cannot be both '*\\\\a.exe' and 'c:\\\\b.exe'",
        ),
        ({"Image": "c:\\w\\*", "Image|startswith": "d:\\"}, {}, "Image cannot be both"),
        ({"Image|endswith|all": ["\\sh", "-c"]}, {}, "Image cannot be both"),
        # Tried in each other, so many wildcards would take longer than the world has.
        ({"Image|all": ["a" * 300, "*a" * 20 + "*b"]}, {}, "Image cannot be both"),
        (
            {"NewProcessName": "x", "Hashes2": "x"},
            {"product": "windows", "category": "process_creation"},
            "no event of its logsource has a field 'Hashes2'",
        ),
        (
            {"TargetObject": "x"},
            {"product": "windows", "service": "sysmon", "category": "dns_query"},
            "'TargetObject'",
        ),
    ],
)
def test_what_never_or_always_holds_is_warned_of(
    selection: object, logsource: dict[str, str], said: str
) -> None:
    issues = _detecting(selection, **logsource)
    assert [severity for severity, _ in issues] == ["warning"]
    assert said in issues[0][1]


@pytest.mark.parametrize(
    ("selection", "logsource"),
    [
        ({"ImageLoaded|contains": ["a", "b"], "Signed": "false"}, {}),
        ({"Image": "System"}, {}),
        ({"Image|endswith": "\\cmd.exe"}, {}),
        ({"Image": "c:\\a?.exe", "Image|endswith": ".exe"}, {}),
        ({"Image|startswith": "c:\\w", "Image|endswith": "\\wx.exe"}, {}),
        ({"Image|contains|all": ["a", "b"]}, {}),
        ({"image|re": "^C:\\\\x"}, {}),
        ({"Hashes|contains": "MD5=a"}, {}),
        ({"EventID": 7}, {}),
        ({"Provider_Name": "x"}, {}),
        ({"Anything": "x"}, {"product": "windows", "service": "security"}),
        ({"Anything": "x"}, {"product": "linux"}),
        ({"IntegrityLevel": "High"}, {"product": "windows", "category": "process_creation"}),
        ({"Details": "x"}, {"product": "windows", "category": "registry_set"}),
        ({"TargetObject": "x"}, {"product": "windows", "service": "sysmon"}),
    ],
)
def test_what_is_fine_is_left_alone(selection: object, logsource: dict[str, str]) -> None:
    assert _detecting(selection, **logsource) == []


def test_values_that_others_cover_are_noted_and_counted() -> None:
    values = ["ab", "xabx", "ab1", "ab2", "ab3", "cd"]
    assert _detecting({"ImageLoaded|contains": values}) == [
        ("note", "ImageLoaded: '*ab*' already takes what '*ab1*' takes"),
        ("note", "ImageLoaded: '*ab*' already takes what '*ab2*' takes"),
        ("note", "ImageLoaded: '*ab*' already takes what '*xabx*' takes"),
        ("note", "and 1 more values that say nothing new"),
    ]
    assert _detecting({"ImageLoaded|contains": ["ab", "AB"]}) == [
        ("note", "ImageLoaded: '*ab*' stands twice")
    ]


def test_searches_that_are_not_used_are_warned_of() -> None:
    detection = {
        "sel": {"Image|endswith": "\\a.exe"},
        "filter": {"User": "x"},
        "_draft": {"User": "y"},
        "timeframe": "5m",
        "condition": "1 of sel*",
    }
    assert _issues(detection=detection) == [
        ("warning", "a timeframe does nothing without a correlation"),
        ("warning", "the condition does not use 'filter'"),
    ]


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        ({"Image|contains|all": "a"}, "'all' of a single value says nothing"),
        ({"Image|contains|cased": "12"}, "'cased' does nothing to a value without letters"),
    ],
)
def test_modifiers_that_do_nothing_are_noted(selection: object, said: str) -> None:
    ((severity, text),) = _detecting(selection)
    assert severity == "note"
    assert said in text


def test_all_of_them_is_noted() -> None:
    detection = {"sel": {"Image|endswith": "\\a.exe"}, "condition": "all of them"}
    ((severity, text),) = _issues(detection=detection)
    assert (severity, text[:13]) == ("note", "'all of them'")


def test_filters_and_correlations_are_read_as_well() -> None:
    each = {
        "title": "few",
        "logsource": {"product": "windows"},
        "filter": {"rules": "any", "sel": {"User": "x"}, "condition": "sel"},
    }
    many = {
        "title": "many",
        "id": "1",
        "correlation": {
            "type": "event_count",
            "rules": [GOOD["id"]],
            "timespan": "1m",
            "condition": {"gt": 1},
        },
    }
    text = yaml.safe_dump_all([GOOD, each, many], sort_keys=False)
    issues = check([RuleFile("a.yml", text.encode())])
    assert [(issue.title, issue.text) for issue in issues if issue.severity == "warning"] == [
        ("few", "it has no id"),
        ("many", "it has no level"),
    ]


def test_a_pattern_of_many_stars_is_held_against_a_long_text_in_linear_time() -> None:
    stars = "*a" * 20
    assert _detecting({"Image|all": ["a" * 20_000, f"{stars}*b"]})[0][1].startswith("Image cannot")
    assert _detecting({"Image|all": ["a" * 20_000, f"{stars}*a"]}) == []
