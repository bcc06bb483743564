"""Small ELF files, written after the System V ABI: headers, a dynamic section, and its texts."""

import struct
from collections.abc import Sequence

NAMES_AT = 0x400


def elf_of(
    kind: int = 3,
    needed: Sequence[str] = (),
    soname: str = "",
    rpath: str | None = None,
    runpath: str | None = None,
    interpreter: bool = False,
    wide: bool = True,
    order: str = "<",
) -> bytes:
    """Write an executable or library (*kind* 2 or 3) that asks for what is named."""
    texts = b"\0"
    entries: list[tuple[int, int]] = []
    wanted = [(1, name) for name in needed] + [(14, soname)] * bool(soname)
    wanted += [(15, rpath)] * (rpath is not None) + [(29, runpath)] * (runpath is not None)
    for tag, text in wanted:
        entries.append((tag, len(texts)))
        texts += str(text).encode() + b"\0"
    entries += [(5, NAMES_AT), (10, len(texts)), (0, 0)]
    code, head_size, part_size = ("Q", 64, 56) if wide else ("I", 52, 32)
    dynamic = b"".join(struct.pack(f"{order}2{code}", *entry) for entry in entries)
    whole = NAMES_AT + len(texts)
    parts = [(1, 0, whole), (2, 0x200, len(dynamic))] + [(3, 0x3F0, 1)] * interpreter
    table = b""
    for sort, at, size in parts:
        if wide:
            table += struct.pack(f"{order}IIQQQQQQ", sort, 4, at, at, at, size, size, 1)
        else:
            table += struct.pack(f"{order}IIIIIIII", sort, at, at, at, size, size, 4, 1)
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    head = ident + struct.pack(f"{order}HHI", kind, 62, 1)
    head += struct.pack(f"{order}3{code}I", 0, head_size, 0, 0)
    head += struct.pack(f"{order}6H", head_size, part_size, len(parts), 0, 0, 0)
    return (head + table).ljust(0x200, b"\0") + dynamic.ljust(0x200, b"\0") + texts
