"""This host as evidence: a collection in a folder that is gone afterwards."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sidelight.errors import UsageError


@contextmanager
def with_live(paths: Sequence[str], *, live: bool) -> Iterator[tuple[str, ...]]:
    """Give the paths to hunt: those named, and where *live* a look at this host.

    The look is a process of its own, nice and limited as the collector is. Its file is removed at
    the end; ``sidelight collect`` keeps one.

    Raises:
        UsageError: there is nothing to hunt, or no look can be had.
    """
    if not live:
        if not paths:
            raise UsageError("name logs, folders or archives, or say --live")
        yield tuple(paths)
        return
    if not sys.platform.startswith("linux"):
        raise UsageError("this system has no /proc as Linux has it", where="--live")
    from sidelight.host import collect  # noqa: PLC0415 - not for --help

    with tempfile.TemporaryDirectory(prefix="sidelight-") as folder:
        file = Path(folder) / "host.jsonl"
        with file.open("wb") as out:
            ran = subprocess.run(  # noqa: S603 - this interpreter, a module of this package
                [sys.executable, "-I", collect.__file__], stdout=out, check=False
            )
        if ran.returncode:
            raise UsageError("the host could not be looked at", where="--live")
        yield (*paths, str(file))
