"""The measurement of attribution: what it takes out, and what its page says."""

import gzip
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def bench() -> Iterator[ModuleType]:
    """Load bench/attribution_quality.py as it is run, with its folder on the path."""
    folder = str(ROOT / "bench")
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module("attribution_quality")
    finally:
        sys.path.remove(folder)


def thing(kind: str, number: str) -> dict[str, Any]:
    return {
        "type": kind, "id": f"{kind}--{number}", "name": number,
        "external_references": [{"source_name": "mitre-attack", "external_id": number}],
    }  # fmt: skip


def link(source: str, verb: str, target: str, *reports: str) -> dict[str, Any]:
    return {
        "type": "relationship", "id": f"relationship--{source}{target}", "relationship_type": verb,
        "source_ref": source, "target_ref": target,
        "external_references": [{"source_name": report} for report in reports],
    }  # fmt: skip


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Four groups with ten techniques and a tool each, and a campaign of the first."""
    ways = [thing("attack-pattern", f"T{number:04}") for number in range(1, 25)]
    sets = [thing("intrusion-set", f"G{number:04}") for number in range(1, 5)]
    tools = [thing("malware", f"S{number:04}") for number in range(1, 5)]
    night = thing("campaign", "C0001")
    links = [link(night["id"], "attributed-to", sets[0]["id"])]
    links += [link(night["id"], "uses", each["id"], "night") for each in (*ways[:4], tools[0])]
    for at, one in enumerate(sets):
        links += [link(one["id"], "uses", each["id"], "r1") for each in ways[4 * at : 4 * at + 10]]
        links.append(link(one["id"], "uses", tools[at]["id"], "r1", "r2"))
    path = tmp_path / "attack.json.gz"
    path.write_bytes(
        gzip.compress(json.dumps({"objects": [*ways, *sets, *tools, night, *links]}).encode())
    )
    return path


def test_what_a_case_rests_on_is_taken_out_of_what_is_known(
    bench: ModuleType, bundle: Path
) -> None:
    measured = importlib.import_module("attribution")
    catalogue = measured.read_catalogue(bundle)
    assert set(catalogue.profile("G0001")) >= {"T0001", "S0001"}
    without = catalogue.profile("G0001", "C0001", frozenset({"night"}))
    assert without["S0001"] == {"r1", "r2"}
    assert catalogue.profile("G0001", reports=frozenset({"r1", "night"})) == {
        "S0001": frozenset({"r2"})
    }
    assert "G0002" not in catalogue.profile("G0002")


def test_every_group_is_in_one_half_and_the_halves_are_always_the_same(
    bench: ModuleType, bundle: Path
) -> None:
    measured = importlib.import_module("attribution")
    first, second = measured.halves(measured.read_catalogue(bundle))
    assert not set(first) & set(second)
    assert sorted(first + second) == ["G0001", "G0002", "G0003", "G0004"]
    assert measured.halves(measured.read_catalogue(bundle)) == (first, second)


def test_the_page_counts_every_scenario_and_is_the_same_in_every_run(
    bench: ModuleType, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = []
    for name in ("one.md", "two.md"):
        out = tmp_path / name
        monkeypatch.setattr(sys, "argv", ["x", "--attack", str(bundle), "--out", str(out)])
        assert bench.main() == 0
        pages.append(out.read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
    for scenario in ("Campaign", "Report", "Held out", "Absent"):
        assert f"### {scenario}" in pages[0]
    assert "4 groups, 1 campaigns" in pages[0]


def test_without_attack_nothing_is_measured_and_that_is_said(
    bench: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = tmp_path / "page.md"
    monkeypatch.setattr(sys, "argv", ["x", "--attack", str(tmp_path / "none"), "--out", str(out)])
    assert bench.main() == 0
    assert "attribution is not measured" in capsys.readouterr().err
    assert not out.exists()
