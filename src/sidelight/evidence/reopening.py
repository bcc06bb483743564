"""Files of the evidence, read once more by the names that sources have."""

import io
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from sidelight.evidence.archive import Member, expand, expand_zip
from sidelight.evidence.inventory import Input
from sidelight.evidence.named import STDIN
from sidelight.evidence.opening import open_regular
from sidelight.evidence.stream import FAILURES, Stream
from sidelight.evidence.volumes import IMAGE, named
from sidelight.schema import Gap
from sidelight.values import dataclass

MOST: Final = 512 << 20
"""A file is read again up to so many bytes."""

_MARK: Final = "Zone.Identifier"
_XATTR: Final = f"user.{_MARK}"  # ntfs-3g shows streams so (ntfs-3g(8), streams_interface)
_LONGEST_MARK: Final = 4096


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that was read again.

    Args:
        modified: when it was last written, UTC seconds; 0 where its source does not tell.
        mark: text of its stream Zone.Identifier; empty where there is none.
    """

    source: str
    data: bytes
    modified: int = 0
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """The mark of a member that was yielded before: it lies behind it in the archive."""

    source: str
    mark: str


def reopen(sources: Iterable[str], inputs: Iterable[Input]) -> Iterator[Opened | Marked | Gap]:
    """Yield the files of *sources*, each once, and gaps for those that cannot be read again.

    One after another, so that one of them is in memory at a time.

    Args:
        sources: as frames name them: a path, or ``archive!member`` and deeper.
        inputs: the files that were surveyed.
    """
    archives = {each.path: each for each in inputs if each.format in {"archive", IMAGE}}
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for source in sources:
        found = (source[:at] for at, sign in enumerate(source) if sign == "!")
        archive = next((path for path in found if path in archives), "")
        wanted[archive].add(source)
    for source in sorted(wanted.pop("", ())):
        yield _plain(source)
    for path, some in sorted(wanted.items()):
        if archives[path].format == IMAGE:
            yield from _placed(path, some)
        else:
            yield from _members(path, some)


def _plain(source: str) -> Opened | Gap:
    if source == STDIN:
        return _refusal(source, "came by standard input")
    try:
        with open_regular(source) as file:
            modified = int(os.fstat(file.fileno()).st_mtime)
            return _read(Stream(source, file), modified, _mark(source))
    except OSError as error:
        return Gap(source, 0, "denied", error.strerror or str(error))


def _placed(path: str, wanted: set[str]) -> Iterator[Opened | Gap]:
    packed = {source for source in wanted if "!" in source[len(path) + 1 :]}
    for source in sorted(packed):
        yield _refusal(source, "lies in an archive inside a disk image")
    for file in named(path, wanted - packed, _MARK):
        if isinstance(file, Gap):
            yield file
            continue
        yield _read(Stream(file.name, file.raw), file.modified, file.mark)


def _refusal(source: str, why: str) -> Gap:
    return Gap(source, 0, "unsupported", f"{why}, and is not looked at a second time")


def _mark(path: str) -> str:
    """Read the mark of where a file came from, as a mounted NTFS or a copy of it has it."""
    try:
        return os.getxattr(path, _XATTR)[:_LONGEST_MARK].decode("utf-8", "replace")
    except (OSError, AttributeError, ValueError):
        pass
    try:
        with open(f"{path}:{_MARK}", "rb") as file:
            return file.read(_LONGEST_MARK).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def _members(path: str, wanted: set[str]) -> Iterator[Opened | Marked | Gap]:
    if path == STDIN:
        yield from (_refusal(source, "came by standard input") for source in sorted(wanted))
        return
    marks = {f"{source}:{_MARK}": source for source in wanted}
    left = set(wanted)
    try:
        for member in _walk(path, wanted | marks.keys()):
            if not isinstance(member, Member):
                continue  # it was a gap when the archive was read
            stream = Stream(member.name, member.raw)
            if member.name in left:
                left.discard(member.name)
                yield _read(stream)
            elif member.name in marks:
                text = stream.read(_LONGEST_MARK).decode("utf-8", "replace")
                yield Marked(marks[member.name], text)
    except FAILURES as error:
        yield Gap(path, 0, "damaged", f"archive: {error or type(error).__name__}")
    yield from (Gap(name, 0, "changed", "is gone since it was read") for name in sorted(left))


def _read(stream: Stream, modified: int = 0, mark: str = "") -> Opened | Gap:
    data = stream.read(MOST + 1)
    if stream.gaps:
        return stream.gaps[0]
    if len(data) > MOST:
        return _refusal(stream.source, f"is larger than {MOST >> 20} MiB")
    return Opened(stream.source, data, modified, mark)


def _walk(path: str, names: set[str]) -> Iterator[Member | Gap]:
    """Walk an archive; of a zip only what leads to *names*."""
    with open_regular(path) as file:
        if file.read(4).startswith(b"PK"):
            below = {name[len(path) + 1 :] for name in names}
            yield from expand_zip(path, frozenset(_above(below)), name=path)
            return
        file.seek(0, io.SEEK_SET)
        yield from expand(path, file)


def _above(members: set[str]) -> set[str]:
    """Give the members themselves and the archives that they may lie in."""
    found = set(members)
    for name in members:
        found.update(name[:at] for at, sign in enumerate(name) if sign == "!")
    return found
