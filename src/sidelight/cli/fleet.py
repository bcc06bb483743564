"""Other hosts, looked at over ssh: several at once, and nothing is left on them."""

import json
import re
import shlex
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import IO, Final

from sidelight.errors import UsageError
from sidelight.output.plain import plain
from sidelight.values import dataclass

AT_ONCE: Final = 16
TIMEOUT_S: Final = 900
LIMIT: Final = 512 << 20
"""No host has so much to say: one that does is not believed."""

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


def fetch(hosts: Sequence[str], folder: Path, words: Sequence[str] = ()) -> Iterator[Fetched]:
    """Look at *hosts* and write what each shows into *folder*, in the order in which they end.

    The collector goes in over standard input and JSON lines come back. Who may log in, and as
    whom, is for ssh and its configuration to say; nobody is asked for a password. A host that
    cannot be looked at leaves a file that says so: the hunt reports it as evidence that is
    missing, never as a host where nothing was found.

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
    with ThreadPoolExecutor(AT_ONCE) as pool:
        started = [pool.submit(_fetch, host, folder, words) for host in named]
        for done in as_completed(started):
            yield done.result()


def told(fetched: Iterator[Fetched], count: int, tell: Callable[[str], None]) -> list[Path]:
    """Tell how far the fetching is and what went wrong; give the files in order of name."""
    files = []
    for number, one in enumerate(fetched, 1):
        tell(f"{number} of {count}: {one.host}: {one.trouble or 'looked at'}")
        files.append(one.file)
    return sorted(files)


def _fetch(host: str, folder: Path, words: Sequence[str]) -> Fetched:
    from sidelight.host import collect  # noqa: PLC0415 - not for --help

    file = folder / f"{_PLAIN.sub('_', host)}.jsonl"
    remote = shlex.join(["python3", "-", *words])
    command = ["ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "--", host, remote]
    try:
        with Path(collect.__file__).open("rb") as script, file.open("wb") as out:
            trouble = _run(command, script, out)
    except OSError as error:
        trouble = f"ssh: {error.strerror}"
    if trouble and not file.stat().st_size:
        file.write_text(_unopened(host), encoding="utf-8")
    return Fetched(host, file, plain(trouble))


def _run(command: list[str], script: IO[bytes], out: IO[bytes]) -> str:
    """Run ssh, take at most `LIMIT` bytes of what it prints, and say what went wrong."""
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(  # noqa: S603 - ssh is meant to be that of the path
            command, stdin=script, stdout=subprocess.PIPE, stderr=errors
        ) as running,
    ):
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
            if left <= 0:
                running.kill()
        if late.is_set():
            return f"it took longer than {TIMEOUT_S} s"
        if left <= 0:
            return f"it sent more than {LIMIT >> 20} MiB"
        code = running.wait()
        errors.seek(0)
        said = errors.read(1 << 16).decode("utf-8", "replace").strip().splitlines()
        return "" if code == 0 else said[-1] if said else f"ssh ended with {code}"


def _unopened(host: str) -> str:
    """Begin a collection that has no end, so that the hunt misses it."""
    from sidelight.host import collect  # noqa: PLC0415

    head = {"schema": collect.SCHEMA, "version": collect.VERSION, "type": "host", "host": host}
    return json.dumps(head) + "\n"


def say(text: str) -> None:
    """Say something to the person, beside what is written."""
    print(f"sidelight: {text}", file=sys.stderr)  # noqa: T201
