"""A hunt over the files of a disk."""

import hashlib
import json
import os
import shutil
import tarfile
import zipfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from authenticode_writer import Authority, catalog, clock, root, sign, signer, token
from kept_findings import Kept
from pe_writer import Pe, write_pe
from sidelight.cli.rulesets import own
from sidelight.coverage import Run
from sidelight.evidence import inventory
from sidelight.evidence.inventory import survey
from sidelight.findings.conclude import Limits
from sidelight.findings.finding import Finding
from sidelight.hunt import gather
from sidelight.hunt.examination import Trusted
from sidelight.hunt.run import HuntOptions, hunt
from sidelight.pe.digest import image_digest
from sidelight.pe.layout import read_layout
from sidelight.rules.cache import Compiled, load_compiled
from sidelight.schema import NO_TIME
from trace_writer import VOLUME, compress, write_prefetch
from triad_cases import VENDOR, lay, near_misses, noise, plain, program, stub, triads

from .conftest import CommandLine

HOME = "Users/bob/AppData/Roaming"
WINDOWS = {
    "OriginalFilename": "tool.exe",
    "CompanyName": "Microsoft Corporation",
    "ProductName": "Microsoft® Windows® Operating System",
}
STORE = "Windows/System32/CatRoot/{F750E6C3}"
QUIET = ("--quiet", "--format", "jsonl", "--no-times")


@dataclass(frozen=True)
class Hunter:
    """Hunts in this process, which compiles rules once, and trusts the root of the tests."""

    rules: Compiled
    trusted: Trusted

    def __call__(self, path: Path, jobs: int = 1) -> tuple[list[Finding], Run]:
        limits, now = Limits(100, 10), lambda: NO_TIME
        options = HuntOptions(jobs, limits, (), now, trusted=self.trusted)
        with hunt(survey([str(path)]), self.rules, options, lambda _: None) as hunted:
            kept = Kept()
            return kept.findings, hunted.finish(hunted.give([kept]))


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trust") / "root.pem"
    path.write_bytes(root().pem)
    return path


@pytest.fixture(scope="module")
def hunter(pem: Path) -> Hunter:
    return Hunter(load_compiled([own()], None), Trusted((pem,)))


def _case(finding: Finding) -> str:
    """Name the folder that a finding is about."""
    return finding.evidence[0].source.replace("!", "/").split("/")[-2]


def _shown(finding: Finding, name: str) -> list[str]:
    return [str((row.fields or {}).get(name, "")) for row in finding.evidence]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("disk")
    lay(folder / HOME, triads())
    lay(folder / HOME, near_misses())
    return folder


@pytest.fixture(scope="module")
def hunted(hunter: Hunter, disk: Path) -> list[Finding]:
    return hunter(disk)[0]


def test_every_triad_is_found_and_no_near_miss(hunted: list[Finding]) -> None:
    assert sorted(map(_case, hunted)) == sorted(triads())
    assert {each.cls for each in hunted} == {"sideload"}
    assert all(each.score >= 40 for each in hunted)


def test_findings_are_ranked_and_name_files_hashes_and_points(hunted: list[Finding]) -> None:
    scores = [each.score for each in hunted]
    assert scores == sorted(scores, reverse=True)
    first = hunted[0]
    assert first.title == "svc.exe would load an unsigned helper.dll, beside data.bin"
    assert first.process[0].image == r"C:\Users\bob\AppData\Roaming\renamed\svc.exe"
    names = [Path(each.source).name for each in first.evidence]
    assert names == ["data.bin", "helper.dll", "svc.exe"]
    data = [Path(each.source).read_bytes() for each in first.evidence]
    assert _shown(first, "SHA256") == [hashlib.sha256(each).hexdigest() for each in data]
    assert sum(each.points for each in first.weights) == first.score
    assert "svc.exe is updater.exe by its version information. (+8)" in first.reasons
    assert first.counter_evidence
    assert first.refute


