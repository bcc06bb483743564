"""What was hunted of what allies sent, so that only what is new is hunted again.

A folder: ``hunted.jsonl`` has a line for each indicator that was looked at, and
``findings/*.jsonl`` the findings of each hunt, as every hunt writes them.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from sidelight.errors import UsageError
from sidelight.evidence.folders import files_under
from sidelight.exchange import instants
from sidelight.exchange.instants import Instant
from sidelight.exchange.received.lookout import Held, Outcome, Sought, Unrunnable
from sidelight.values import dataclass

_FILE: Final = "hunted.jsonl"
_WRITTEN: Final = (_FILE, "sent.jsonl", "sighting.secret")


class Seen(msgspec.Struct, frozen=True):
    """How often an indicator was seen in what is kept here.

    Args:
        count: events.
        first: UTC nanoseconds, as *last*; 0 where no event has a time.
        least: whether there may be more events than could be listed.
    """

    count: int
    first: int
    last: int
    least: bool = False


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of an indicator.

    Args:
        at: when it was hunted, as TAXII writes times.
        where: SHA-256 over the paths that were hunted.
        became: ``hunted``, ``partly`` (the hunt was stopped), ``held back`` or ``refused``.
        state: of the evidence when it was hunted, by `state_of`.
        found: its findings.
    """

    at: str
    where: str
    id: str
    version: str
    title: str
    key: str
    became: str
    why: str = ""
    seen: Seen | None = None
    findings: str = ""
    state: str = ""
    found: int = 0

    @property
    def findable(self) -> bool:
        """Whether it was hunted: what was not does not depend on the evidence."""
        return self.became in {"hunted", "partly"}


@dataclass(frozen=True, slots=True)
class Record:
    """The record of the hunts for what was received."""

    folder: Path

    def lines(self) -> Iterator[Line]:
        """Give every line, oldest first; a last one that was cut in writing is left out.

        Raises:
            UsageError: it cannot be read.
        """
        path = self.folder / _FILE
        try:
            whole = path.read_bytes() if path.exists() else b""
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
        for number, line in enumerate(whole.split(b"\n")[:-1], 1):
            try:
                yield msgspec.json.decode(line, type=Line)
            except msgspec.DecodeError as error:
                hint = "delete the line; what it was of is hunted again"
                raise UsageError(f"line {number}: {error}", where=str(path), hint=hint) from None

    def known(self, where: str) -> dict[str, Line]:
        """Give the last line of each key that was looked at in the same places."""
        return {each.key: each for each in self.lines() if each.where == where}

    def write(self, lines: Iterable[Line]) -> None:
        """Add lines; they are on the disk afterwards."""
        data = b"".join(msgspec.json.encode(each) + b"\n" for each in lines)
        if not data:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / _FILE
        with open_private(path) as file:
            end_line(file)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def findings_file(self, now: Instant) -> Path:
        """Make an empty file for the findings of a hunt, for its owner alone."""
        folder = self.folder / "findings"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{instants.show(now).replace(':', '')}.jsonl"
        open_private(path).close()
        return path


def open_private(path: Path) -> BinaryIO:
    """Open a file to add to; it is made for its owner alone, as allies may have sent AMBER."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+b")


def end_line(file: BinaryIO) -> None:
    """Take away a last line that was cut in writing: what it was of is done again."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 1, 0))
    if size and file.read() != b"\n":
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)


def place_key(paths: Sequence[Path]) -> str:
    """Tell sets of places to hunt in apart."""
    return sha256("\n".join(sorted(str(each.resolve()) for each in paths)).encode()).hexdigest()


def state_of(paths: Sequence[Path], apart: Path) -> str:
    """Tell states of evidence apart: SHA-256 over path, size and time of change of every file.

    What hunts write in the folder *apart* is left out.
    """
    digest, own = sha256(), apart.resolve()
    without = (str(own / "findings") + os.sep, *(str(own / name) for name in _WRITTEN))
    for path in sorted(each.resolve() for each in paths):
        for file, _ in files_under(str(path), []):
            if file.startswith(without):
                continue
            try:
                found = os.stat(file, follow_symlinks=False)
                said = f"{file}\0{found.st_size}\0{found.st_mtime_ns}\n"
            except OSError:
                said = f"{file}\0\n"
            digest.update(said.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def line_of(each: Outcome, now: Instant, where: str) -> Line:
    """Write down what became of an indicator, before a hunt says more."""
    of = each.indicator
    about = (instants.show(now), where, of.id, of.version, of.title, of.key)
    match each:
        case Sought():
            return Line(*about, "hunted", "; ".join(each.notes))
        case Held():
            return Line(*about, "held back", each.why)
        case Unrunnable():
            return Line(*about, "refused", each.why)
