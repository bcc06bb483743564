"""Other hosts, looked at over ssh: several at once, and nothing is left on them."""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import field
from pathlib import Path
from typing import IO, Final

from sidelight.errors import UsageError
from sidelight.output.plain import plain
from sidelight.values import dataclass

AT_ONCE: Final = 16
TIMEOUT_S: Final = 900
INTERRUPTED: Final = "interrupted"
LIMIT: Final = 512 << 20
"""No host has so much to say: one that does is not believed."""

_ADVICE: Final = (
    ("could not resolve", "check how the name is spelled, or name the address"),
    ("connection refused", "nothing takes ssh there: is sshd running, and on this port?"),
    ("timed out", "no answer: is the host up, and does a firewall let ssh through?"),
    ("no route to host", "no answer: is the host up, and does a firewall let ssh through?"),
    ("network is unreachable", "this machine has no way there"),
    ("permission denied", "no password is asked for: load a key with ssh-add, or say USER@HOST"),
    ("host key verification failed", "log in once by hand, and check the key of the host"),
    ("python3: ", "the host needs Python 3.6 or newer as python3"),
)
"""What to do about what ssh says."""

_PLAIN: Final = re.compile(r"[^\w.@:-]")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A host that was looked at.

    Args:
        file: what it showed; a start without an end where it did not get so far.
        trouble: why it did not; empty where all is well.
    """

    host: str
    file: Path
    trouble: str


def fetch(hosts: Sequence[str], folder: Path, words: Sequence[str] = ()) -> Generator[Fetched]:
    """Look at *hosts* and write what each shows into *folder*, in the order in which they end.

    The collector goes in over standard input and JSON lines come back. Who may log in, and as
    whom, is for ssh and its configuration to say; nobody is asked for a password. A host that
    cannot be looked at leaves a file that says so: the hunt reports it as evidence that is
    missing, never as a host where nothing was found. Left early, it ends all calls, and what is
    missing then was interrupted.

    Args:
        hosts: names as ssh takes them, ``root@node1``.
        folder: is there already.
        words: options of the collector.

    Raises:
        UsageError: a name would be an option of ssh.
    """
    named = list(dict.fromkeys(hosts))
    for host in named:
        if not host or host.startswith("-"):
            raise UsageError("is no name of a host", where=f"--ssh {host}")
    calls, pool, left = _Calls(), ThreadPoolExecutor(AT_ONCE), set(named)
    try:
        started = [pool.submit(_fetch, host, folder, words, calls) for host in named]
        for done in as_completed(started):
            left.discard(done.result().host)
            yield done.result()
    finally:
        calls.stop()
        pool.shutdown(cancel_futures=True)
        for host in left:  # of which some were looked at in part, and some not at all
            if not _file(folder, host).exists():
                note(_file(folder, host), host, INTERRUPTED)


def told(fetched: Generator[Fetched], count: int, tell: Callable[[str], None]) -> list[Path]:
    """Tell how far the fetching is and what went wrong; give the files in order of name."""
    files = []
    with closing(fetched):
        for number, one in enumerate(fetched, 1):
            tell(f"{number} of {count}: {one.host}: {one.trouble or 'looked at'}")
            files.append(one.file)
    return sorted(files)


@dataclass(slots=True)
class _Calls:
    """The calls that are going on, to be ended together."""

    going: set["subprocess.Popen[bytes]"] = field(default_factory=set)
    stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, call: "subprocess.Popen[bytes]") -> None:
        with self._lock:
            self.going.add(call)
            if self.stopped:
                call.kill()

    def remove(self, call: "subprocess.Popen[bytes]") -> None:
        with self._lock:
            self.going.discard(call)

    def stop(self) -> None:
        with self._lock:
            self.stopped = True
            for call in self.going:
                call.kill()


def _file(folder: Path, host: str) -> Path:
    return folder / f"{_PLAIN.sub('_', host)}.jsonl"


def _fetch(host: str, folder: Path, words: Sequence[str], calls: _Calls) -> Fetched:
    from sidelight.host import collect  # noqa: PLC0415 - not for --help

    file = _file(folder, host)
    remote = shlex.join(["python3", "-", *words])
    command = ["ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "--", host, remote]
    try:
        with Path(collect.__file__).open("rb") as script, file.open("wb") as out:
            trouble = _run(command, script, out, calls)
    except FileNotFoundError:
        trouble = "there is no program ssh here"
    except OSError as error:
        trouble = f"ssh: {error.strerror}"
    trouble = plain(trouble)
    if trouble:
        note(file, host, trouble)
    return Fetched(host, file, trouble)


def _run(command: list[str], script: IO[bytes], out: IO[bytes], calls: _Calls) -> str:
    """Run ssh, take at most `LIMIT` bytes of what it prints, and say what went wrong."""
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(  # noqa: S603 - ssh is meant to be that of the path
            command, stdin=script, stdout=subprocess.PIPE, stderr=errors
        ) as running,
    ):
        calls.add(running)
        late = threading.Event()

        def stop() -> None:
            late.set()
            running.kill()

        timer = threading.Timer(TIMEOUT_S, stop)
        timer.start()
        left = LIMIT
        try:
            while running.stdout and left > 0 and (block := running.stdout.read(1 << 16)):
                out.write(block)
                left -= len(block)
        finally:
            timer.cancel()
            calls.remove(running)
            if left <= 0:
                running.kill()
        if calls.stopped:
            return INTERRUPTED
        if late.is_set():
            return f"it took longer than {TIMEOUT_S} s"
        if left <= 0:
            return f"it sent more than {LIMIT >> 20} MiB"
        code = running.wait()
        errors.seek(0)
        said = errors.read(1 << 16).decode("utf-8", "replace").strip().splitlines()
        return "" if code == 0 else _advised(said[-1]) if said else f"ssh ended with {code}"


def _advised(said: str) -> str:
    advice = next((advice for sign, advice in _ADVICE if sign in said.lower()), "")
    return f"{said} ({advice})" if advice else said


def note(file: Path, host: str, trouble: str) -> None:
    """Say in a collection that has no end, or in none yet, why, so that the hunt does."""
    from sidelight.host import collect  # noqa: PLC0415

    head = {"schema": collect.SCHEMA, "version": collect.VERSION, "type": "host", "host": host}
    lines: list[dict[str, object]] = [{"type": "trouble", "text": trouble}]
    file.touch()
    if not file.stat().st_size:
        lines.insert(0, head)
    with file.open("r+b") as out:
        if out.seek(0, os.SEEK_END):
            out.seek(-1, os.SEEK_END)
            out.write(b"" if out.read() == b"\n" else b"\n")
        out.writelines(json.dumps(line).encode() + b"\n" for line in lines)


def say(text: str) -> None:
    """Say something to the person, beside what is written."""
    print(f"sidelight: {text}", file=sys.stderr)  # noqa: T201
