"""Hosts as evidence: this one and others."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from sidelight.cli import exits, fleet
from sidelight.errors import UsageError

GRACE_S: Final = 5
"""How long what looks at this host may take to write what it has seen, once it is to end."""


def look_at_hosts(
    folder: Path, hosts: Sequence[str], words: Sequence[str] = (), *, live: bool
) -> list[Path]:
    """Write what hosts show when they are looked at into *folder*; give the files.

    Args:
        folder: is there already.
        hosts: to look at over ssh.
        words: options of the collector.
        live: look at this host.

    Raises:
        UsageError: no look can be had.
        KeyboardInterrupt: it was interrupted; what was seen until then is in the files.
    """
    files = [_here(folder / "this-host.jsonl", words)] if live else []
    return files + fleet.told(fleet.fetch(hosts, folder, words), len(hosts), fleet.say)


def _here(file: Path, words: Sequence[str]) -> Path:
    """Look at this host, in a process of its own: nice and limited as the collector is."""
    if not sys.platform.startswith("linux"):
        raise UsageError("this system has no /proc as Linux has it", where="--live")
    from sidelight.host import collect  # noqa: PLC0415 - not for --help

    try:
        with file.open("wb") as out:
            code, said = _run([sys.executable, "-I", collect.__file__, *words], out)
        # Signals, as it is being loaded; and to all of a group they come there first.
        if code in {exits.INTERRUPTED, -signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP}:
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        if file.stat().st_size:  # else nothing was seen
            fleet.note(file, "", fleet.INTERRUPTED)
        raise
    sys.stderr.write(said.decode("utf-8", "replace"))
    if code:
        raise UsageError("the host could not be looked at", where="--live")
    return file


def _run(command: list[str], out: BinaryIO) -> tuple[int, bytes]:
    """Run a program to its end; one that is interrupted may write what it has seen."""
    with subprocess.Popen(  # noqa: S603 - this interpreter, a module of this package
        command, stdout=out, stderr=subprocess.PIPE
    ) as running:
        try:
            _, said = running.communicate()
        except KeyboardInterrupt:
            running.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                running.wait(GRACE_S)
            running.kill()
            raise
        return running.returncode, said
