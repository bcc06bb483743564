"""A small range, written once, and the command line run as a person runs it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from sidelight import __file__ as code
from sidelight.training.range import RangeOptions, write_range

TIMEOUT_S = 120


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: bytes
    err: str


@dataclass(frozen=True)
class CommandLine:
    """Runs commands in *folder*, with settings and caches of their own."""

    folder: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """Give a whole environment, so that nothing of the person's own is read or written."""
        home = {
            name: str(self.folder / name.lower())
            for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
        }
        beside = str(Path(code).parents[1])  # what the tests themselves import
        shown = {"NO_COLOR": "1", "COLUMNS": "100"}
        return {"PATH": os.environ["PATH"], "PYTHONPATH": beside, **shown, **home}

    def arguments(self, *arguments: str | Path) -> list[str]:
        """Give the command as the system runs it."""
        return [sys.executable, "-m", "sidelight", *map(str, arguments)]

    def __call__(self, *arguments: str | Path, stdin: bytes = b"", to: Path | None = None) -> Ran:
        """Run one command to its end; *to* takes its standard output."""
        with (to or Path(os.devnull)).open("wb") as sink:
            done = subprocess.run(
                self.arguments(*arguments),
                input=stdin,
                stdout=sink if to else subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self.environment,
                cwd=self.folder,
                timeout=TIMEOUT_S,
                check=False,
            )
        return Ran(done.returncode, done.stdout or b"", done.stderr.decode())


@pytest.fixture(scope="session")
def small_range(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a labelled intrusion of some thousand events."""
    folder = tmp_path_factory.mktemp("range") / "logs"
    write_range(RangeOptions(events=3000, days=2), folder)
    return folder


@pytest.fixture(scope="session")
def sidelight(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """Give the command line; compiled rules are shared by the tests of one run."""
    return CommandLine(tmp_path_factory.mktemp("home"))
