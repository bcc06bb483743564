"""Hosts as evidence: this one and others."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sidelight.cli import exits
from sidelight.errors import UsageError


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
    """
    from sidelight.cli import fleet  # noqa: PLC0415 - not for --help

    files = [_here(folder / "this-host.jsonl", words)] if live else []
    return files + fleet.told(fleet.fetch(hosts, folder, words), len(hosts), fleet.say)


def _here(file: Path, words: Sequence[str]) -> Path:
    """Look at this host, in a process of its own: nice and limited as the collector is."""
    if not sys.platform.startswith("linux"):
        raise UsageError("this system has no /proc as Linux has it", where="--live")
    from sidelight.host import collect  # noqa: PLC0415 - not for --help

    with file.open("wb") as out:
        ran = subprocess.run(  # noqa: S603 - this interpreter, a module of this package
            [sys.executable, "-I", collect.__file__, *words],
            stdout=out,
            stderr=subprocess.PIPE,
            check=False,
        )
    if ran.returncode in {exits.INTERRUPTED, -signal.SIGINT}:  # the latter as it is being loaded
        raise KeyboardInterrupt
    sys.stderr.write(ran.stderr.decode("utf-8", "replace"))
    if ran.returncode:
        raise UsageError("the host could not be looked at", where="--live")
    return file
