"""A small range, written once, and the command line run as a person runs it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

import warm
from patience import PATIENCE_S
from ports import reserved
from rule_cache import cache_home
from sidelight import __file__ as code
from sidelight.training.range import RangeOptions, write_range


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: bytes
    err: str


@dataclass(frozen=True)
class CommandLine:
    """Runs commands in *folder*, with settings of their own; *more* is environment."""

    folder: Path
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> Mapping[str, str]:
        """Give a whole environment, so that nothing of the person's own is read or written."""
        home = {
            name: str(self.folder / name.lower())
            for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
        }
        home["XDG_CACHE_HOME"] = cache_home()
        beside = str(Path(code).parents[1])  # what the tests themselves import
        shown = {"NO_COLOR": "1", "COLUMNS": "100"}
        return {"PATH": os.environ["PATH"], "PYTHONPATH": beside, **shown, **home, **self.more}

    def arguments(self, *arguments: str | Path) -> list[str]:
        """Give the command as the system runs it, loading everything."""
        return [sys.executable, "-m", "sidelight", *map(str, arguments)]

    def __call__(self, *arguments: str | Path, stdin: bytes = b"", to: Path | None = None) -> Ran:
        """Run one command to its end; *to* takes its standard output."""
        with to.open("w+b") if to else tempfile.TemporaryFile() as sink:
            ended, said = self._run(arguments, stdin, sink)
            if to:
                return Ran(ended, b"", said.decode())
            sink.seek(0)
            return Ran(ended, sink.read(), said.decode())

    def _run(
        self, arguments: Sequence[str | Path], stdin: bytes, sink: IO[bytes]
    ) -> tuple[int, bytes]:
        if not warm.POSSIBLE:
            return self.cold(*arguments, stdin=stdin, sink=sink)
        words = [str(each) for each in arguments]
        return warm.run(words, self.environment, self.folder, stdin, sink, timeout=PATIENCE_S)

    def cold(
        self, *arguments: str | Path, stdin: bytes = b"", sink: IO[bytes]
    ) -> tuple[int, bytes]:
        """Run one command to its end in a process that loads everything anew."""
        done = subprocess.run(
            self.arguments(*arguments),
            input=stdin,
            stdout=sink,
            stderr=subprocess.PIPE,
            env=self.environment,
            cwd=self.folder,
            timeout=PATIENCE_S,
            check=False,
        )
        return done.returncode, done.stderr

    def start(self, *arguments: str | Path) -> "warm.Fork | subprocess.Popen[bytes]":
        """Start a command whose standard error is read."""
        words = [str(each) for each in arguments]
        if warm.POSSIBLE:
            return warm.start(words, self.environment, self.folder)
        return subprocess.Popen(
            self.arguments(*arguments),
            stderr=subprocess.PIPE,
            env=self.environment,
            cwd=self.folder,
        )


@pytest.fixture
def port() -> Iterator[int]:
    """Give a port at which a server may listen, and nobody does."""
    with reserved() as found:
        yield found


@pytest.fixture(scope="session")
def small_range(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a labelled intrusion of some thousand events."""
    folder = tmp_path_factory.mktemp("range") / "logs"
    write_range(RangeOptions(events=3000, days=2), folder)
    return folder


@pytest.fixture(scope="session")
def sidelight(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """Give the command line, in a folder that is shared by the tests of one run."""
    return CommandLine(tmp_path_factory.mktemp("home"))
