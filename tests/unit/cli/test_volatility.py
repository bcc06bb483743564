"""Volatility as a program of its own: what it is asked, and what becomes of its answers."""

import io
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest

from patience import until
from sidelight.cli import volatility
from sidelight.cli.volatility import find_volatility, read_images
from sidelight.errors import UsageError
from sidelight.evidence.host import volatility as host_volatility
from sidelight.evidence.stream import Stream
from sidelight.schema import Frame, Gap, want_all

FAKE = """#!{python}
import json, sys
answers = json.load(open({answers!r}))
open({asked!r}, "a").write(json.dumps(sys.argv[1:]) + "\\n")
code, said = answers.get(sys.argv[-1], [1, "Unable to validate: symbol_table_name"])
print(said if isinstance(said, str) else json.dumps(said))
sys.exit(code)
"""


class Bench:
    """A program ``vol`` that gives stored answers, and an image."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.image = folder / "mem.raw"
        self.image.write_bytes(b"EMiL")

    def ask(self, answers: dict[str, list[object]], *symbols: Path) -> list[dict[str, object]]:
        (self.folder / "answers").write_text(json.dumps(answers))
        program = self.folder / "vol"
        program.write_text(
            FAKE.format(
                python=sys.executable,
                answers=str(self.folder / "answers"),
                asked=str(self.folder / "asked"),
            )
        )
        program.chmod(0o755)
        (file,) = read_images([self.image], symbols, self.folder)
        return [orjson.loads(line) for line in file.read_bytes().splitlines()]

    @property
    def asked(self) -> list[list[str]]:
        lines = (self.folder / "asked").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(volatility, "find_volatility", lambda: str(tmp_path / "vol"))
    return Bench(tmp_path)


def test_rows_of_every_plugin_are_kept_and_one_that_fails_is_a_gap(bench: Bench) -> None:
    row = {"PID": 1, "Big": 1 << 70, "__children": [{"PID": 2, "__children": []}]}
    lines = bench.ask({"linux.pslist.PsList": [0, [row]], "linux.elfs.Elfs": [0, []]})
    assert lines[1] == {"type": "image", "image": str(bench.image), "system": "linux"}
    assert lines[2]["rows"] == [{"PID": 1, "Big": str(1 << 70)}, {"PID": 2}]
    assert [line["type"] for line in lines[3:]] == ["gap", "plugin", "gap", "gap", "end"]
    assert all("--offline" in words and "json" in words for words in bench.asked)


def test_a_windows_image_is_tried_when_linux_fails_and_first_by_its_header(bench: Bench) -> None:
    lines = bench.ask({"windows.pslist.PsList": [0, [{"PID": 4}]]})
    assert lines[1]["system"] == "windows"
    assert bench.asked[0][-1] == "linux.pslist.PsList"
    bench.image.write_bytes(b"PAGEDU64")
    (bench.folder / "asked").unlink()
    bench.ask({"windows.pslist.PsList": [0, [{"PID": 4}]]})
    assert bench.asked[0][-1] == "windows.pslist.PsList"


def test_missing_symbols_are_said_with_what_to_do(bench: Bench) -> None:
    banner = "Linux version 6.1.0-1-amd64 (x@y)\n"
    lines = bench.ask({"banners.Banners": [0, [{"Banner": banner}]]}, Path("/isf"))
    (gap,) = [line for line in lines if line.get("type") == "gap"]
    assert "Linux version 6.1.0-1-amd64" in str(gap["text"])
    assert "no symbols" in str(gap["text"])
    assert "--symbols" in str(gap["text"])
    assert bench.asked[0][6:8] == ["-s", "/isf"]


def test_an_empty_list_of_processes_asks_no_further(bench: Bench) -> None:
    lines = bench.ask({"linux.pslist.PsList": [0, []]})
    assert [line.get("type") for line in lines] == [None, "image", "plugin", "end"]


@pytest.mark.parametrize("said", ["no JSON", '{"a": 1}', ""])
def test_what_is_no_list_of_rows_is_a_failure(bench: Bench, said: str) -> None:
    lines = bench.ask({"linux.pslist.PsList": [0, said]})
    assert "did not print" in str(next(x for x in lines if x.get("type") == "gap")["text"])


SLEEPER = """#!/bin/sh
sleep 600 &
echo $! >> {child}
{rest}
"""


def run_script(bench: Bench, rest: str) -> tuple[str, Path]:
    child = bench.folder / "child"
    program = bench.folder / "vol"
    program.write_text(SLEEPER.format(child=child, rest=rest))
    program.chmod(0o755)
    (file,) = read_images([bench.image], (), bench.folder)
    lines = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    return str(next(x for x in lines if x.get("type") == "gap")["text"]), child


def is_running(pid: str) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_one_that_hangs_is_ended_with_what_it_started(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour has passed whenever it has started something."""
    child = bench.folder / "child"
    child.touch()

    def passed() -> int:
        return child.read_text().count("\n") * (volatility.TIMEOUT_S + 1)

    monkeypatch.setattr(volatility, "time", SimpleNamespace(monotonic=passed))
    said, _ = run_script(bench, "wait")
    assert "longer than 3600 s" in said
    assert until(lambda: not any(map(is_running, child.read_text().split())))


def test_one_that_prints_without_end_is_ended(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volatility, "LIMIT", 1 << 20)
    said, _ = run_script(bench, "while :; do printf '%65536s' x; done")
    assert "printed more than" in said


@pytest.mark.parametrize("value", ["a\ud800b", ["\ud800"], {"a": 1 << 70}, float("nan")])
def test_values_that_cannot_be_written_as_they_are_are_spelled(bench: Bench, value: object) -> None:
    lines = bench.ask({"linux.pslist.PsList": [0, [{"PID": 1, "COMM": value}]]})
    assert "PID" in str(lines[2]["rows"])


def test_without_the_extra_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(UsageError, match=r"pip install '\.\[volatility\]'"):
        find_volatility()


def test_an_image_that_is_not_there_is_refused(bench: Bench) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_images([bench.folder / "none"], [], bench.folder)


def test_the_real_program_says_what_it_lacks(tmp_path: Path) -> None:
    """Where it is installed: random bytes are no image, and that is a gap."""
    if shutil.which("vol", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("Volatility 3 is not installed beside this Python")
    (tmp_path / "mem.raw").write_bytes(bytes(range(256)) * 4096)
    (file,) = read_images([tmp_path / "mem.raw"], [], tmp_path)
    lines = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    assert [line.get("type") for line in lines] == [None, "image", "gap", "end"]


@pytest.mark.parametrize("plugin", ["linux.pslist.PsList", "linux.elfs.Elfs"])
def test_an_interrupted_image_has_no_end_and_keeps_what_was_seen(
    plugin: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = volatility._Runner.run

    def interrupted(self: volatility._Runner, name: str) -> object:
        if name == plugin:
            raise KeyboardInterrupt
        return run(self, name)

    monkeypatch.setattr(volatility._Runner, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bench.ask({"linux.pslist.PsList": [0, [{"PID": 1}]]})
    file = bench.folder / "memory-1.jsonl"
    found = list(host_volatility.read([Stream("m", io.BytesIO(file.read_bytes()))], want_all))
    gaps = [each.text for each in found if isinstance(each, Gap)]
    assert gaps[-1] == "the image was not looked at to its end"
    rows = sum(len(each) for each in found if isinstance(each, Frame))
    assert rows == (0 if plugin == "linux.pslist.PsList" else 1)
