"""Small Windows minidumps and PE images, written after minidumpapiset.h and "PE Format"."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

PAGE = 4096
BASE = 0x140000000
COMMITTED = 0x1000
PRIVATE, MAPPED, IMAGE = 0x20000, 0x40000, 0x1000000
R, RW, RX, RWX = 0x02, 0x04, 0x20, 0x40


@dataclass(frozen=True)
class Part:
    """A stretch of memory; *data* is stored, which may be shorter than it is."""

    start: int
    size: int
    protection: int = RW
    sort: int = PRIVATE
    data: bytes = b""
    allocation: int = 0


@dataclass(frozen=True)
class Loaded:
    """A module; its name stands behind the streams."""

    start: int
    size: int
    path: str
    stamp: int = 0x5000
    version: tuple[int, int] = (0, 0)


PROGRAM = Loaded(BASE, 16 * PAGE, "C:\\Program Files\\Tool\\tool.exe")
NTDLL = Loaded(0x7FFE00000000, 64 * PAGE, "C:\\Windows\\System32\\ntdll.dll")
KERNEL = Loaded(0x7FFD00000000, 64 * PAGE, "C:\\Windows\\System32\\kernel32.dll")
QUIET = (PROGRAM, NTDLL, KERNEL)


@dataclass
class Dump:
    """What goes into a dump; by default a quiet 64-bit process."""

    parts: Sequence[Part] = ()
    modules: Sequence[Loaded] = QUIET
    threads: Sequence[tuple[int, int]] = ((11, NTDLL.start + 64),)
    starts: dict[int, int] = field(default_factory=dict)
    unloaded: Sequence[Loaded] = ()
    architecture: int = 9
    platform: int = 2
    pid: int = 4711
    started: int = 1_700_000_000
    areas: bool = True
    whole: bool = True
    leave_out: Sequence[int] = ()


def minidump_of(dump: Dump) -> bytes:
    """Write a minidump: streams, then names and contexts, then memory."""
    sorts = [3, 4, 7, 15, 9 if dump.whole else 5]
    sorts += [16] * dump.areas + [17] * bool(dump.starts) + [14] * bool(dump.unloaded)
    sorts = [sort for sort in sorts if sort not in dump.leave_out]
    place = 32 + 12 * len(sorts)
    sizes = {sort: len(_stream(sort, dump, {}, {}, 0)) for sort in sorts}
    places, rows = {}, b""
    for sort in sorts:
        places[sort] = place
        rows += struct.pack("<III", sort, sizes[sort], place)
        place += sizes[sort]
    tail, names, contexts = b"", {}, {}
    for module in [*dump.modules, *dump.unloaded]:
        text = module.path.encode("utf-16-le")
        names[module.path] = place + len(tail)
        tail += struct.pack("<I", len(text)) + text + b"\0\0"
    for thread, counter in dump.threads:
        contexts[thread] = place + len(tail)
        tail += _context(dump.architecture, counter)
    memory_at = place + len(tail)
    head = b"MDMP" + struct.pack("<IIIIIQ", 0xA793, len(sorts), 32, 0, 1_700_000_100, 2)
    body = b"".join(_stream(sort, dump, names, contexts, memory_at) for sort in sorts)
    return head + rows + body + tail + b"".join(part.data for part in dump.parts)


def _context(architecture: int, counter: int) -> bytes:
    if architecture == 0:
        return struct.pack("<I", counter).rjust(188, b"\0").ljust(716, b"\0")
    at, size = {9: (248, 1232), 12: (264, 912)}[architecture]
    return struct.pack("<Q", counter).rjust(at + 8, b"\0").ljust(size, b"\0")


def _stream(
    sort: int, dump: Dump, names: dict[str, int], contexts: dict[int, int], memory_at: int
) -> bytes:
    stored = [part for part in dump.parts if part.data]
    match sort:
        case 3:
            size = len(_context(dump.architecture, 0))
            return struct.pack("<I", len(dump.threads)) + b"".join(
                struct.pack("<IIIIQQIIII", t, 0, 0, 0, 0, 0, 0, 0, size, contexts.get(t, 0))
                for t, _ in dump.threads
            )
        case 4:
            return struct.pack("<I", len(dump.modules)) + b"".join(
                struct.pack("<QIIII", m.start, m.size, 0, m.stamp, names.get(m.path, 0))
                + struct.pack("<IIII", 0xFEEF04BD if any(m.version) else 0, 0, *m.version).ljust(
                    84, b"\0"
                )
                for m in dump.modules
            )
        case 5:
            rows = b""
            for part in stored:
                rows += struct.pack("<QII", part.start, len(part.data), memory_at)
                memory_at += len(part.data)
            return struct.pack("<I", len(stored)) + rows
        case 7:
            head = struct.pack("<HHHBB", dump.architecture, 6, 0, 4, 1)
            return (head + struct.pack("<IIII", 10, 0, 19045, dump.platform)).ljust(56, b"\0")
        case 9:
            rows = b"".join(struct.pack("<QQ", p.start, len(p.data)) for p in stored)
            return struct.pack("<QQ", len(stored), memory_at) + rows
        case 14:
            rows = b"".join(
                struct.pack("<QIIII", m.start, m.size, 0, m.stamp, names.get(m.path, 0))
                for m in dump.unloaded
            )
            return struct.pack("<III", 12, 24, len(dump.unloaded)) + rows
        case 15:
            return struct.pack("<IIIIII", 24, 3, dump.pid, dump.started, 0, 0)
        case 16:
            rows = b"".join(
                struct.pack(
                    "<QQIIQIIII", p.start, p.allocation or p.start, p.protection, 0, p.size,
                    COMMITTED, p.protection, p.sort, 0,
                )
                for p in dump.parts
            )  # fmt: skip
            return struct.pack("<IIQ", 16, 48, len(dump.parts)) + rows
        case _:
            rows = b"".join(
                struct.pack("<IIIIQQQQQQ", t, 0, 0, 0, 0, 0, 0, 0, start, 0)
                for t, start in dump.starts.items()
            )
            return struct.pack("<III", 12, 64, len(dump.starts)) + rows


def image_bytes(
    code: bytes = b"\x90" * PAGE,
    *,
    base: int = BASE,
    wide: bool = True,
    stamp: int = 0x5000,
    relocations: Sequence[int] = (),
    imports: tuple[int, int] = (0, 0),
    writable: bool = False,
    managed: bool = False,
) -> bytes:
    """Write a PE file: a page of headers, ``.text`` at 0x1000, ``.reloc`` behind it.

    Args:
        code: what ``.text`` holds.
        base: where it would like to be.
        relocations: places of addresses, from the base on, all of one page.
        imports: start and size of the import address table.
        writable: whether ``.text`` may be written to.
        managed: whether it is an assembly of .NET.
    """
    size = -(-len(code) // PAGE) * PAGE
    entries = struct.pack(
        f"<{len(relocations)}H", *(((10 if wide else 3) << 12) | (at & 0xFFF) for at in relocations)
    )
    page = relocations[0] & ~0xFFF if relocations else 0
    table = struct.pack("<II", page, 8 + len(entries)) + entries
    flags = 0x60000020 | (0x80000000 if writable else 0)
    sections = _section(b".text", PAGE, size, PAGE, flags)
    sections += _section(b".reloc", PAGE + size, PAGE, PAGE + size, 0x42000040)
    tables = [(0, 0)] * 16
    tables[5] = (PAGE + size, len(table) if relocations else 0)
    tables[12] = imports
    tables[14] = (PAGE, 72) if managed else (0, 0)
    head = struct.pack("<HBBIIIII", 0x20B if wide else 0x10B, 14, 0, size, 0, 0, PAGE, PAGE)
    head += struct.pack("<Q", base) if wide else struct.pack("<II", PAGE, base)
    head += struct.pack(
        "<IIHHHHHHIIIIHH", PAGE, 512, 6, 0, 0, 0, 6, 0, 0, 2 * PAGE + size, PAGE, 0, 3, 0
    )
    head += struct.pack("<QQQQII" if wide else "<IIIIII", 0, 0, 0, 0, 0, 16)
    head += b"".join(struct.pack("<II", *each) for each in tables)
    coff = struct.pack("<HHIIIHH", 0x8664 if wide else 0x14C, 2, stamp, 0, 0, len(head), 0x22)
    dos = b"MZ".ljust(60, b"\0") + struct.pack("<I", 128)
    headers = dos.ljust(128, b"\0") + b"PE\0\0" + coff + head + sections
    return headers.ljust(PAGE, b"\0") + code.ljust(size, b"\0") + table.ljust(PAGE, b"\0")


def _section(name: bytes, start: int, size: int, offset: int, flags: int) -> bytes:
    return name.ljust(8, b"\0") + struct.pack(
        "<IIIIIIHHI", size, start, size, offset, 0, 0, 0, 0, flags
    )
