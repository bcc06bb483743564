"""Images of whole memories, read by Volatility 3 as a program of its own: it never connects."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from sidelight.errors import UsageError
from sidelight.extras import install
from sidelight.host.volatility import LINUX, WINDOWS
from sidelight.output.plain import plain
from sidelight.values import dataclass

TIMEOUT_S: Final = 3600
LIMIT: Final = 512 << 20
_SAID: Final = 400
_LOOK_S: Final = 1.0

_PLUGINS: Final = {
    "linux": {
        "pslist": "linux.pslist.PsList",
        "psaux": "linux.psaux.PsAux",
        "elfs": "linux.elfs.Elfs",
        "malfind": "linux.malfind.Malfind",
        "check_syscall": "linux.check_syscall.Check_syscall",
    },
    "windows": {
        "pslist": "windows.pslist.PsList",
        "psscan": "windows.psscan.PsScan",
        "cmdline": "windows.cmdline.CmdLine",
        "malfind": "windows.malfind.Malfind",
        "ldrmodules": "windows.ldrmodules.LdrModules",
    },
}
_ORDER: Final = {"linux": LINUX, "windows": WINDOWS}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a plugin gave no rows, in a few words."""

    text: str


def find_volatility() -> str:
    """Find the program ``vol``: that of this environment, else that of the path.

    Raises:
        UsageError: there is none.
    """
    beside = shutil.which("vol", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("vol")
    if found is None:
        hint = install("volatility")
        raise UsageError("Volatility 3 is not installed", where="--memory-image", hint=hint)
    return found


def read_images(images: Sequence[Path], symbols: Sequence[Path], folder: Path) -> list[Path]:
    """Write what Volatility makes of each image into *folder*; give the files.

    Args:
        images: of whole memories.
        symbols: folders with tables of symbols (ISF), besides Volatility's own.
        folder: is there already.

    Raises:
        UsageError: Volatility is not installed, or an image is no file.
        KeyboardInterrupt: it was interrupted; the files have no end then.
    """
    program = find_volatility()
    for image in images:
        if not image.is_file():
            raise UsageError("there is no such file", where=f"--memory-image {image}")
    head = orjson.dumps({"schema": "sidelight-volatility", "version": 1}) + b"\n"
    runners = {
        folder / f"memory-{number}.jsonl": _Runner(program, image, tuple(symbols))
        for number, image in enumerate(images, 1)
    }
    for file, runner in runners.items():  # if the rest is interrupted, the image is missing
        file.write_bytes(head + orjson.dumps(runner.begin("")) + b"\n")
    for file, runner in runners.items():
        with file.open("r+b") as out:
            out.seek(len(head))
            for line in runner.lines():
                _write(out, line)
    return list(runners)


def _write(out: BinaryIO, line: dict[str, object]) -> None:
    out.write(orjson.dumps(line) + b"\n")


@dataclass(frozen=True, slots=True)
class _Runner:
    program: str
    image: Path
    symbols: tuple[Path, ...]

    def lines(self) -> Iterator[dict[str, object]]:
        """Yield the lines of one image: what system it is of, rows, what failed, the end."""
        failures: dict[str, str] = {}
        for system in self._systems():
            tasks = self.run(_PLUGINS[system]["pslist"])
            if isinstance(tasks, Failure):
                failures[system] = tasks.text
                continue
            yield self.begin(system)
            yield {"type": "plugin", "plugin": "pslist", "rows": tasks}
            yield from self._others(system) if tasks else ()
            yield {"type": "end"}
            return
        yield self.begin("")
        text = "; ".join(f"{system}: {text}" for system, text in failures.items())
        yield _gap("unsupported", f"Volatility could not read it: {text}{self._advice()}")
        yield {"type": "end"}

    def begin(self, system: str) -> dict[str, object]:
        """Give the line with which an image begins; the system is "" where none is known."""
        image = str(self.image).encode("utf-8", "backslashreplace").decode()
        return {"type": "image", "image": image, "system": system}

    def _others(self, system: str) -> Iterator[dict[str, object]]:
        for name in _ORDER[system][1:]:
            rows = self.run(_PLUGINS[system][name])
            if isinstance(rows, Failure):
                yield _gap("unsupported", f"Volatility's plugin {name} failed: {rows.text}")
            else:
                yield {"type": "plugin", "plugin": name, "rows": rows}

    def _systems(self) -> tuple[str, ...]:
        with self.image.open("rb") as file:
            head = file.read(8)
        windows = head in {b"PAGEDU64", b"PAGEDUMP"}
        return ("windows", "linux") if windows else ("linux", "windows")

    def _advice(self) -> str:
        """Say what to do about symbols, where the image tells which kernel it is of."""
        banners = self.run("banners.Banners")
        rows = [] if isinstance(banners, Failure) else banners
        names = [str(row.get("Banner", "")) for row in rows]
        name = next((name for name in names if name.startswith("Linux version")), "")
        if not name:
            return ". Windows needs its symbols as ISF too: --symbols FOLDER"
        shown = plain(name[:120])
        return f". It is of {shown!r}: make its ISF with dwarf2json, then say --symbols FOLDER"

    def run(self, plugin: str) -> list[dict[str, object]] | Failure:
        """Run one plugin; no connection is made."""
        print(f"sidelight: {self.image}: {plugin}", file=sys.stderr)  # noqa: T201
        command = [self.program, "--offline", "-q", "-r", "json", "-f", str(self.image)]
        if self.symbols:
            command += ["-s", ";".join(map(str, self.symbols))]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            try:
                code = _run([*command, plugin], out, errors)
            except OSError as error:
                return Failure(error.strerror or "it could not be started")
            said, complaint = _read(out), _read(errors)
        if isinstance(code, Failure):
            return code
        if code:
            return Failure(_complaint(said, complaint) or f"it ended with {code}")
        return _rows(said)


def _run(command: Sequence[str], out: BinaryIO, errors: BinaryIO) -> int | Failure:
    """Run a program to its end; it and what it started are ended where it takes or says too much.

    Raises:
        OSError: it cannot be started.
    """
    until = time.monotonic() + TIMEOUT_S
    with subprocess.Popen(  # noqa: S603 - the program that `find_volatility` found
        command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, start_new_session=True
    ) as ran:
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    return ran.wait(min(_LOOK_S, max(0.0, until - time.monotonic())))
                if max(os.fstat(file.fileno()).st_size for file in (out, errors)) > LIMIT:
                    return Failure(f"it printed more than {LIMIT >> 20} MiB")
                if time.monotonic() >= until:
                    return Failure(f"it took longer than {TIMEOUT_S} s")
        finally:
            if ran.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(ran.pid, signal.SIGKILL)


def _read(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(LIMIT)


def _complaint(said: bytes, complaint: bytes) -> str:
    """Find the line that says what was wrong."""
    text = (complaint + b"\n" + said).decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [line for line in lines if "Unsatisfied" in line or "Unable" in line]
    if any("symbol_table" in line for line in found):
        return "no symbols for it are at hand, or it is no image of such a system"
    errors = [line for line in lines if "rror" in line] or lines[-1:]
    return plain((found or errors or [""])[0][:_SAID])


def _rows(said: bytes) -> list[dict[str, object]] | Failure:
    try:
        rows = json.loads(said)  # orjson makes fractions of numbers beyond 64 bits
    except (ValueError, RecursionError):
        return Failure("it did not print JSON")
    if not isinstance(rows, list):
        return Failure("it did not print rows")
    return list(_flat(rows))


def _flat(rows: list[object]) -> Iterator[dict[str, object]]:
    """Yield rows and the rows below them, as trees have them; numbers beyond 64 bits are text."""
    left = list(reversed(rows))
    while left:
        row = left.pop()
        if not isinstance(row, dict):
            continue
        below = row.get("__children")
        left += reversed(below) if isinstance(below, list) else []
        yield {_text(name): _value(value) for name, value in row.items() if name != "__children"}


def _value(value: object) -> object:
    """Spell a value so that it can be written."""
    match value:
        case int() if abs(value) >= 1 << 63:
            return str(value)
        case str():
            return _text(value)
        case list() | dict():
            return _text(json.dumps(value))
        case _:
            return value


def _text(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _gap(reason: str, text: str) -> dict[str, object]:
    return {"type": "gap", "reason": reason, "text": text}
