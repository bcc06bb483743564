"""Hosts as evidence: this one and others, in a folder that is gone afterwards."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sidelight.errors import UsageError


@contextmanager
def with_hosts(
    paths: Sequence[str], hosts: Sequence[str], *, live: bool
) -> Iterator[tuple[str, ...]]:
    """Give the paths to hunt: those named, and what hosts show when they are looked at.

    Args:
        paths: that were named.
        hosts: to look at over ssh.
        live: look at this host.

    Raises:
        UsageError: there is nothing to hunt, or no look can be had.
    """
    if not live and not hosts:
        if not paths:
            raise UsageError("name logs, folders or archives, or say --live or --ssh HOST")
        yield tuple(paths)
        return
    import tempfile  # noqa: PLC0415 - not for --help

    from sidelight.cli import fleet  # noqa: PLC0415 - not for --help

    with tempfile.TemporaryDirectory(prefix="sidelight-") as name:
        folder = Path(name)
        files = [_here(folder / "this-host.jsonl")] if live else []
        files += fleet.told(fleet.fetch(hosts, folder), len(hosts), fleet.say)
        yield (*paths, *map(str, files))


def _here(file: Path) -> Path:
    """Look at this host, in a process of its own: nice and limited as the collector is."""
    if not sys.platform.startswith("linux"):
        raise UsageError("this system has no /proc as Linux has it", where="--live")
    from sidelight.host import collect  # noqa: PLC0415 - not for --help

    with file.open("wb") as out:
        ran = subprocess.run(  # noqa: S603 - this interpreter, a module of this package
            [sys.executable, "-I", collect.__file__], stdout=out, check=False
        )
    if ran.returncode:
        raise UsageError("the host could not be looked at", where="--live")
    return file
