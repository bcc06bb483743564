"""The score of the hunt: its definitions, and what the page says."""

import csv
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from shared_paths import SHARED, needs_shared

ROOT = Path(__file__).resolve().parents[1]
ROW = {
    "corpus": "own", "n_events": "10", "class": "sideload", "variant": "v", "evidence_ids": "",
    "ids_kind": "line number", "also": "", "fp_neutral": "no", "dup_group": "c", "telemetry": "",
    "pack_path": "",
}  # fmt: skip
TABLE = (
    {"pack_path": "a/one.evtx", "evidence_ids": "eid7:3-5,9 | eid11:2", "dup_group": "c1"},
    {"pack_path": "a/two.zip", "evidence_ids": "eid8:7", "class": "memory", "dup_group": "c2"},
    {"pack_path": "a/both.zip", "evidence_ids": "eid7:1", "also": "memory", "dup_group": "c3"},
    {"pack_path": "a/core", "ids_kind": "whole file", "class": "memory", "dup_group": "c4",
     "telemetry": "elf-core"},
    {"pack_path": "b/quiet.evtx", "class": "benign", "n_events": "500"},
    {"pack_path": "b/other.evtx", "class": "other-attack", "n_events": "1500"},
    {"pack_path": "b/near.evtx", "class": "other-attack", "fp_neutral": "yes"},
    {"pack_path": "b/absent.evtx", "class": "benign"},
)  # fmt: skip


