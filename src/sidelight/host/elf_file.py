"""What an ELF file asks the dynamic loader for: libraries by name, and folders to look in.

Sources: the System V ABI, "Program Header" and "Dynamic Section"; ld.so(8).
"""

import struct
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from sidelight.values import dataclass

ReadAt: TypeAlias = Callable[[int, int], bytes]
"""Gives bytes from an offset on, fewer only at the end."""

MAGIC: Final = b"\x7fELF"
_MANY: Final = 4096
_TEXT_BYTES: Final = 4 << 20
_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_NEEDED, _NAMES, _SIZE, _SONAME, _RPATH, _RUNPATH, _FLAGS = 1, 5, 10, 14, 15, 29, 0x6FFFFFFB
_PIE: Final = 0x08000000


@dataclass(frozen=True, slots=True)
class ElfFile:
    """An executable or a library.

    Args:
        program: whether it is started rather than loaded.
        soname: the name that others ask for it by; empty where it has none.
        needed: names of the libraries that it asks for.
        folders: where it has them looked for (RPATH, RUNPATH), as they stand.
    """

    program: bool
    soname: str = ""
    needed: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def read_elf(read_at: ReadAt) -> ElfFile | None:
    """Read headers and dynamic section; None where it is no executable and no library."""
    head = read_at(0, 64)
    if len(head) < 52 or head[:4] != MAGIC or head[4] not in {1, 2} or head[5] not in {1, 2}:
        return None
    order, wide = "<" if head[5] == 1 else ">", head[4] == 2
    (kind,) = struct.unpack(f"{order}H", head[16:18])
    if kind not in {2, 3} or (wide and len(head) < 64):
        return None
    parts = _parts(read_at, head, order, wide=wide)
    interpreted = any(sort == _INTERPRETER for sort, *_ in parts)
    found = next(((at, size) for sort, at, size, _ in parts if sort == _DYNAMIC), (0, 0))
    code, step = ("Q", 16) if wide else ("I", 8)
    data = read_at(found[0], min(found[1], step * _MANY)) if found[0] < 1 << 62 else b""
    count = len(data) // step
    words = struct.unpack(f"{order}{2 * count}{code}", data[: step * count])
    entries = list(zip(words[::2], words[1::2], strict=True))
    first = dict(reversed(entries))
    texts = _texts(read_at, parts, first)

    def of(tag: int) -> list[str]:
        return [_text(texts, value) for key, value in entries if key == tag]

    program = kind == 2 or interpreted or bool(first.get(_FLAGS, 0) & _PIE)
    # A library that can be run as well, as libc, has a name and an interpreter.
    named = next(iter(of(_SONAME)), "")
    folders = [folder for text in of(_RUNPATH) or of(_RPATH) for folder in text.split(":")]
    return ElfFile(program and not named, named, tuple(of(_NEEDED)), tuple(folders))


_Part: TypeAlias = tuple[int, int, int, int]
"""Sort, offset in the file, size in the file, address."""


def _parts(read_at: ReadAt, head: bytes, order: str, *, wide: bool) -> list[_Part]:
    place = head[32:40] if wide else head[28:32]
    (start,) = struct.unpack(f"{order}{'Q' if wide else 'I'}", place)
    size, count = struct.unpack(f"{order}HH", head[54:58] if wide else head[42:46])
    least, form = (56, "IIQQQQQQ") if wide else (32, "IIIIIIII")
    if size != least or start >= 1 << 62:
        return []
    table = read_at(start, size * min(count, _MANY))
    rows = struct.iter_unpack(f"{order}{form}", table[: len(table) // size * size])
    pick = (0, 2, 5, 3) if wide else (0, 1, 4, 2)
    return [(row[pick[0]], row[pick[1]], row[pick[2]], row[pick[3]]) for row in rows]


def _texts(read_at: ReadAt, parts: list[_Part], entries: Mapping[int, int]) -> bytes:
    place, size = entries.get(_NAMES, 0), min(entries.get(_SIZE, 0), _TEXT_BYTES)
    for sort, offset, stored, address in parts:
        if sort == _LOAD and address <= place < address + stored:
            at = offset + place - address
            return read_at(at, size) if at < 1 << 62 else b""
    return b""


def _text(texts: bytes, at: int) -> str:
    end = texts.find(b"\0", at) if at < len(texts) else -1
    return texts[at:end].decode("utf-8", "backslashreplace") if end >= 0 else ""
