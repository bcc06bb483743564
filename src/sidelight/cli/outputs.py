"""The files that results go to: replaced when the new ones are whole, and never evidence."""

import io
import os
import shlex
import stat
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Self

from sidelight.errors import UsageError, reason_of
from sidelight.values import dataclass

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STANDARD: Final = 1, 2


class Written(io.RawIOBase):
    """A file that is written. What stops that is kept, so that other files are still written.

    Args:
        file: takes the bytes.
    """

    def __init__(self, file: BinaryIO | io.FileIO) -> None:
        self.file = file
        self.error: OSError | None = None

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write *data*, or nothing from the first error on."""
        size = memoryview(data).nbytes
        if self.error is not None:
            return size
        try:
            return self.file.write(data) or 0
        except OSError as error:
            self.error = error
            return size

    def finish(self) -> None:
        """Hand everything over."""
        try:
            self.file.flush()
        except OSError as error:
            self.error = self.error or error


@dataclass(slots=True)
class _Output:
    """One of them.

    Args:
        path: None is standard output.
        part: where it is written until it is whole; None where it is written in place.
        place: what *part* becomes: *path*, with links followed.
    """

    path: Path | None
    written: Written
    buffer: io.BufferedWriter
    part: str | None = None
    place: str = ""


@dataclass(slots=True)
class Outputs:
    """Files that are written together; left without `finish`, what was there before stays."""

    opened: list[_Output] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Give it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Drop what was not finished."""
        for each in self.opened:
            _close(each)
            if each.part is not None:
                each.written.error = each.written.error or OSError("it was dropped")
                with suppress(OSError):
                    os.unlink(each.part)
        self.opened.clear()

    def open(self, path: Path | None) -> BinaryIO:
        """Begin an output; None is standard output.

        Raises:
            UsageError: it cannot be written.
        """
        try:
            output = _standard() if path is None else _begun(path)
        except OSError as error:
            where = str(path or "standard output")
            raise UsageError(f"cannot be written: {reason_of(error)}", where=where) from error
        self.opened.append(output)
        return output.buffer

    def finish(self) -> list[UsageError]:
        """Put every output in its place; give what is wrong, for each that is broken.

        Raises:
            OSError: standard output cannot be written; the other files are.
        """
        broken, stopped = [], None
        for each in self.opened:
            error = _finished(each)
            if each.path is None:
                stopped = stopped or each.written.error
            elif error is not None:
                broken.append(error)
        if stopped is not None and not broken:
            raise stopped
        if stopped is not None:
            broken.append(UsageError(_cut(stopped), where="standard output"))
        return broken


def _standard() -> _Output:
    if (
        getattr(sys.stdout, "name", "") == os.devnull
    ):  # as `sidelight.cli` puts it where there was none
        raise OSError(0, "it is closed")
    written = Written(sys.stdout.buffer)
    return _Output(None, written, io.BufferedWriter(written))


def _begun(path: Path) -> _Output:
    part, place = None, os.path.realpath(path)
    status = _status(path)
    if status is None or stat.S_ISREG(status.st_mode):
        number = _same(status)
        if number is not None:  # /dev/stdout, and what is behind it may be appended to
            file = io.FileIO(os.dup(number), "wb")
        else:
            file, part = _beside(place, status)
    else:
        file = io.FileIO(path, "wb")
    written = Written(file)
    return _Output(path, written, io.BufferedWriter(written), part, place)


def _beside(place: str, status: os.stat_result | None) -> tuple[io.FileIO, str | None]:
    """Open a file beside *place*; or *place* itself, where its folder takes no other file."""
    if status is not None and not os.access(place, os.W_OK):
        raise PermissionError(0, "it may not be written")
    part = os.path.join(os.path.dirname(place), f".sidelight-{os.urandom(8).hex()}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(part, flags, 0o666)  # less what the umask takes, like any output
    except PermissionError:
        if status is None:
            raise
        return io.FileIO(place, "wb"), None
    if status is not None:
        with suppress(OSError):
            os.chmod(part, stat.S_IMODE(status.st_mode))
    return io.FileIO(handle, "wb"), part


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _same(status: os.stat_result | None) -> int | None:
    """Give the standard stream that is this file; None for none."""
    if status is not None:
        for number in _STANDARD:
            with suppress(OSError):
                if os.path.samestat(status, os.fstat(number)):
                    return number
    return None


def _finished(output: _Output) -> UsageError | None:
    output.buffer.flush()
    output.written.finish()
    _close(output)
    error, where, part = output.written.error, str(output.path), output.part
    output.part = None
    if part is None:
        return None if error is None else UsageError(_cut(error), where=where)
    if error is not None and os.path.lexists(output.place):
        with suppress(OSError):
            os.unlink(part)
        reason = f"cannot be written: {reason_of(error)}"
        return UsageError(reason, where=where, hint="what was there before is left as it was")
    try:
        os.replace(part, output.place)
    except OSError as failed:
        reason = f"cannot be replaced: {reason_of(failed)}"
        return UsageError(reason, where=where, hint=f"the new one is {part}")
    return None if error is None else UsageError(_cut(error), where=where)


def _cut(error: OSError) -> str:
    return f"is cut short: {reason_of(error)}"


def _close(output: _Output) -> None:
    if output.path is None:
        return  # it is the caller's
    try:
        output.written.file.close()
    except OSError as error:  # network file systems tell of a full disk only now
        output.written.error = output.written.error or error


def refuse_homeless(outputs: Iterable[Path]) -> None:
    """Make sure that there is a folder for each output, before anything is read for it.

    None is made: a mistyped name would hide where results are.

    Raises:
        UsageError: there is none.
    """
    for path in outputs:
        if not path.parent.exists():
            hint = f"make it first: mkdir -p {shlex.quote(str(path.parent))}"
            raise UsageError("there is no such folder", where=str(path.parent), hint=hint)


def refuse_evidence(outputs: Iterable[Path], inputs: Sequence[str | os.PathLike[str]]) -> None:
    """Let no output take the place of what is read, under whatever name.

    Raises:
        UsageError: an output is one of the *inputs*, by its name or by links.
    """
    read: dict[tuple[int, int], str] = {}
    there = [(each, status) for each in outputs if (status := _regular(each)) is not None]
    if not there:
        return
    for source in inputs:
        status = _regular(source)
        if status is not None:
            read[status.st_dev, status.st_ino] = os.fspath(source)
    for each, status in there:
        same = read.get((status.st_dev, status.st_ino))
        if same is not None:
            reason = "is read as input, and writing would destroy it"
            where = str(each) if str(each) == same else f"{each} (which is {same})"
            raise UsageError(reason, where=where, hint="name another output")


def refuse_inside(output: Path, folders: Iterable[str]) -> None:
    """Let an output take the place of nothing in folders that are read as a whole.

    Raises:
        UsageError: it is there already, and lies in one of them.
    """
    place = os.path.realpath(output)
    for folder in folders:
        root = os.path.join(os.path.realpath(folder), "")
        if place.startswith(root) and os.path.isfile(place):
            reason = f"is there already, and lies in {folder}, which is read"
            raise UsageError(reason, where=str(output), hint="name another output")


def refuse_twice(outputs: Iterable[Path]) -> None:
    """Let no output take the place of another.

    Raises:
        UsageError: two of them are one file.
    """
    seen = set()
    for each in outputs:
        place = os.path.realpath(each)
        if place in seen and not place.startswith(os.path.join(os.sep, "dev", "")):
            raise UsageError("is named as output twice", where=str(each))
        seen.add(place)


def _regular(path: str | os.PathLike[str]) -> os.stat_result | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None
