"""Unpacking that gives all that came out of packed bytes before it says what is wrong with them.

What the standard library reads files with loses, at an error, all that the read that met it had
unpacked by then: of a log that is cut at its last byte, often everything.
"""

import bz2
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import copy
from typing import Final, Protocol, cast

import pyarrow as pa

from sidelight.evidence.stream import FAILURES, Raw
from sidelight.values import dataclass

PACKED: Final = 1 << 16
"""How many packed bytes are taken at once."""

PIECE: Final = 1 << 12
"""How much is unpacked at once where an error takes with it what its call had unpacked."""

CUT: Final = "Compressed file ended before the end-of-stream marker was reached"
"""What the standard library says of it."""

_UNWRITTEN: Final = b"\xc0\xff\xc1\xfe\xf5" * (PACKED // 5 + 1)
"""Bytes that no text in UTF-8 holds (RFC 3629, section 1)."""


class Decoder(Protocol):
    """What unpacks one member of a compressed file."""

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out until more goes in."""

    @property
    def unused_data(self) -> bytes:
        """What lies behind the end of the member."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Take *data*; give at most *max_length* unpacked bytes."""


class Inflater:
    """The decoder of one member of a gzip file (RFC 1952); of bare bytes (1951) by *wbits* -15."""

    def __init__(self, wbits: int = 31) -> None:
        self._inflate = zlib.decompressobj(wbits=wbits)
        self._error: zlib.error | None = None

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out until more goes in."""
        return not (self._error or self._inflate.unconsumed_tail)

    @property
    def unused_data(self) -> bytes:
        """What lies behind the end of the member."""
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Take *data*; give at most *max_length* unpacked bytes.

        Raises:
            zlib.error: the bytes are damaged, and all before the damage was given.
        """
        if self._error is not None:
            raise self._error
        before = self._inflate.copy()
        data = self._inflate.unconsumed_tail + data
        try:
            return self._inflate.decompress(data, max_length)
        except zlib.error as error:
            self._error = error
            return _bytewise(before, data)


def _bytewise(inflate: "zlib._Decompress", data: bytes) -> bytes:
    """Unpack what there is before the error in *data*, one packed byte at a time."""
    parts = bytearray()
    with suppress(zlib.error):
        for at in range(len(data)):
            parts += inflate.decompress(data[at : at + 1])
    return bytes(parts)


@dataclass(slots=True)
class Unpacked:
    """The unpacked bytes of a compressed file, of one member or several.

    Zeros between and behind members are padding.

    Args:
        most: how much is unpacked at once.
        single: it ends with its first member; what was read behind that is *left*.
    """

    rest: Raw
    new: Callable[[], Decoder]
    most: int
    single: bool = False
    left: bytes = b""
    _decoder: Decoder | None = None
    _first: bool = True
    _full: bool = False

    def read(self, size: int, /) -> bytes:
        """Give at most *size* bytes, none at the end.

        Raises:
            EOFError: the file is cut short.
            OSError, ValueError, zlib.error, lzma.LZMAError: it is damaged.
        """
        while True:
            if self._decoder is None and not self._next():
                return b""
            assert self._decoder is not None
            part = self._step(self._decoder, min(size, self.most))
            if part:
                return part

    def _next(self) -> bool:
        """Begin the next member, if there is one."""
        if self.single and not self._first:
            return False
        self.left = self.left.lstrip(b"\0")
        while not self._first and not self.left:
            if not (packed := self.rest.read(PACKED)):
                return False
            self.left = packed.lstrip(b"\0")
        self._first, self._decoder = False, self.new()
        return True

    def _step(self, decoder: Decoder, most: int) -> bytes:
        data, self.left = self.left, b""
        waits = decoder.needs_input and not self._full
        if not data and waits and not (data := self.rest.read(PACKED)):
            raise EOFError(CUT)
        part = decoder.decompress(data, most)
        self._full = len(part) == most  # there may be more, though no more goes in
        if decoder.eof:
            self.left, self._decoder = decoder.unused_data, None
        return part


class UnpackedZstd:
    """The unpacked bytes of a zstd file (RFC 8878).

    Arrow says of a read that fails nothing but the error, and has written what it had by then
    into the buffer it was given. What is written is told from `_UNWRITTEN`: of text all is kept,
    of other bytes at most those at the end that happen to be the same.
    """

    def __init__(self, raw: Raw) -> None:
        self._arrow = pa.CompressedInputStream(pa.PythonFile(_File(raw), "r"), "zstd")
        self._error: OSError | EOFError | None = None

    def read(self, size: int, /) -> bytes:
        """Give at most *size* bytes, none at the end.

        Raises:
            EOFError: the file is cut short.
            OSError: it is damaged.
        """
        if self._error is not None:
            raise self._error
        size = min(size, len(_UNWRITTEN))
        held = bytearray(_UNWRITTEN[:size])
        try:
            return bytes(held[: self._arrow.readinto(held)])
        except OSError as error:
            cut = str(error).startswith("Truncated")
            self._error = EOFError(CUT) if cut else error
            while held and held[-1] == _UNWRITTEN[len(held) - 1]:
                held.pop()
            if not held:
                raise self._error from None
            return bytes(held)


class _File(io.RawIOBase):
    """A raw source with the interface of a file, for libraries that ask for one."""

    def __init__(self, raw: Raw) -> None:
        super().__init__()
        self._raw = raw

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._raw.read(size if size >= 0 else 1 << 20)


UNPACK: Final[Mapping[str, Callable[[Raw], Raw]]] = {
    "gzip": lambda raw: Unpacked(raw, Inflater, 1 << 20),
    "bzip2": lambda raw: Unpacked(raw, bz2.BZ2Decompressor, PIECE),
    "xz": lambda raw: Unpacked(raw, lzma.LZMADecompressor, PIECE),
    "zstd": UnpackedZstd,
}
"""What unpacks a compressed file."""


class ZipMember:
    """The unpacked bytes of a member of *archive*; its checksum is told of after the last one."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        unchecked = copy(info)
        # Else zipfile keeps back the last piece of a member whose checksum is wrong.
        unchecked.CRC = None  # type: ignore[assignment]
        self._file = cast("zipfile.ZipExtFile", archive.open(unchecked))
        self._wanted, self._found = info.CRC, 0
        self._name = info.filename

    def read(self, size: int, /) -> bytes:
        """Give at most *size* bytes, none at the end.

        Raises:
            EOFError, OSError, zipfile.BadZipFile, zlib.error, lzma.LZMAError: it is damaged.
        """
        part = self._file.read1(min(size, PIECE))
        self._found = zlib.crc32(part, self._found)
        if not part and self._found != self._wanted:
            raise zipfile.BadZipFile(f"Bad CRC-32 for file {self._name!r}")
        return part

    def close(self) -> None:
        """Let go of the archive."""
        self._file.close()


class Tape:
    """The bytes of a tar, and zeros behind them where they end early.

    With them the library gives what there is of a member that is cut; `TapeMember` tells it from
    the zeros.

    Args:
        rest: the tar.
    """

    def __init__(self, rest: Raw) -> None:
        self._rest = rest
        self.passed = 0
        self.ended = False
        self.error: Exception | None = None

    def read(self, size: int, /) -> bytes:
        """Give at most *size* bytes."""
        part = b""
        if not self.ended:
            try:
                part = self._rest.read(size)
            except FAILURES as error:
                self.error = error
        self.passed += len(part)
        self.ended = not part
        return part or bytes(size)

    def check(self, offset: int) -> None:
        """Raise what is wrong with the tar, whose next header begins at *offset*."""
        if self.error is not None:
            raise self.error
        if self.ended and (self.passed < offset or 0 < self.passed - offset < tarfile.BLOCKSIZE):
            raise tarfile.ReadError("unexpected end of data")


@dataclass(slots=True)
class TapeMember:
    """The bytes of a member of a tar, up to where the tar ends.

    Args:
        rest: the member, padded.
        tape: of the tar.
        place: where in the tar the next byte lies.
        short: all that there is of it was given.
    """

    rest: Raw
    tape: Tape
    place: int
    short: bool = False

    def read(self, size: int, /) -> bytes:
        """Give at most *size* bytes, none at the end.

        Raises:
            tarfile.ReadError: the tar ends before it.
            OSError, ValueError, zlib.error, lzma.LZMAError, EOFError: the tar is damaged.
        """
        padded = b"" if self.short else self.rest.read(size)
        part = padded
        if self.tape.ended:
            part = padded[: max(self.tape.passed - self.place, 0)]
            self.short |= len(part) < len(padded)
        if self.short and not part:
            raise self.tape.error or tarfile.ReadError("unexpected end of data")
        self.place += len(part)
        return part