@pytest.fixture(scope="module")
def bench() -> Iterator[ModuleType]:
    """Load bench/quality.py as it is run, with its folder on the path."""
    folder = str(ROOT / "bench")
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module("quality")
    finally:
        sys.path.remove(folder)


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    with (tmp_path / "truth.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(ROW))
        table.writeheader()
        table.writerows({**ROW, **row} for row in TABLE)
    for row in TABLE:
        path = tmp_path / str(row["pack_path"])
        path.parent.mkdir(exist_ok=True)
        if path.stem != "absent":
            path.write_bytes(b"")
    return tmp_path


def finding(cls: str, *places: tuple[str, int], level: str = "high", **more: Any) -> dict[str, Any]:
    rows = [{"source": source, "record": record} for source, record in places]
    return {"class": cls, "level": level, "title": "t", "score": 70, "evidence": rows, **more}


def scored(bench: ModuleType, evidence: Path, findings: Sequence[Mapping[str, Any]]) -> Any:
    labels = bench.read_truth(evidence / "truth.csv", evidence)
    return bench.score(labels, [bench.claim_of(each, bench.by_class) for each in findings])


def test_a_case_is_found_by_a_labelled_record_in_the_class_that_it_shows(
    bench: ModuleType, evidence: Path
) -> None:
    found = [
        finding("sideload", ("/x/a/one.evtx", 4), ("/x/a/one.evtx", 6)),
        finding("memory", ("/x/a/two.zip!inner.json", 8)),
        finding("memory", ("/x/a/both.zip/inner/x.json", 1)),
        finding("memory", ("a\\core", 0)),
        finding("memory", ("/x/a/one.evtx", 4)),
        finding("memory", ("/x/a/two.zip!inner.json", 7), level="low"),
    ]
    scores = scored(bench, evidence, found)
    assert sorted(scores["sideload"].cases) == ["c1", "c3"]
    assert sorted(scores["memory"].cases) == ["c2", "c3", "c4"]
    assert scores["sideload"].strict == {"c1"}
    assert scores["memory"].strict == {"c3", "c4"}
    assert scores["memory"].at_file == {"c2", "c3", "c4"}
    assert scores["sideload"].cases["c1"].kinds == {"Sysmon 7", "Sysmon 11"}
    assert scores["sideload"].cases["c1"].found == {"Sysmon 7"}
    assert scores["sideload"].cited == {("a/one.evtx", 4), ("a/one.evtx", 6)}
    assert scores["sideload"].cited_right == {("a/one.evtx", 4)}


def test_a_finding_in_a_harmless_file_is_false_once(bench: ModuleType, evidence: Path) -> None:
    found = [
        finding("sideload", ("b/quiet.evtx", 1), ("b/other.evtx", 2), ("a/one.evtx", 3)),
        finding("sideload", ("b/near.evtx", 1)),
        finding("memory", ("b/other.evtx", 1)),
        finding("credential", ("b/quiet.evtx", 1)),
        finding("memory", ("b/quiet.evtx", 1), level="low"),
    ]
    scores = scored(bench, evidence, found)
    assert {cls: len(score.false) for cls, score in scores.items()} == {"sideload": 1, "memory": 1}
    assert scores["sideload"].strict == {"c1"}
    page = sys.modules["quality_page"]
    assert page.false_benign(scores) == 1
    assert page.false_rate(scores, 2000) == 1000.0


def test_rules_of_others_count_for_the_techniques_they_name(bench: ModuleType) -> None:
    assert bench.by_technique({"techniques": ["T1574.001", "T1620", "T1059"]}) == (
        "sideload",
        "memory",
    )
    assert bench.by_technique({"class": "memory", "techniques": ["T1003"]}) == ()


def test_reasons_that_are_missing_or_stale_are_told(bench: ModuleType, evidence: Path) -> None:
    scores = scored(bench, evidence, [finding("sideload", ("a/one.evtx", 3))])
    run = bench.Run("it", scores, {cls: bench.score((), ())[cls] for cls in bench.CLASSES}, {})
    notes = {"sideload": {"c1": "gone"}, "memory": dict.fromkeys(("c2", "c3", "c4"), "why")}
    assert list(bench.unsound(notes, run)) == [
        "sideload case c3 is missed, and no reason stands",
        "sideload case c1 is stale: not missed any more",
    ]


def test_the_page_names_misses_and_false_findings(bench: ModuleType, evidence: Path) -> None:
    labels = bench.read_truth(evidence / "truth.csv", evidence)
    false = finding("memory", ("b/quiet.evtx", 1), reasons=["A | pipe."], title="Odd thread")
    scores = scored(bench, evidence, [finding("sideload", ("a/one.evtx", 3)), false])
    nothing = bench.score((), ())
    run = bench.Run("it", scores, nothing, {"rules": "3"})
    text = bench.page(labels, [run], {"memory": {"c2": "nobody looked"}}, {"x": "y"})
    assert text == bench.page(labels, [run], {"memory": {"c2": "nobody looked"}}, {"x": "y"})
    assert "| sideload cases found | 1 of 2 (50%) **missed** | ≥ 95% |" in text
    assert "| memory | `c2` | v | Sysmon 8 | nobody looked |" in text
    assert "| memory | `c4` | v | elf-core | **not explained** |" in text
    assert "`b/quiet.evtx` (benign) | A \\| pipe. |" in text
    assert "| false findings per million events | 500.0 **missed** | ≤ 5 |" in text


def test_without_labelled_evidence_nothing_is_measured(
    bench: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "page.md"
    monkeypatch.setattr(sys, "argv", ["quality.py", "--evidence", str(tmp_path), "--out", str(out)])
    assert bench.main() == 0
    assert "no labelled evidence" in capsys.readouterr().err
    assert not out.exists()


@needs_shared
def test_the_numbers_are_those_of_the_script_that_defines_them(bench: ModuleType) -> None:
    """Over findings made up so that each rule of the definitions is used."""
    spec = importlib.util.spec_from_file_location("score_script", SHARED / "tools" / "score.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    sys.modules["score_script"] = script
    spec.loader.exec_module(script)
    pack = SHARED / "evidence"
    theirs, absent = script.read_truth(pack / "truth.csv", pack)
    ours = bench.read_truth(pack / "truth.csv", pack)
    assert (len(ours), absent) == (len(theirs), 0)
    findings = list(_made_up(theirs))
    report = script.score(theirs, [script._finding(each, "x") for each in findings], 2)
    scores = bench.score(ours, [bench.claim_of(each, bench.by_class) for each in findings])
    for cls, score in scores.items():
        tally = report.tallies[cls, "all"]
        assert set(score.cases) == tally.cases
        assert score.strict == tally.strict
        assert score.at_file == tally.file_level
        assert set(score.false) == tally.false_findings
        assert score.cited == tally.cited
        assert score.cited_right == tally.cited_true
        assert sum(label.events for label in ours if label.harmless) == tally.negative_events
    assert 0 < len(scores["memory"].strict) < len(scores["memory"].cases)
    assert scores["sideload"].false


def _made_up(files: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Name files in turn: by right and wrong records, as members, with and without a folder."""
    for number, file in enumerate(files):
        records = [*sorted(file.records)[:3], 10**9]
        source = (
            f"/somewhere/{file.pack_path}",
            f"{file.pack_path}!inner.json",
            file.pack_path.rpartition("/")[2],
            file.pack_path.replace("/", "\\"),
        )[number % 4]
        for cls in ("sideload", "memory", "credential"):
            places = [(source, record) for record in records[number % 3 :]]
            yield finding(cls, *places, level=("low", "medium", "critical")[number % 5 % 3])
