"""A task becomes frames and gaps, whatever formats and archives its files turn out to be."""

import hashlib
import io
import sys
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import IO, TYPE_CHECKING, Final, TypeAlias

from sidelight.evidence.archive import Chained, Counted, Member, expand, expand_zip
from sidelight.evidence.formats import READERS, TREE, recognise
from sidelight.evidence.inventory import Span, Task, foreign
from sidelight.evidence.named import STDIN
from sidelight.evidence.opening import open_regular
from sidelight.evidence.roots import Names
from sidelight.evidence.stream import Raw, Stream
from sidelight.evidence.volumes import IMAGE, files
from sidelight.pe.blob import may_be_blob
from sidelight.schema import Frame, Gap, Wanted
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.evidence.host.trees import TreesInArchive

SMALL: Final = 8 << 20
"""Members of archives up to this size are held in memory, so that those of one format share
frames."""

HELD: Final = 64 << 20
"""How much is held for one format before it is read."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A source that was read to its end.

    Args:
        size: unpacked bytes that a reader took.
        sha256: of these bytes; empty for a stretch of a file that was cut, or where reading
            stopped early.
    """

    source: str
    format: str
    size: int
    sha256: str


Item: TypeAlias = Frame | Gap | Digest


@dataclass(slots=True)
class _Hashed:
    """Bytes that are hashed as they pass."""

    rest: Raw
    sha: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def read(self, size: int, /) -> bytes:
        part = self.rest.read(size)
        self.sha.update(part)
        return part


@dataclass(slots=True)
class _Limited:
    """The bytes of a stretch of a file."""

    rest: Raw
    left: int

    def read(self, size: int, /) -> bytes:
        part = self.rest.read(min(size, self.left)) if self.left else b""
        self.left -= len(part)
        return part


def read_task(task: Task, wanted: Wanted, *, stdin: Raw | None = None) -> Iterator[Item]:
    """Yield what the spans of *task* hold. Raises nothing because of what the bytes are."""
    plain: dict[str, list[Span]] = {}
    for span in task.spans:
        if span.format and span.format != IMAGE:
            plain.setdefault(span.format, []).append(span)
    for name, spans in plain.items():
        yield from _read_spans(name, spans, wanted)
    for span in task.spans:
        if not span.format or span.format == IMAGE:
            yield from _read_members(_members(span, stdin), wanted, span)


def _read_spans(name: str, spans: list[Span], wanted: Wanted) -> Iterator[Item]:
    late: list[Gap | Digest] = []

    def streams() -> Iterator[Stream]:
        for span in spans:
            if name == TREE:
                yield from _one(Stream(span.path, io.BytesIO()), name, late, cut=True)
                continue
            try:
                file = open_regular(span.path)
            except OSError as error:
                late.append(Gap(span.path, 0, "denied", error.strerror or str(error)))
                continue
            with file:
                yield from _one(_stream(span, file), name, late, cut=_is_cut(span, file))

    yield from READERS[name].read(streams(), wanted)
    yield from late


def _is_cut(span: Span, file: IO[bytes]) -> bool:
    end = file.seek(0, io.SEEK_END)
    file.seek(span.start)
    return span.start > 0 or (span.stop is not None and span.stop < end)


def _stream(span: Span, file: IO[bytes]) -> Stream:
    raw: Raw = file if span.stop is None else _Limited(file, span.stop - span.start)
    return Stream(span.path, raw, span.start, span.first, span.year, span.beside)


def _one(stream: Stream, name: str, late: list[Gap | Digest], *, cut: bool) -> Iterator[Stream]:
    """Lend *stream* to a reader; afterwards note what became of it."""
    hashed = _Hashed(stream.raw)
    if not cut:
        stream.raw = hashed
    yield stream
    while stream.read(1 << 20):  # what a reader left of a broken source still counts in its hash
        pass
    late += stream.gaps
    whole = not cut and not stream.gaps
    late.append(Digest(stream.source, name, stream.offset, hashed.sha.hexdigest() if whole else ""))


