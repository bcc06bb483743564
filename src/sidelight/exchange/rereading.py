"""Files that a server reads again when they change, so that it need not be started again.

Rules of this file:

- A file that cannot be read, or not understood, changes nothing: what was read last goes on
  holding, and that is said, once. It is tried again: what it wants may be elsewhere, such as the
  mode of a file, a file beside it or a name of the register.
- What a file holds is compared, not only its date: to touch it is no change.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from typing import Final, Generic, Protocol, TypeAlias, TypeVar

from sidelight.errors import SidelightError
from sidelight.values import dataclass

_T = TypeVar("_T")
_Mark: TypeAlias = tuple[int, int, int] | None
_LOOK_S: Final = 1.0
_RACY_NS: Final = 2_000_000_000
"""Two changes within this time may leave a file with one date and one size."""
_log = logging.getLogger(__name__)


class Looking(Protocol):
    """Something that is looked at again and again."""

    def look(self) -> bool:
        """Read again what changed; tell whether something new holds now."""


@dataclass(slots=True)
class Source(Generic[_T]):
    """A value that is read out of files.

    Args:
        read: gives the value; raises a `SidelightError` where that cannot be.
        files: names what a value was read out of.
        take: is given each new value.

    Raises:
        SidelightError: the value cannot be read the first time.
    """

    read: Callable[[], _T]
    files: Callable[[_T], Collection[Path]]
    take: Callable[[_T], None] = lambda value: None
    value: _T = field(init=False)
    _marks: dict[Path, _Mark] = field(default_factory=dict)
    _digests: dict[Path, bytes] = field(default_factory=dict)
    _failed: str = ""

    def __post_init__(self) -> None:
        paths = self.files(self.read())
        self._marks, self._digests = _settled(_marks(paths)), _digests(paths)
        self.value = self.read()  # what was changed in between is in it

    def look(self) -> bool:
        """Read again what changed; tell whether something new holds now."""
        paths = self.files(self.value)
        marks = _marks(paths)
        if marks == self._marks and not self._failed:
            return False
        self._marks = _settled(marks)
        digests = _digests(paths)
        if digests == self._digests and not self._failed:
            return False
        self._digests = digests
        try:
            fresh = self.read()
            self.take(fresh)
        except SidelightError as error:
            if str(error) != self._failed:
                _log.warning("what was read before goes on holding: %s", error)
            self._failed = str(error)
            return False
        self.value, self._failed = fresh, ""
        if set(self.files(fresh)) != set(paths):
            self._marks, self._digests = {}, _digests(self.files(fresh))
        _log.warning("read again: %s", ", ".join(str(each) for each in paths))
        return True


@contextmanager
def rereading(sources: Sequence[Looking]) -> Iterator[None]:
    """Look at sources once a second for as long as the context is held."""
    stop = Event()

    def run() -> None:
        while not stop.wait(_LOOK_S):
            for each in sources:
                try:
                    each.look()
                except Exception:  # noqa: BLE001 - the others are looked at all the same
                    _log.exception("a file was not read again")

    thread = Thread(target=run, name="rereading", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _marks(paths: Collection[Path]) -> dict[Path, _Mark]:
    return {each: _mark(each) for each in paths}


def _mark(path: Path) -> _Mark:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _settled(marks: dict[Path, _Mark]) -> dict[Path, _Mark]:
    """Give marks to compare with; none where a file may be changed again and be marked the same."""
    last = time.time_ns() - _RACY_NS
    return marks if all(each is None or each[0] < last for each in marks.values()) else {}


def _digests(paths: Collection[Path]) -> dict[Path, bytes]:
    return {each: _digest(each) for each in paths}


def _digest(path: Path) -> bytes:
    try:
        return sha256(path.read_bytes()).digest()
    except OSError:
        return b""
