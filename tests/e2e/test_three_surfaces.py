"""One library in a log, on a disk and in memory is one finding that says where they disagree."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from authenticode_writer import root
from minidump_writer import BASE, IMAGE, PAGE, RX, Dump, Loaded, Part, minidump_of
from sidelight.host.image import image_of
from triad_cases import noise, program, stub

from .conftest import CommandLine

HOST = "ws-7"
FOLDER = r"C:\Users\bob\AppData\Roaming\Good"
START = 1_700_000_000  # 2023-11-14T22:13:20Z
LIBRARY = 0x180000000


def load(data: bytes, host: str) -> dict[str, Any]:
    """Make the event of Sysmon that tells of the load."""
    return {
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "EventID": 7,
        "Computer": host,
        "UtcTime": "2023-11-14 22:13:21.000",
        "TimeCreated": "2023-11-14T22:13:21Z",
        "EventRecordID": 1,
        "ProcessId": "4711",
        "ProcessGuid": "{3f1e6a2b-0000-6553-0100-000000000100}",
        "Image": rf"{FOLDER}\svc.exe",
        "ImageLoaded": rf"{FOLDER}\helper.dll",
        "Hashes": f"SHA256={hashlib.sha256(data).hexdigest().upper()}",
        "Signed": "false",
        "Signature": "-",
        "SignatureStatus": "Unavailable",
    }


def lay(folder: Path, host: str = HOST) -> Path:
    """Lay a log, a disk and a dump of the same process; the dump has other code than the disk."""
    data = stub(strings=b"\x90" * 0x800)
    files = {"svc.exe": program(), "helper.dll": data, "data.bin": noise()}
    place = folder / "disk/C/Users/bob/AppData/Roaming/Good"
    place.mkdir(parents=True)
    for name, some in files.items():
        (place / name).write_bytes(some)
    (folder / "sysmon.jsonl").write_text(json.dumps(load(data, host)) + "\n", encoding="utf-8")
    image = image_of(data)
    assert image is not None
    held = data[0x400 : 0x400 + 0x40] + b"\xcc" * 0x200 + data[0x400 + 0x240 :]
    parts = [
        Part(LIBRARY, PAGE, 0x02, IMAGE, data[:0x400].ljust(PAGE, b"\0"), LIBRARY),
        Part(LIBRARY + PAGE, PAGE, RX, IMAGE, held[:PAGE], LIBRARY),
    ]
    modules = [
        Loaded(BASE, 2 * PAGE, rf"{FOLDER}\svc.exe"),
        Loaded(LIBRARY, image.size, rf"{FOLDER}\helper.dll", image.stamp),
    ]
    dump = Dump(parts, modules, started=START)
    (folder / "svc.dmp").write_bytes(minidump_of(dump))
    return folder


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trust") / "root.pem"
    path.write_bytes(root().pem)
    return path


def findings(sidelight: CommandLine, *words: object) -> list[dict[str, Any]]:
    ran = sidelight("hunt", *words, "--quiet", "--format", "jsonl", "--fail-level", "never")
    assert ran.code == 0, ran.err
    lines = [json.loads(line) for line in ran.out.splitlines()]
    return [line for line in lines if line["kind"] == "finding"]


def test_three_surfaces_are_one_finding(sidelight: CommandLine, tmp_path: Path, pem: Path) -> None:
    folder = lay(tmp_path / "case")
    [one] = findings(sidelight, folder, "--host", HOST, "--trust", pem)
    assert (one["host"], one["class"], one["level"]) == (HOST, "sideload", "critical")
    surfaces = {seen["surface"]: seen["sources"] for seen in one["surfaces"]}
    assert list(surfaces) == ["log", "memory", "disk"]
    assert [Path(source).name for source in surfaces["memory"]] == ["svc.dmp"]
    library = rf"{FOLDER}\helper.dll"
    assert one["disagreements"] == [
        f"{library} is there for {surface}, and its code in memory is another."
        for surface in ("event logs", "the disk")
    ]
    texts = [weight["text"] for weight in one["weights"]]
    assert f"Event logs, memory and the disk tell of the same file, {library}." in texts


def test_hosts_of_other_names_are_not_joined(
    sidelight: CommandLine, tmp_path: Path, pem: Path
) -> None:
    folder = lay(tmp_path / "case", host="ws-8")
    found = findings(sidelight, folder, "--host", HOST, "--trust", pem)
    surfaces = {one["host"]: [seen["surface"] for seen in one["surfaces"]] for one in found}
    assert surfaces.pop(HOST) == ["memory", "disk"]
    assert all(some == [] for some in surfaces.values())


def test_a_disk_without_a_name_is_joined_by_path_and_digest(
    sidelight: CommandLine, tmp_path: Path, pem: Path
) -> None:
    folder = lay(tmp_path / "case")
    (folder / "svc.dmp").unlink()
    [one] = findings(sidelight, folder, "--trust", pem)
    assert [seen["surface"] for seen in one["surfaces"]] == ["log", "disk"]
    assert one["disagreements"] == []
