"""What lies inside archives and compressed files, read in place: nothing is unpacked to disk.

A member is refused, as a gap, where its name leaves the archive (``../``, absolute), where it is
a link or a device, where it is encrypted, and from the byte on at which it unpacks to more than
`RATIO` times what it takes up in the archive (beyond `FLOOR`, below which nothing is refused).

A zip whose directory is damaged or missing, as of one that was not copied to its end, is read by
the headers that stand before its members, and that is a gap.
"""

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import PurePosixPath
from typing import IO, Final, Literal, TypeAlias, cast

from sidelight.evidence.opening import open_regular
from sidelight.evidence.stream import FAILURES, Raw, RefusedBytesError, Stream
from sidelight.evidence.unpacking import UNPACK, Tape, TapeMember, ZipMember
from sidelight.evidence.zip_remains import LOCAL, remains
from sidelight.plural import many
from sidelight.schema import Gap
from sidelight.values import dataclass

RATIO: Final = 250
FLOOR: Final = 256 << 20
DEPTH: Final = 4
"""How deep archives may lie in archives."""

NESTED: Final = 512 << 20
"""A zip inside another archive is held in memory up to this size; a larger one is refused."""

HEAD: Final = 1 << 16
"""How many bytes are looked at to recognise a format."""

Container: TypeAlias = Literal["zip", "tar", "gzip", "bzip2", "xz", "zstd"]