def test_prefetch_beside_a_triad_weighs(hunter: Hunter, tmp_path: Path) -> None:
    """As a collector lays it out: C/Windows/Prefetch, C/Users."""
    folder = f"{VOLUME}{HOME}".upper().replace("/", "\\")
    names = ("loaded", "unloaded", "absent")
    lay(tmp_path / "C" / HOME, dict.fromkeys(names, triads()["renamed"]))
    prefetch = tmp_path / "C/Windows/Prefetch"
    prefetch.mkdir(parents=True)
    for number, name in enumerate(names[:2]):
        read = [f"{folder}\\{name}\\SVC.EXE"] + [f"{folder}\\{name}\\HELPER.DLL"] * (not number)
        data = write_prefetch("svc.exe", read, times=[1_700_000_000 - number * 40 * 86_400])
        (prefetch / f"SVC.EXE-0000000{number}.pf").write_bytes(compress(data) if number else data)
    found, run = hunter(tmp_path)
    told = {_case(each): each for each in found}
    assert not [gap for gap in run.coverage.gaps if gap.source.endswith(".pf")]
    plain = told["absent"].score
    assert {name: each.score - plain for name, each in told.items()} == {
        "loaded": 16, "unloaded": 0, "absent": 0,
    }  # fmt: skip
    assert "svc.exe was run, last on 2023-11-14 (prefetch). (+8)" in told["loaded"].reasons
    assert any("read helper.dll when it was started" in text for text in told["loaded"].reasons)
    shown = (*told["unloaded"].reasons, *told["unloaded"].counter_evidence)
    assert any("without reading helper.dll (prefetch)" in text for text in shown)
    remarks = told["absent"].counter_evidence
    assert any("Prefetch of 2 programs does not have svc.exe" in text for text in remarks)


def test_the_command_line_gives_the_same_bytes_twice(
    sidelight: CommandLine, pem: Path, disk: Path, hunted: list[Finding]
) -> None:
    one, two = (sidelight("hunt", "--trust", pem, *QUIET, disk) for _ in range(2))
    assert (one.code, one.err) == (1, "")
    assert one.out == two.out
    lines = [json.loads(line) for line in one.out.splitlines()]
    titles = [line["title"] for line in lines if line["kind"] == "finding"]
    assert titles == [each.title for each in hunted]


