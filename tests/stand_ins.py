"""Harmless programs that each do one odd thing, built with the C compiler of the machine."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from patience import until

SOURCE = Path(__file__).with_name("stand_ins.c")


@dataclass(slots=True)
class Workshop:
    """A folder with the program, a library that returns a constant, and what was started."""

    folder: Path
    program: Path
    library: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(
        self,
        words: Sequence[str | Path],
        *,
        variables: Mapping[str, str] | None = None,
        title: str | None = None,
    ) -> int:
        """Start a program, wait until it is ready and rests, and give its process id."""
        process = subprocess.Popen(
            [title or str(words[0]), *map(str, words[1:])],
            executable=str(words[0]),
            env={"PATH": os.defpath, **(variables or {})},
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        self.started.append(process)
        assert process.stdout
        assert process.stdout.readline() == b"ready\n", words
        assert until(lambda: settled(process.pid)), words
        return process.pid

    def copy(self, folder: Path, name: str) -> Path:
        """Copy the program to another place."""
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(self.program, folder / name))

    def stop(self) -> None:
        """End what was started."""
        for process in self.started:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


def settled(pid: int) -> bool:
    """Tell whether the main thread of a process sleeps, and all others sleep or run in a circle."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        fields = (thread / "stat").read_bytes().rpartition(b")")[2].split()
        runs = thread.name != str(pid) and int(fields[11]) > 0  # since a tick of the clock
        if fields[0] != b"S" and not runs:
            return False
    return True


@contextmanager
def workshop(folder: Path) -> Iterator[Workshop]:
    """Build the program and the library; the test is skipped where that is not possible."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not sys.platform.startswith("linux") or compiler is None:
        pytest.skip("needs Linux and a C compiler")
    library = folder / "marker.c"
    library.write_text(
        "int marker(void) { return 42; }\nunsigned la_version(unsigned v) { return v; }\n"
    )
    for words in (
        [
            library,
            "-shared",
            "-fPIC",
            "-Wl,-soname,libmarker.so.1",
            "-o",
            folder / "libmarker.so.1",
        ],
        [SOURCE, "-o", folder / "stand_in", "-ldl", "-lpthread"],
        [SOURCE, "-fno-plt", "-o", folder / "without_table", "-ldl", "-lpthread"],
        [
            SOURCE,
            "-o",
            folder / "searching",
            "-ldl",
            "-lpthread",
            f"-Wl,--no-as-needed,-rpath,{folder}",
            folder / "libmarker.so.1",
        ],
    ):
        built = subprocess.run([compiler, *map(str, words)], capture_output=True, check=False)
        if built.returncode:
            pytest.skip(f"the compiler cannot build the stand-ins: {built.stderr.decode()[:200]}")
    found = Workshop(folder, folder / "stand_in", folder / "libmarker.so.1")
    try:
        yield found
    finally:
        found.stop()