_MAGIC: Final[tuple[tuple[int, bytes, Container], ...]] = (
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"\x1f\x8b\x08", "gzip"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (257, b"ustar", "tar"),
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file that is no archive, open at its first byte.

    Args:
        name: ``path`` or ``path!member`` or deeper.
        head: its first bytes, at most `HEAD`, which `raw` gives again.
        raw: its bytes; only good until the next member is asked for.
        year: of its time stamp in the archive, where it has one.
        mode: its permissions in the archive, where it has any.
    """

    name: str
    head: bytes
    raw: Raw
    year: int | None
    mode: int | None = None


def container(head: bytes) -> Container | None:
    """Tell what archive or compression *head* begins, if any."""
    for offset, magic, name in _MAGIC:
        if head.startswith(magic, offset):
            return name
    return None


@dataclass(slots=True)
class Chained:
    """Bytes that were read ahead, then the rest."""

    head: bytes
    rest: Raw

    def read(self, size: int, /) -> bytes:
        """Give at most *size* bytes, none at the end."""
        if not self.head:
            return self.rest.read(size)
        part, self.head = self.head[:size], self.head[size:]
        return part


@dataclass(slots=True)
class Counted:
    """Bytes that are counted as they pass."""

    rest: Raw
    passed: int = 0

    def read(self, size: int, /) -> bytes:
        """Give at most *size* bytes, none at the end."""
        part = self.rest.read(size)
        self.passed += len(part)
        return part


@dataclass(slots=True)
class Bounded:
    """Unpacked bytes, up to what `RATIO` allows for the packed bytes they came from."""

    rest: Raw
    packed: Callable[[], int]
    passed: int = 0

    def read(self, size: int, /) -> bytes:
        """Give at most *size* bytes, none at the end.

        Raises:
            RefusedBytesError: there is too much of it.
        """
        part = self.rest.read(min(size, 16 << 20))
        self.passed += len(part)
        if self.passed > max(FLOOR, RATIO * self.packed()):
            raise RefusedBytesError(
                f"unpacks to more than {RATIO} times its packed size, like a zip bomb"
            )
        return part


def expand(
    name: str, raw: Raw, *, year: int | None = None, depth: int = DEPTH, mode: int | None = None
) -> Iterator[Member | Gap]:
    """Yield *raw* itself, or what lies in it where it is an archive, and gaps for the rest."""
    stream = Stream(name, raw)
    head = stream.read(HEAD)
    yield from stream.gaps
    if stream.gaps and not head:
        return
    whole = Chained(head, stream.raw)
    kind = container(head)
    if kind is None:
        yield Member(name, head, whole, year, mode)
    elif depth == 0:
        yield Gap(name, 0, "refused", f"archives lie more than {DEPTH} deep in archives")
    else:
        yield from _open(kind, name, whole, year, depth - 1)


def _open(
    kind: Container, name: str, raw: Raw, year: int | None, depth: int
) -> Iterator[Member | Gap]:
    try:
        match kind:
            case "zip":
                file, cut = _seekable(raw)
                yield from _zip(name, file, depth)
                if cut is not None:
                    raise cut
            case "tar":
                yield from _tar(name, raw, depth)
            case _:
                packed = Counted(raw)
                inner = Bounded(UNPACK[kind](packed), lambda: packed.passed)
                yield from expand(name, inner, year=year, depth=depth)
    except FAILURES as error:
        yield _gap(name, error)


def zip_members(path: str) -> list[tuple[str, int]]:
    """List the files of a zip with their unpacked sizes, in order of name.

    Raises:
        OSError, zipfile.BadZipFile: it cannot be read.
    """
    with open_regular(path) as file, _directory(file) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
    return sorted((info.filename, info.file_size) for info in infos)


def _directory(file: IO[bytes]) -> zipfile.ZipFile:
    """Open a zip by its directory.

    Raises:
        zipfile.BadZipFile: it has none of its own: where the end is missing, that of a zip inside
            it may be found instead, and names nothing of what lies before that.
    """
    archive = zipfile.ZipFile(file)
    first = min((info.header_offset for info in archive.infolist()), default=0)
    file.seek(0)
    if first and file.read(len(LOCAL)) == LOCAL:
        raise zipfile.BadZipFile("it names no member at the beginning")
    return archive


def _zip(
    name: str, file: IO[bytes], depth: int, only: frozenset[str] | None = None
) -> Iterator[Member | Gap]:
    try:
        archive = _directory(file)
    except FAILURES as error:
        yield from _without_directory(name, file, depth, only, error)
        return
    with archive:
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            if info.is_dir() or (only is not None and info.filename not in only):
                continue
            inner = f"{name}!{info.filename}"
            if (reason := _unsafe(info.filename)) or (reason := _unsafe_zip(info)):
                yield Gap(inner, 0, "refused", reason)
                continue
            try:
                with closing(ZipMember(archive, info)) as member:
                    size = info.compress_size
                    bounded = Bounded(member, lambda size=size: size)  # type: ignore[misc]
                    yield from expand(inner, bounded, year=info.date_time[0], depth=depth)
            except FAILURES as error:
                yield _gap(inner, error)


def _without_directory(
    name: str, file: IO[bytes], depth: int, only: frozenset[str] | None, error: Exception
) -> Iterator[Member | Gap]:
    """Yield what is found of a zip without its directory, which could not be read for *error*."""
    count = 0
    for each in remains(file, Bounded):
        if each.name.endswith("/"):
            continue
        count += 1
        inner = f"{name}!{each.name}"
        if only is not None and each.name not in only:
            continue
        if reason := _unsafe(each.name) or each.why:
            yield Gap(inner, 0, "refused", f"archive member {reason}")
        elif each.raw is not None:
            yield from expand(inner, each.raw, year=each.year, depth=depth)
    if not count:
        yield _gap(name, error)
        return
    found = f"{many(count, 'member was', 'members were')} found by the headers before them"
    yield Gap(name, 0, "damaged", f"archive: its directory is damaged or missing; {found}")


def expand_zip(path: str, only: frozenset[str], *, name: str) -> Iterator[Member | Gap]:
    """Yield the members *only* of the zip file at *path*, and what lies in them."""
    try:
        with open_regular(path) as file:
            yield from _zip(name, file, DEPTH - 1, only)
    except FAILURES as error:
        yield _gap(name, error)


def _tar(name: str, raw: Raw, depth: int) -> Iterator[Member | Gap]:
    tape = Tape(raw)
    with tarfile.open(fileobj=cast("IO[bytes]", tape), mode="r|") as archive:
        for info in archive:
            tape.check(info.offset)
            inner = f"{name}!{info.name}"
            if info.isdir():
                continue
            if reason := _unsafe(info.name) or ("" if info.isreg() else "is a link or a device"):
                yield Gap(inner, 0, "refused", f"archive member {reason}")
                continue
            member = archive.extractfile(info)
            if member is not None:
                year = 1970 + int(info.mtime // 31_556_952)
                kept = TapeMember(member, tape, info.offset_data)
                yield from expand(inner, kept, year=year, depth=depth, mode=info.mode)
        tape.check(archive.offset)


def _unsafe(member: str) -> str:
    path = PurePosixPath(member.replace("\\", "/"))
    drive = member[1:2] == ":"
    return (
        "has a name outside the archive"
        if path.is_absolute() or drive or ".." in path.parts
        else ""
    )


def _unsafe_zip(info: zipfile.ZipInfo) -> str:
    if (info.external_attr >> 28) == 0xA:  # S_IFLNK in the Unix mode (APPNOTE 4.4.15)
        return "archive member is a link"
    if info.flag_bits & 1:  # APPNOTE 4.4.4
        return "archive member is encrypted; unpack it and name the folder"
    return ""


def _seekable(raw: Raw) -> tuple[IO[bytes], Exception | None]:
    """Give the bytes of a zip as a file that can seek, held in memory unless it can already.

    Gives also what ended them early.
    """
    # Members of a tar that is read as a stream look like files, and fail when asked to seek.
    if isinstance(raw, Chained) and type(raw.rest) is io.BufferedReader:
        raw.rest.seek(0)
        return raw.rest, None
    held, cut = io.BytesIO(), None
    try:
        while part := raw.read(1 << 20):
            held.write(part)
            if held.tell() > NESTED:
                break
    except FAILURES as error:
        cut = error
    if held.tell() > NESTED:
        raise RefusedBytesError(
            f"a zip in an archive or a pipe is larger than {NESTED >> 20} MiB; unpack it first"
        )
    held.seek(0)
    return held, cut


def _gap(name: str, error: Exception) -> Gap:
    match error:
        case RefusedBytesError():
            return Gap(name, 0, "refused", str(error))
        case OSError() if error.errno:
            return Gap(name, 0, "denied", error.strerror or str(error))
        case _:
            return Gap(name, 0, "damaged", f"archive: {error or type(error).__name__}")
