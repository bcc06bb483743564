"""Writes tiny PE files: enough for a reader, nothing that could run."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_BASE = 0x1000
_FILE_BASE = 0x400
_ALIGN = 0x200


@dataclass(frozen=True)
class Pe:
    """What a file is to have.

    Args:
        imports: functions by library; ``#5`` is one by number.
        exports: functions with the number of the place each leads to, or the text of a forwarder.
        version: texts of the version resource; None for no resource.
        strings: bytes that stand somewhere in it.
        overlay: bytes behind the last section.
    """

    library: bool = False
    wide: bool = True
    imports: Mapping[str, Sequence[str]] = field(default_factory=dict)
    delayed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    exports: Mapping[str, int | str] = field(default_factory=dict)
    exports_name: str = "x.dll"
    version: Mapping[str, str] | None = None
    strings: bytes = b""
    linked: int = 1_700_000_000
    overlay: bytes = b""


class _Body:
    """One section; what is put into it has an address."""

    def __init__(self) -> None:
        self.data = bytearray(b"\xc3" * 16)

    def put(self, some: bytes, align: int = 8) -> int:
        self.data += b"\0" * (-len(self.data) % align)
        at = len(self.data)
        self.data += some
        return _BASE + at

    def text(self, text: str) -> int:
        return self.put(text.encode("latin-1") + b"\0", 2)

    def fill(self, rva: int, some: bytes) -> None:
        at = rva - _BASE
        self.data[at : at + len(some)] = some


def write_pe(pe: Pe) -> bytes:
    """Give the bytes of *pe*."""
    body = _Body()
    directories = [(0, 0)] * 16
    if pe.strings:
        body.put(pe.strings)
    if pe.exports:
        directories[0] = _exports(body, pe)
    if pe.imports:
        directories[1] = _imports(body, pe)
    if pe.version is not None:
        directories[2] = _resources(body, pe.version)
    if pe.delayed:
        directories[13] = _delayed(body, pe)
    size = len(body.data)
    body.data += b"\0" * (-size % _ALIGN)
    return _headers(pe, directories, size, len(body.data)) + bytes(body.data) + pe.overlay


def _headers(pe: Pe, directories: Sequence[tuple[int, int]], size: int, raw: int) -> bytes:
    dos = b"MZ" + b"\0" * 58 + struct.pack("<I", 0x80) + b"\0" * 64
    length = (112 if pe.wide else 96) + 128
    traits = 0x2022 if pe.library else 0x0022
    machine = 0x8664 if pe.wide else 0x14C
    coff = struct.pack("<HHIIIHH", machine, 1, pe.linked, 0, 0, length, traits)
    optional = struct.pack("<HBBIIIII", 0x20B if pe.wide else 0x10B, 14, 0, raw, 0, 0, _BASE, _BASE)
    optional += struct.pack("<Q", 0x140000000) if pe.wide else struct.pack("<II", _BASE, 0x400000)
    optional += struct.pack("<IIHHHHHHI", 0x1000, _ALIGN, 6, 0, 0, 0, 6, 0, 0)
    optional += struct.pack("<IIIHH", 0x1000 + (size + 0xFFF & ~0xFFF), _FILE_BASE, 0, 3, 0)
    optional += struct.pack("<QQQQ" if pe.wide else "<IIII", 1 << 20, 4096, 1 << 20, 4096)
    optional += struct.pack("<II", 0, 16) + b"".join(struct.pack("<II", *d) for d in directories)
    section = struct.pack("<8sIIIIIIHHI", b".text", size, _BASE, raw, _FILE_BASE, 0, 0, 0, 0,
                          0x60000020)  # fmt: skip
    head = dos + b"PE\0\0" + coff + optional + section
    return head.ljust(_FILE_BASE, b"\0")


def _names(body: _Body, functions: Sequence[str], wide: bool) -> int:
    form, numbered = ("<Q", 1 << 63) if wide else ("<I", 1 << 31)
    entries = b""
    for name in functions:
        if name.startswith("#"):
            entries += struct.pack(form, numbered | int(name[1:]))
        else:
            entries += struct.pack(form, body.put(b"\0\0" + name.encode() + b"\0", 2))
    return body.put(entries + struct.pack(form, 0))


def _imports(body: _Body, pe: Pe) -> tuple[int, int]:
    rows = b""
    for library, functions in pe.imports.items():
        names, table = (_names(body, functions, pe.wide) for _ in range(2))
        rows += struct.pack("<5I", names, 0, 0, body.text(library), table)
    rows += b"\0" * 20
    return body.put(rows), len(rows)


def _delayed(body: _Body, pe: Pe) -> tuple[int, int]:
    rows = b""
    for library, functions in pe.delayed.items():
        names = _names(body, functions, pe.wide)
        rows += struct.pack("<8I", 1, body.text(library), 0, names, names, 0, 0, 0)
    rows += b"\0" * 32
    return body.put(rows), len(rows)


def _exports(body: _Body, pe: Pe) -> tuple[int, int]:
    functions = sorted(pe.exports)
    count = len(functions)
    start = body.put(b"\0" * 40)
    table = body.put(b"\0" * 4 * count)
    texts = struct.pack(f"<{count}I", *(body.text(name) for name in functions))
    names = body.put(texts)
    numbers = body.put(struct.pack(f"<{count}H", *range(count)))
    places = []
    for name in functions:
        to = pe.exports[name]
        places.append(body.text(to) if isinstance(to, str) else _BASE + to)
    body.fill(table, struct.pack(f"<{count}I", *places))
    row = struct.pack(
        "<IIHHIIIIIII",
        *(0, 0, 0, 0, body.text(pe.exports_name), 1, count, count, table, names, numbers),
    )
    body.fill(start, row)
    return start, _BASE + len(body.data) - start


def _resources(body: _Body, texts: Mapping[str, str]) -> tuple[int, int]:
    block = _version(texts)
    data = body.put(block)

    def folder(key: int, target: int) -> bytes:
        return struct.pack("<IIHHHHII", 0, 0, 0, 0, 0, 1, key, target)

    below = 1 << 31
    tree = folder(16, below | 24) + folder(1, below | 48) + folder(1033, 72)
    tree += struct.pack("<IIII", data, len(block), 0, 0)
    return body.put(tree), len(tree)


def _version(texts: Mapping[str, str]) -> bytes:
    strings = b""
    for name, text in texts.items():
        value = text.encode("utf-16-le") + b"\0\0"
        strings += _padded(_block(name, value, len(text) + 1, 1))
    table = _block("040904b0", strings, 0, 1)
    info = _block("StringFileInfo", table, 0, 1)
    return _block("VS_VERSION_INFO", b"\0" * 52 + info, 52, 0)


def _block(name: str, body: bytes, length: int, sort: int) -> bytes:
    head = _padded(b"\0" * 6 + name.encode("utf-16-le") + b"\0\0")
    whole = head + body
    return struct.pack("<HHH", len(whole), length, sort) + whole[6:]


def _padded(some: bytes) -> bytes:
    return some + b"\0" * (-len(some) % 4)
