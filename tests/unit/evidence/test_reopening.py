"""Files read once more."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from sidelight.evidence.inventory import survey
from sidelight.evidence.reopening import Marked, Opened, reopen
from sidelight.schema import Gap

MARK = "[ZoneTransfer]\r\nZoneId=3\r\n"


def _zip(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as package:
        for name, data in members.items():
            package.writestr(name, data)
    return held.getvalue()


def test_plain_files_are_read_with_time_and_mark(tmp_path: Path) -> None:
    path = tmp_path / "odd!name.exe"
    path.write_bytes(b"MZ1")
    (tmp_path / "odd!name.exe:Zone.Identifier").write_text(MARK, newline="")
    (found,) = reopen([str(path)], survey([str(tmp_path)]).inputs)
    assert found == Opened(str(path), b"MZ1", int(path.stat().st_mtime), MARK)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_members_are_read_however_deep_they_lie(tmp_path: Path, kind: str) -> None:
    inner = _zip({"x/a.dll": b"MZ2", "x/a.dll:Zone.Identifier": MARK.encode()})
    path = tmp_path / f"a.{kind}"
    members = {"b.exe": b"MZ1", "in.zip": inner, "other": b"MZ3"}
    if kind == "zip":
        path.write_bytes(_zip(members))
    else:
        with tarfile.open(path, "w:gz") as package:
            for name, data in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                package.addfile(info, io.BytesIO(data))
    wanted = [f"{path}!b.exe", f"{path}!in.zip!x/a.dll"]
    found = list(reopen(wanted, survey([str(path)]).inputs))
    assert found == [
        Opened(wanted[0], b"MZ1"),
        Opened(wanted[1], b"MZ2"),
        Marked(wanted[1], MARK),
    ]


def test_what_is_gone_or_came_by_standard_input_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(_zip({"b.exe": b"MZ1"}))
    inputs = survey([str(path), "-"]).inputs
    gone = [str(tmp_path / "gone.exe"), f"{path}!gone.exe", "-!a.exe"]
    found = list(reopen(gone, inputs))
    assert [isinstance(each, Gap) for each in found] == [True] * 3
    reasons = {each.source: each.reason for each in found if isinstance(each, Gap)}
    assert reasons == {gone[0]: "denied", gone[1]: "changed", gone[2]: "unsupported"}