def test_two_processes_give_what_one_gives(
    hunter: Hunter, disk: Path, hunted: list[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "PARALLEL_BYTES", 0)
    monkeypatch.setattr(inventory, "TASK_BYTES", 20_000)
    assert hunter(disk, jobs=2)[0] == hunted


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_gives_what_the_folder_gives(
    hunter: Hunter, disk: Path, hunted: list[Finding], tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"disk.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            for file in sorted(disk.rglob("*")):
                package.write(file, file.relative_to(disk))
    else:
        with tarfile.open(path, "w:gz") as package:
            package.add(disk, "C")
    found = sorted(hunter(path)[0], key=_case)
    expected = sorted(hunted, key=_case)
    assert [each.weights for each in found] != [each.weights for each in expected]  # other places
    for name in ("SHA256", "Path", "SignatureStatus"):
        assert [_shown(each, name) for each in found] == [_shown(each, name) for each in expected]
    assert [each.reasons for each in found] == [each.reasons for each in expected]


def test_a_zip_read_in_pieces_gives_the_same(
    hunter: Hunter,
    disk: Path,
    hunted: list[Finding],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as package:
        for file in sorted(disk.rglob("*")):
            package.write(file, file.relative_to(disk))
    monkeypatch.setattr(inventory, "TASK_BYTES", 1000)
    spans = [span for task in survey([str(tmp_path)]).tasks for span in task.spans]
    assert len(spans) > 5
    found = hunter(tmp_path / "a.zip")[0]
    assert sorted(map(_case, found)) == sorted(map(_case, hunted))


def test_without_the_root_nothing_is_trusted(hunter: Hunter, disk: Path) -> None:
    assert replace(hunter, trusted=Trusted())(disk)[0] == []


def test_a_trust_file_that_is_none_is_refused(sidelight: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("nothing")
    for option in ("--trust", "--revoked"):
        ran = sidelight("hunt", tmp_path, option, tmp_path / "a.pem", *QUIET)
        assert ran.code == 2
        assert "a.pem" in ran.err
        assert "Traceback" not in ran.err


def test_one_unreadable_file_is_one_gap(hunter: Hunter, disk: Path, tmp_path: Path) -> None:
    shutil.copytree(disk / HOME / "renamed", tmp_path / "Users/x/a")
    cut = write_pe(Pe())[:0x90]
    (tmp_path / "Users/x/a/cut.dll").write_bytes(cut)
    found, run = hunter(tmp_path)
    assert [(gap.reason, gap.text) for gap in run.coverage.gaps] == [
        ("damaged", "PE file: it ends inside its headers")
    ]
    assert len(found) == 1


def _windows_case(folder: Path) -> bytes:
    data = write_pe(Pe(imports={"version.dll": ["GetFileVersionInfoA"]}, version=WINDOWS))
    lay(folder / "ProgramData", {"x": {"tool.exe": data, "version.dll": stub(), "d": noise()}})
    return data


def test_a_program_of_windows_is_unknown_until_its_catalog_is_at_hand(
    hunter: Hunter, tmp_path: Path
) -> None:
    data = _windows_case(tmp_path)
    (before,) = hunter(tmp_path)[0]
    said = [each for each in before.reasons if "catalogs" in each]
    assert said == ["tool.exe says it is of Windows, which signs by catalogs; none lists it. (+8)"]
    assert any("CatRoot" in each for each in before.refute)
    digest = bytes.fromhex(image_digest(data, read_layout(data), "sha256"))
    store = tmp_path / STORE
    store.mkdir(parents=True)
    (store / "a.cat").write_bytes(catalog([digest], signer("Microsoft Windows")))
    (after,) = hunter(tmp_path)[0]
    assert after.score == before.score + 4
    assert any("listed in a.cat" in each for each in after.reasons)


def _listed(folder: Path, name: str, by: Authority, store: str = STORE) -> None:
    """Write a catalog that lists the library of the case."""
    library = (folder / "ProgramData/x/version.dll").read_bytes()
    digest = bytes.fromhex(image_digest(library, read_layout(library), "sha256"))
    (folder / store).mkdir(parents=True, exist_ok=True)
    (folder / store / name).write_bytes(catalog([digest], by))


def test_a_catalog_beside_a_library_vouches_for_nothing(hunter: Hunter, tmp_path: Path) -> None:
    _windows_case(tmp_path)
    before = hunter(tmp_path)[0]
    _listed(tmp_path, "a.cat", signer("Microsoft Windows"), "ProgramData/x")
    after = hunter(tmp_path)[0]
    assert [each.score for each in after] == [each.score for each in before]


def test_a_planted_catalog_vouches_for_nothing_and_is_told(hunter: Hunter, tmp_path: Path) -> None:
    _windows_case(tmp_path)
    (before,) = hunter(tmp_path)[0]
    _listed(tmp_path, "0.cat", signer("Microsoft Windows", own=True))
    (after,) = hunter(tmp_path)[0]
    assert after.score == before.score
    text = (
        "version.dll is listed in 0.cat, whose own signature is no good "
        "(self-signed: no trusted root stands behind it)."
    )
    assert any(text in each for each in (*after.reasons, *after.counter_evidence))


def test_a_genuine_catalog_counts_behind_a_planted_one(hunter: Hunter, tmp_path: Path) -> None:
    """So does one of somebody else, in whose name the library then stands."""
    _windows_case(tmp_path)
    (before,) = hunter(tmp_path)[0]
    _listed(tmp_path, "0.cat", signer("Microsoft Windows", own=True))
    _listed(tmp_path, "1.cat", signer("Other Makers GmbH"))
    (after,) = hunter(tmp_path)[0]
    assert after.score == before.score - 4
    assert any("version.dll is signed by Other Makers GmbH" in each for each in after.reasons)


def test_a_timestamp_that_does_not_count_is_told(hunter: Hunter, tmp_path: Path) -> None:
    stamp = partial(token, time=datetime(2020, 1, 1, tzinfo=UTC), by=clock("Nobody", own=True))
    bare = program(signed=False)
    files = {"updater.exe": sign(bare, signer(VENDOR), stamp=stamp), "helper.dll": stub()}
    lay(tmp_path / "Users/x", {"a": files | {"data.bin": noise()}})
    (found,) = hunter(tmp_path)[0]
    text = "A timestamp of updater.exe's signature does not count: no trusted root stands behind"
    assert any(text in each for each in (*found.reasons, *found.counter_evidence))


def test_marks_of_the_web_redirections_and_times_weigh(hunter: Hunter, tmp_path: Path) -> None:
    lay(tmp_path / "Users/x", {"a": {"updater.exe": program(), "data.bin": noise()}})
    side = tmp_path / "Users/x/a/updater.exe.local"
    side.mkdir()
    (side / "helper.dll").write_bytes(stub())
    os.utime(side / "helper.dll", (1_500_000_000, 1_500_000_000))
    mark = "[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://example.org/a.zip\r\n"
    (tmp_path / "Users/x/a/updater.exe:Zone.Identifier").write_text(mark)
    (found,) = hunter(tmp_path)[0]
    text = "\n".join(found.reasons)
    assert "updater.exe was downloaded (from https://example.org/a.zip). (+4)" in text
    assert "updater.exe.local redirects what updater.exe loads by name. (+8)" in text
    assert "helper.dll was last written on 2017-07-14, before it was linked" in text


def test_a_library_that_another_one_asks_for_is_looked_at_too(
    hunter: Hunter, tmp_path: Path
) -> None:
    pe = Pe(library=True, imports={"inner.dll": ["f"]}, exports={"Open": 0, "Close": 1, "Read": 2})
    files = {
        "updater.exe": program(),
        "helper.dll": sign(write_pe(pe), signer(VENDOR)),
        "inner.dll": stub(),
        "data.bin": noise(),
    }
    lay(tmp_path / "Users/x", {"a": files})
    (found,) = hunter(tmp_path)[0]
    assert found.title == "updater.exe would load an unsigned inner.dll, beside data.bin"
    assert "helper.dll imports inner.dll, so it is loaded at once. (+4)" in found.reasons


def test_a_program_of_another_machine_loads_nothing(hunter: Hunter, tmp_path: Path) -> None:
    files = {"updater.exe": program(), "data.bin": noise(), "helper.dll": stub(wide=False)}
    lay(tmp_path / "Users/x", {"a": files})
    assert hunter(tmp_path)[0] == []


def test_a_copy_of_a_program_is_no_repetition(hunter: Hunter, tmp_path: Path) -> None:
    helper = sign(plain("helper.dll"), signer(VENDOR))
    good = {"updater.exe": program(), "helper.dll": helper, "more.dll": helper}
    bad = {"updater.exe": program(), "helper.dll": stub(), "data.bin": noise()}
    lay(tmp_path / "Users/x", {"bad": bad})
    lay(tmp_path / "Program Files", {"good": good})
    (found,) = hunter(tmp_path)[0]
    assert _case(found) == "bad"


def test_what_looks_encrypted_beside_no_program_stays_as_it_was(
    hunter: Hunter, tmp_path: Path
) -> None:
    (tmp_path / "noise.bin").write_bytes(noise())
    (tmp_path / "auth.log").write_text("Nov  3 10:00:00 h sshd[1]: Server listening\n" * 9)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as package:
        package.writestr("inner/noise.bin", noise(seed=9))
    run = hunter(tmp_path)[1]
    gaps = {gap.source[len(str(tmp_path)) + 1 :]: gap.reason for gap in run.coverage.gaps}
    assert gaps == {"noise.bin": "foreign", "a.zip!inner/noise.bin": "foreign"}
    assert {each.channel for each in run.coverage.streams} == {"sshd"}