def _members(span: Span, stdin: Raw | None) -> Iterator[Member | Gap]:
    if span.format == IMAGE:
        for placed in files(span.path):
            if isinstance(placed, Gap):
                yield placed
            else:
                yield from expand(placed.name, placed.raw, year=span.year)
    elif span.only:
        yield from expand_zip(span.path, span.only, name=span.path)
    elif span.path == STDIN:
        piped = sys.stdin.buffer if stdin is None else stdin
        # A zip is read from its end: what looks like a file would be asked to go there.
        seeks = isinstance(piped, io.IOBase) and piped.seekable()
        yield from expand("-", piped if seeks else Counted(piped))
    else:
        try:
            with open_regular(span.path) as file:
                yield from expand(span.path, file, year=span.year)
        except OSError as error:
            yield Gap(span.path, 0, "denied", error.strerror or str(error))


def _read_members(members: Iterable[Member | Gap], wanted: Wanted, span: Span) -> Iterator[Item]:
    held: dict[str, list[Stream]] = {}
    sizes: dict[str, int] = {}
    trees: TreesInArchive | None = None
    unknown, names = _Unknown(), Names(span.path)
    for member in members:
        names.add(member.source if isinstance(member, Gap) else member.name)
        if isinstance(member, Gap):
            yield member
            continue
        name = recognise(member.head)
        if not name:
            gap = foreign(member.name, member.head, named=member.name == span.path)
            trees = trees or _trees_in(names)
            yield from () if trees.take(member, gap) else unknown.take(member, gap)
            continue
        if name == "pe":
            unknown.folders.add(folder_of(member.name))
        stream = Stream(member.name, member.raw, year=member.year, beside=span.beside)
        size = _hold(stream)
        if size > SMALL:
            yield from _read_streams(name, [stream], wanted)
            continue
        held.setdefault(name, []).append(stream)
        sizes[name] = sizes.get(name, 0) + size
        if sizes[name] > HELD:
            del sizes[name]
            yield from _read_streams(name, held.pop(name), wanted)
    beside, gaps = unknown.split()
    yield from gaps
    if beside:
        held["blob"] = beside
    for name, streams in held.items():
        yield from _read_streams(name, streams, wanted)
    if trees is not None:
        yield from trees.finish(wanted)


def _trees_in(names: Names) -> "TreesInArchive":
    from sidelight.evidence.host.trees import TreesInArchive  # noqa: PLC0415 - not for known formats

    return TreesInArchive(names)


@dataclass(slots=True)
class _Unknown:
    """Members that nothing reads, until it is known whether they lie beside programs.

    Only those that look encrypted, up to `SMALL`, are held, `HELD` in all.
    """

    folders: set[str] = field(default_factory=set)
    _held: list[tuple[Stream, Gap]] = field(default_factory=list)
    _size: int = 0

    def take(self, member: Member, gap: Gap) -> Iterator[Gap]:
        """Hold a member; yield its gap where it is not held."""
        if not may_be_blob(member.head, len(member.head)):
            yield gap
            return
        stream = Stream(member.name, member.raw, year=member.year)
        size = _hold(stream)
        if size > SMALL or self._size + size > HELD:
            yield gap
            return
        self._held.append((stream, gap))
        self._size += size

    def split(self) -> tuple[list[Stream], list[Gap]]:
        """Give the streams of those that lie beside programs, and the gaps of the others."""
        beside = [folder_of(stream.source) in self.folders for stream, _ in self._held]
        pairs = list(zip(self._held, beside, strict=True))
        return [stream for (stream, _), near in pairs if near], [
            gap for (_, gap), near in pairs if not near
        ]


def folder_of(source: str) -> str:
    """Give the name of a source up to its last part."""
    return source[: max(source.rfind("/"), source.rfind("!")) + 1]


def _hold(stream: Stream) -> int:
    """Take the bytes of a small source into memory; tell how many were taken."""
    data = stream.read(SMALL + 1)
    stream.offset = 0
    stream.raw = io.BytesIO(data) if len(data) <= SMALL else Chained(data, stream.raw)
    return len(data)


def _read_streams(name: str, streams: list[Stream], wanted: Wanted) -> Iterator[Item]:
    late: list[Gap | Digest] = []

    def lent() -> Iterator[Stream]:
        for stream in streams:
            yield from _one(stream, name, late, cut=False)

    yield from READERS[name].read(lent(), wanted)
    yield from late
