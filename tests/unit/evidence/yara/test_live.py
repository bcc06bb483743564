"""YARA over memory of running processes: a marker in a child of the test's own."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from sidelight.evidence.yara import live
from sidelight.evidence.yara.pack import compile_folder
from sidelight.evidence.yara.scan import Scan
from sidelight.host import collect

pytest.importorskip("yara_x")
if not sys.platform.startswith("linux"):
    pytest.skip("needs /proc", allow_module_level=True)

CHILD = """
import sys
held = bytearray(1 << 20)
held[5000:5014] = bytes(c ^ 1 for c in b"L@SJ,NG,@,QDRU")
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_marker_in_the_memory_of_a_child_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = bytes(c ^ 1 for c in b"L@SJ,NG,@,QDRU").decode()
    (tmp_path / "a.yar").write_text(f'rule a {{ strings: $a = "{text}" condition: $a }}')
    out = io.BytesIO()
    scan = Scan(compile_folder(tmp_path), out)
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        child.stdout.readline()
        monkeypatch.setattr(collect, "pids_listed", lambda: [child.pid])
        try:
            list(live.scan_host(scan, "here"))
        finally:
            child.communicate(b"")
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    found = [row for row in rows if row.get("type") == "match"]
    if not found and any(row.get("reason") == "denied" for row in rows):
        pytest.skip("the memory of a child may not be read here")
    assert {(row["rule"], row["pid"], row["host"]) for row in found} == {("a", child.pid, "here")}


def test_what_is_denied_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yar").write_text("rule a { condition: true }")
    out = io.BytesIO()
    scan = Scan(compile_folder(tmp_path), out)

    def deny(pid: int) -> object:
        raise PermissionError(13, "denied", str(pid))

    monkeypatch.setattr(collect, "pids_listed", lambda: [1, 2])
    monkeypatch.setattr(live, "_buffers", deny)
    assert list(live.scan_host(scan, "")) == [1, 2]
    gap = json.loads(out.getvalue().splitlines()[-1])
    assert (gap["reason"], gap["text"]) == ("denied", "YARA was denied the memory of 2 processes")
