"""What is measured: evidence and rules, from beside the checkout or from the range."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SHARED: Final = Path(__file__).resolve().parents[2] / "shared"
DENSE: Final = Path(__file__).resolve().parent / "dense.py"
BUNDLE: Final = Path(__file__).resolve().parent / "bundle.py"
SMALL_BYTES: Final = 70_000
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Material:
    """A thing to hunt in.

    Args:
        says: what it is, for the table.
    """

    path: Path
    says: str


def dense(folder: Path, megabytes: int) -> Material:
    """Write a dense event log, in a process of its own."""
    path = folder / f"dense-{megabytes}.evtx"
    subprocess.run(
        [sys.executable, str(DENSE), str(path), "--size-mb", str(megabytes)],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return Material(path, f"dense EVTX, {megabytes} MB")


def bundle(folder: Path, objects: int) -> Material:
    """Write a STIX bundle, in a process of its own."""
    path = folder / f"bundle-{objects}.json"
    subprocess.run([sys.executable, str(BUNDLE), str(path), str(objects)], check=True)
    return Material(path, f"STIX bundle of {objects:,} objects, {path.stat().st_size >> 20} MB")


def json_lines(folder: Path, evidence: Path, command: list[str], limit: int) -> Material:
    """Write JSON lines of up to *limit* bytes: Security-Datasets, else of the range."""
    path = folder / "events.json"
    packed = evidence / "Security-Datasets"
    with path.open("wb") as out:
        if packed.is_dir():
            for block in _members(packed):
                out.write(block)
                if out.tell() > limit:
                    break
            says = "Security-Datasets"
        else:
            _write_range_lines(folder, command, path, limit)
            says = "the range"
    return Material(path, f"JSON lines of {says}, {path.stat().st_size >> 20} MB")


def _members(folder: Path) -> Iterator[bytes]:
    """Yield the JSON members of the archives below *folder*, each ending in a line feed."""
    for path in sorted(folder.rglob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".json"):
                    data = archive.read(name)
                    yield data if data.endswith(b"\n") else data + b"\n"


def _write_range_lines(folder: Path, command: list[str], path: Path, limit: int) -> None:
    made = _range(folder, command)
    files = [each for each in sorted(made.rglob("*.json*")) if each.name != "truth.json"]
    lines = b"".join(each.read_bytes() for each in files)
    with path.open("wb") as out:
        while lines and out.tell() < limit:
            out.write(lines)


def _range(folder: Path, command: list[str]) -> Path:
    made = folder / "range"
    if not made.exists():
        subprocess.run([*command, "range", str(made)], check=True, capture_output=True, cwd=folder)
    return made


def attack_folder(folder: Path, evidence: Path, command: list[str]) -> Material:
    """Give a folder of many small logs: EVTX-ATTACK-SAMPLES, else the range."""
    found = evidence / "EVTX-ATTACK-SAMPLES"
    if found.is_dir():
        return Material(found, "EVTX-ATTACK-SAMPLES, a folder")
    return Material(_range(folder, command), "the range, a folder")


def small_file(material: Material) -> Material:
    """Give the first event log of *material* of the smallest size there is."""
    logs = sorted(material.path.rglob("*.evtx"), key=lambda each: (each.stat().st_size, each))
    return Material(logs[0], f"one small file, {logs[0].stat().st_size >> 10} KB")


def rules_package(folder: Path, given: Path | None) -> Material | None:
    """Give the rules that are run beside Sidelight's own; None for no others."""
    found = given or SHARED / "sigma" / "sigma_all_rules.zip"
    if not found.exists():
        return None
    return Material(found.resolve(), "SigmaHQ's rules" if given is None else "the rules given")


def unpacked_rules(folder: Path, rules: Material) -> Path:
    """Give a folder that holds *rules* as files."""
    if rules.path.is_dir():
        return rules.path
    into = folder / "rules"
    shutil.unpack_archive(rules.path, into)
    return into
