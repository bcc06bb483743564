"""Ctrl-C is kept until something can be written, and then ends what is going on."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from patience import PATIENCE_S
from sidelight.cli import hunt as cli
from sidelight.cli.app import run
from sidelight.cli.interrupt import Interrupt, heeding, held
from sidelight.evidence import inventory
from sidelight.host import collect
from sidelight.output import formats


def press() -> None:
    """Press Ctrl-C."""
    signal.raise_signal(signal.SIGINT)


def test_it_is_kept_until_it_is_heeded() -> None:
    with held() as interrupt:
        press()
        with pytest.raises(KeyboardInterrupt), interrupt.heed():
            pytest.fail("what is heeded does not begin")
    assert signal.getsignal(signal.SIGINT) == signal.default_int_handler


def test_it_ends_what_heeds_it() -> None:
    with held() as interrupt:
        with pytest.raises(KeyboardInterrupt), interrupt.heed():
            press()
        assert (interrupt.noted, interrupt.heeded) == (True, False)


def test_pressed_twice_it_ends_everything() -> None:
    with held():
        press()
        with pytest.raises(KeyboardInterrupt):
            press()


def test_where_it_is_ignored_it_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with held() as interrupt:
            press()
            assert not interrupt.noted
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_thread_can_hold_nothing_back() -> None:
    found: list[Interrupt] = []

    def work() -> None:
        with held() as interrupt:
            found.append(interrupt)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found


Pressed = Callable[[object, str], None]


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pressed:
    """Give what has Ctrl-C pressed when a function of a module is called."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))

    def at(module: object, name: str) -> None:
        done = getattr(module, name)

        def call(*words: object, **named: object) -> object:
            press()
            return done(*words, **named)

        monkeypatch.setattr(module, name, call)

    return at


@pytest.mark.parametrize(
    ("module", "name"), [(cli, "_rules"), (inventory, "survey"), (cli, "_sinks")]
)
def test_an_early_hunt_writes_an_empty_partial_result(
    module: object,
    name: str,
    pressed: Pressed,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "a.log").write_text("Jan  1 00:00:00 host cron[1]: all is well\n")
    out = tmp_path / "out.jsonl"
    pressed(module, name)
    assert run(["hunt", str(tmp_path / "a.log"), "-q", "-o", str(out), "--jobs", "1"]) == 130
    written = [json.loads(line) for line in out.read_text().splitlines()]
    assert [each["kind"] for each in written] == ["coverage", "manifest"]
    assert written[-1]["partial"] == "interrupted"
    assert "interrupted: the results are of what was read" in capsys.readouterr().err


def test_what_was_read_whole_is_written_whole(
    pressed: Pressed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.log").write_text("Jan  1 00:00:00 host cron[1]: all is well\n")
    out = tmp_path / "out.jsonl"
    pressed(formats, "write")
    assert run(["hunt", str(tmp_path / "a.log"), "-q", "-o", str(out), "--jobs", "1"]) == 130
    assert json.loads(out.read_text().splitlines()[-1])["partial"] is False
    assert "the results are whole" in capsys.readouterr().err


def test_while_the_program_is_still_loaded_it_is_left_with_a_word() -> None:
    """As by a hand that is quicker than the imports; without a traceback."""
    program = (
        "import os, signal, sys\n"
        "class Press:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'typer': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Press())\n"
        "from sidelight.cli import main\n"
        "sys.argv = ['sidelight', '--version']\n"
        "main()\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (ran.returncode, ran.stdout) == (130, b"")
    assert ran.stderr == b"sidelight: interrupted\n"


def test_whatever_is_interrupted_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Also a command that takes no care of it itself."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(collect, "collect", interrupted)
    monkeypatch.setattr(os, "nice", lambda _: 0)
    assert run(["collect", "--live", "-o", str(tmp_path / "host.jsonl")]) == 130
    assert capsys.readouterr().err == "sidelight: interrupted\n"


@pytest.mark.parametrize("code", [130, -signal.SIGINT])
def test_a_look_that_is_interrupted_shows_no_traceback(
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """However early: the program that looks is loaded, too."""
    source = "import os, sys\nsys.stderr.write('Traceback')\nsys.stderr.flush()\n"
    end = "os._exit(130)" if code == 130 else "import signal\nos.kill(os.getpid(), signal.SIGINT)"
    script = tmp_path / "look.py"
    script.write_text(source + end)
    monkeypatch.setattr(collect, "__file__", str(script))
    assert run(["hunt", "--live", "-q"]) == 130
    assert capfd.readouterr().err == "sidelight: interrupted\n"


def test_what_a_look_saw_is_told_when_it_is_interrupted_before_the_reading(
    pressed: Pressed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = [
        {"schema": "sidelight-host", "version": 1, "type": "host", "host": "here"},
        {"type": "process", "pid": 7, "exe": "/bin/x", "argv": ["x"]},
        {"type": "end"},
    ]
    look, out = tmp_path / "look.py", tmp_path / "out.jsonl"
    look.write_text("".join(f"print({json.dumps(json.dumps(line))})\n" for line in lines))
    monkeypatch.setattr(collect, "__file__", str(look))
    pressed(cli, "_rules")
    assert run(["hunt", "--live", str(tmp_path), "-q", "-o", str(out), "--jobs", "1"]) == 130
    coverage, manifest = [json.loads(line) for line in out.read_text().splitlines()][-2:]
    assert (coverage["events"], coverage["hosts"]) == (1, ["here"])
    assert manifest["partial"] == "interrupted"
    assert [each["path"] for each in manifest["inputs"]] == ["host:this-host"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_other_signals_end_a_hunt_like_ctrl_c(
    number: int,
    code: int,
    pressed: Pressed,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "press", lambda: signal.raise_signal(number))
    before = signal.signal(number, signal.SIG_DFL)
    (tmp_path / "a.log").write_text("Jan  1 00:00:00 host cron[1]: all is well\n")
    out = tmp_path / "out.jsonl"
    pressed(cli, "_sinks")
    try:
        ended = run(["hunt", str(tmp_path / "a.log"), "-q", "-o", str(out), "--jobs", "1"])
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, before)
    assert ended == code
    assert json.loads(out.read_text().splitlines()[-1])["partial"] == "interrupted"
    assert "interrupted: the results are of what was read" in capsys.readouterr().err


def test_the_first_signal_tells_the_code_and_the_second_ends_everything(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def work(_: Interrupt) -> int:
        signal.raise_signal(signal.SIGTERM)
        press()
        pytest.fail("it went on")

    assert heeding(work) == 143
    assert capsys.readouterr().err == "sidelight: interrupted\n"


def test_a_terminal_that_is_gone_keeps_no_result_from_being_written(tmp_path: Path) -> None:
    """Its last words go nowhere; results are written and the code is that of the signal."""
    out = tmp_path / "out.jsonl"
    words = [sys.executable, "-m", "sidelight", "hunt", "-", "-o", str(out), "--jobs", "1"]
    master, slave = pty.openpty()
    reading, writing = os.pipe()
    with subprocess.Popen(
        words, stdin=reading, stdout=slave, stderr=slave, start_new_session=True,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
    ) as running:  # fmt: skip
        os.close(slave)
        os.close(reading)
        for _ in range(12):
            os.write(writing, b"Jan  1 00:00:00 host cron[1]: all is well\n" * 1000)
        os.close(master)
        running.send_signal(signal.SIGHUP)
        os.close(writing)
        assert running.wait(PATIENCE_S) == 129
    assert json.loads(out.read_text().splitlines()[-1])["kind"] == "manifest"
