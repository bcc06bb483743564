"""``sidelight attribute`` from a hunt to a bundle, as somebody at a terminal runs it."""

import json
import shlex
from pathlib import Path

import pytest

from rule_cache import cache_home
from sidelight.cli.app import run

LOAD = {
    "@timestamp": "2031-02-03T04:00:00.000Z",
    "Hostname": "hss01",
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "EventID": 7,
    "SourceName": "Microsoft-Windows-Sysmon",
    "Image": r"C:\ProgramData\Media\fsstm.exe",
    "ImageLoaded": r"C:\ProgramData\Media\fspmapi.dll",
    "ProcessGuid": "{1}",
    "ProcessId": "7",
    "Signed": "false",
    "SignatureStatus": "Unavailable",
    "Hashes": "MD5=" + "AB" * 16,
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.setenv("XDG_CACHE_HOME", cache_home())


@pytest.fixture
def found(tmp_path: Path) -> Path:
    evidence, out = tmp_path / "e.jsonl", tmp_path / "findings.jsonl"
    evidence.write_text(json.dumps(LOAD) + "\n", encoding="utf-8")
    hunt = ["hunt", str(evidence), "--quiet", "--fail-level", "never"]
    outputs = [str(out), str(tmp_path / "hunt.stix.json"), str(tmp_path / "r.html")]
    assert run(hunt + [f"--output={each}" for each in outputs]) == 0
    return out


def resemblance(path: Path) -> dict[str, object]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    (found,) = (line for line in lines if line["kind"] == "resemblance")
    return dict(found)


def objects(path: Path, kind: str) -> list[dict[str, object]]:
    bundle = json.loads(path.read_text(encoding="utf-8"))
    return [each for each in bundle["objects"] if each["type"] == kind]


def test_a_hunt_says_whom_its_findings_resemble_in_every_output(
    found: Path, tmp_path: Path
) -> None:
    told = resemblance(found)
    (naikon,) = told["hypotheses"]  # type: ignore[misc]
    assert naikon["name"] == "Naikon"
    assert told["unknown"]["percent"] > naikon["percent"] >= 5  # type: ignore[index]
    assert naikon["lines"][0]["key"] == "delivery:rainyday"
    assert "symantec-telecoms-2024" in naikon["lines"][0]["sources"]
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Naikon: " in html
    (link,) = [
        each
        for each in objects(tmp_path / "hunt.stix.json", "relationship")
        if each["relationship_type"] == "related-to"
    ]
    assert link["confidence"] == naikon["percent"]
    assert not [
        each
        for each in objects(tmp_path / "hunt.stix.json", "relationship")
        if each["relationship_type"] == "attributed-to"
    ]


def test_notes_are_added_revised_listed_and_exported(
    found: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes, bundle = str(tmp_path / "notes.jsonl"), tmp_path / "a.stix.json"
    about = ["--by", "anna", "--reason", "the same server as in March"]
    assert run(["attribute", "add", notes, "--about", "Firefly", "--factor", "30", *about]) == 0
    assert (
        run(["attribute", "add", notes, "--about", "Naikon", "--opinion", "disagree", *about]) == 0
    )
    assert run(["attribute", "show", str(found), "--notes", notes]) == 0
    shown = capsys.readouterr().out
    assert "Naikon (G0019): very likely" in shown
    assert "anna: the same server as in March" in shown
    export = ["attribute", "export", str(found), "--notes", notes, "-o", str(bundle)]
    assert run([*export, "--campaign", "Night Shift"]) == 0
    assert objects(bundle, "campaign")[0]["name"] == "Night Shift"
    (link,) = objects(bundle, "relationship")
    assert link["relationship_type"] == "attributed-to"
    (opinion,) = objects(bundle, "opinion")
    assert (opinion["opinion"], opinion["object_refs"]) == ("disagree", [link["id"]])
    assert len(objects(bundle, "note")) == 2  # the reasons, and what anna noted
    again = ["attribute", "revise", notes, "n1", "--by", "ben", "--reason", "and in May"]
    assert run(again) == 0
    assert "note n1 revised, about Naikon" in (told := capsys.readouterr().out)
    assert "\u00d730" in told, "what was not named stays as it was"
    assert run(["attribute", "add", notes, "--about", "Naikon", "--line", "foo:bar", *about]) == 2
    assert "no line has the key 'foo:bar'" in capsys.readouterr().err
    revise = [
        "attribute",
        "revise",
        notes,
        "n1",
        "--withdraw",
        "--by",
        "ben",
        "--reason",
        "was ours",
    ]
    assert run(revise) == 0
    capsys.readouterr()
    assert run(["attribute", "log", notes]) == 0
    log = capsys.readouterr().out.splitlines()
    assert [line.partition("  ")[0] for line in log] == [
        "n1.1",
        "n2.1",
        "n1.2",
        "n1.3",
    ]
    assert run(["attribute", "show", str(found), "--notes", notes]) == 0
    assert "anna" not in capsys.readouterr().out


ADD = "add n --about {about} --by {by} --reason r"
NAIKON = ADD.format(about="Naikon", by="a")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (ADD.format(about="Nobody", by="a"), "no set is known"),
        (ADD.format(about="Naikon", by="'  '"), "needs a person"),
        (f"{NAIKON} --factor 0", "is not between"),
        (f"{NAIKON} --opinion x", "no opinion"),
        ("revise n n9 --by a --reason r", "holds no note 'n9'"),
        ("show {found} --notes none.jsonl", "there is no such file"),
        ("show {found} --finding f0", "holds no finding 'f0'"),
        ("show {evidence}", "is no finding of a hunt"),
        ("show missing.jsonl", "No such file"),
        ("export {found} -o x.json --tlp pink", "no TLP label"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    arguments: str, said: str, found: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    places = {"found": str(found), "evidence": str(tmp_path / "e.jsonl")}
    assert run(["attribute", *shlex.split(arguments.format(**places))]) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert "Traceback" not in shown
    assert not (tmp_path / "n").exists()


def test_a_name_that_may_mean_several_sets_says_their_ids(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = str(tmp_path / "n")
    about = ["--by", "anna", "--reason", "r", "--about"]
    assert run(["attribute", "add", notes, *about, "FamousSparrow"]) == 2
    said = capsys.readouterr().err
    assert "may mean 4 sets" in said
    assert said.count("intrusion-set--") == 4
    assert run(["attribute", "add", notes, *about, "Fire-Ant"]) == 2
    said = capsys.readouterr().err
    assert "is no exact name (Mustang Panda intrusion-set--" in said
    assert "; Fire Ant intrusion-set--" in said
