import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sidelight.errors import EvidenceError
from sidelight.hunt import forks
from sidelight.hunt.forks import Fork, aside, can_fork, end_quietly, forked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems fork nothing")


def test_another_process_gives_values_in_their_order() -> None:
    def make() -> Iterator[tuple[int, bytes]]:
        for number in range(5):
            yield os.getpid(), bytes([number]) * 300_000  # more than a pipe holds

    with forked(make) as fork:
        assert fork
        given = [fork.take() for _ in range(7)]
    assert [each[1] for each in given if each] == [bytes([number]) * 300_000 for number in range(5)]
    assert os.getpid() not in {each[0] for each in given if each}
    assert given[5:] == [None, None]


def test_what_is_made_aside_is_waited_for() -> None:
    with aside(os.getpid) as wait:
        assert wait() != os.getpid()


def test_beside_a_thread_nothing_is_forked() -> None:
    with ThreadPoolExecutor(1) as another:
        another.submit(int).result()
        assert not can_fork()
        with forked(lambda: [1]) as fork:
            assert fork is None
        with aside(os.getpid) as wait:
            assert wait() == os.getpid()


@pytest.mark.parametrize("threads", [0, 1])
def test_what_cannot_be_made_aside_fails_where_it_is_asked_for(threads: int) -> None:
    def fail() -> int:
        raise EvidenceError("gone", where="x")

    with ThreadPoolExecutor(1) as another:
        if threads:
            another.submit(int).result()
        with aside(fail) as wait, pytest.raises(EvidenceError, match="gone"):
            wait()


def test_what_a_killed_process_leaves_undone_is_made_here() -> None:
    here = os.getpid()

    def make() -> str:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return "whole"

    with aside(make) as wait:
        assert wait() == "whole"


def test_a_value_of_which_a_part_came_is_none() -> None:
    for text in (b"", b"\0\0\0", (9).to_bytes(8, "big"), (9).to_bytes(8, "big") + b"\x80\x05"):
        assert Fork(0, io.BytesIO(text)).take() is None


@pytest.mark.parametrize("call", ["fork", "pipe"])
def test_where_there_can_be_no_more_processes_all_is_made_here(
    monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def refuse() -> int:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, call, refuse)
    with forked(lambda: [1]) as fork:
        assert fork is None
    with aside(os.getpid) as wait:
        assert wait() == os.getpid()


def test_a_process_ends_where_nobody_waits_for_it() -> None:
    def make() -> Iterator[int]:
        yield os.getpid()
        time.sleep(600)

    with forked(make) as fork:
        assert fork
        process = fork.take()
    assert process
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


ORPHAN = """
import os, signal, sys, time
from sidelight.hunt.forks import forked
def make():
    yield os.getpid()
    time.sleep(600)
with forked(make) as fork:
    print(fork.take(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_ends_with_its_parent() -> None:
    ran = subprocess.run([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, check=False)
    assert ran.returncode == -signal.SIGKILL
    process = int(ran.stdout)
    for _ in range(100):
        if _is_over(process):
            return
        time.sleep(0.1)
    os.kill(process, signal.SIGKILL)
    pytest.fail("it outlived its parent")


def _is_over(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_signals_end_another_process_but_those_that_are_ignored_stay_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forks, "of_libc", lambda name: None)
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    hung_up = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup(1) leaves it
    try:
        signal.signal(signal.SIGTERM, lambda *_: None)
        end_quietly()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, hung_up)
        for number, action in before.items():
            signal.signal(number, action)
