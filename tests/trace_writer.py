"""Prefetch files and registry hives, written as Windows lays them out; for tests alone."""

import struct
from collections.abc import Mapping, Sequence

EPOCH = 116_444_736_000_000_000
VOLUME = "\\VOLUME{01d5a1b2c3d4e5f6-1a2b3c4d}\\"
Key = Mapping[str, object]
"""A key: its values, where they are text, bytes or a number, and the keys below it."""


def stamp(seconds: int) -> int:
    """Give a FILETIME."""
    return EPOCH + seconds * 10**7


def write_prefetch(
    name: str, files: Sequence[str], *, version: int = 30, count: int = 3, times: Sequence[int] = ()
) -> bytes:
    """Write a prefetch file, not packed; *files* are paths with their volume."""
    size = {17: 68, 23: 156, 26: 224, 30: 212, 31: 212}[version]
    texts = "".join(f"{file}\0" for file in files).encode("utf-16-le")
    start = 84 + size
    body = bytearray(size)
    struct.pack_into("<9I", body, 0, start, 0, start, 0, start, len(texts), start, 0, 0)
    at, many = {17: (36, 1), 23: (44, 1)}.get(version, (44, 8))
    stamps = [stamp(seconds) for seconds in times][:many]
    struct.pack_into(f"<{len(stamps)}Q", body, at, *stamps)
    where = {17: 60, 23: 68, 26: 124}.get(version, 116)
    struct.pack_into("<I", body, where, count)
    head = struct.pack("<I4sII", version, b"SCCA", 17, start + len(texts))
    head += name.upper().encode("utf-16-le")[:58].ljust(60, b"\0") + struct.pack("<II", 7, 0)
    return head + bytes(body) + texts


def pack(data: bytes, repeats: Sequence[tuple[int, int]] = ()) -> bytes:
    """Pack data as LZ77 and Huffman with codes of nine bits for all symbols.

    Args:
        data: literals.
        repeats: behind them, pairs of distance and length.
    """
    bits: list[tuple[int, int, bytes]] = [(byte, 9, b"") for byte in data]
    for distance, length in repeats:
        wide = distance.bit_length() - 1
        long = min(length - 3, 15)
        rest = b"" if long < 15 else bytes([min(length - 18, 255)])
        if rest == b"\xff":
            rest += struct.pack("<H", length - 3)
        bits.append((256 + 16 * wide + long, 9, rest))
        bits.append((distance - (1 << wide), wide, b""))
    return b"\x99" * 256 + _words(bits)


def _words(bits: Sequence[tuple[int, int, bytes]]) -> bytes:
    """Lay codes out in words of 16 bits, and bytes where a reader is by then.

    A reader is two words ahead: it takes the next one as soon as less than 16 bits are left.
    """
    out, slots, spare, word, free = bytearray(4), [0, 2], 16, 0, 16
    for value, size, rest in bits:
        left = size
        while left:
            step = min(left, free)
            word = word << step | (value >> left - step & (1 << step) - 1)
            left, free = left - step, free - step
            if not free:
                out[slots[0] : slots[0] + 2] = struct.pack("<H", word)
                slots, word, free = slots[1:], 0, 16
        spare -= size
        if spare < 0:
            slots.append(len(out))
            out += bytes(2)
            spare += 16
        out += rest
    if free < 16:
        out[slots[0] : slots[0] + 2] = struct.pack("<H", word << free)
    return bytes(out)


def compress(prefetch: bytes) -> bytes:
    """Pack a prefetch file as Windows 10 does; up to 64 KiB."""
    return b"MAM\x04" + struct.pack("<I", len(prefetch)) + pack(prefetch)


def write_hive(root: Key, *, finished: bool = True) -> bytes:
    """Write a registry hive with one bin."""
    cells = bytearray(32)

    def add(data: bytes) -> int:
        place, size = len(cells), -(-(len(data) + 4) // 8) * 8
        cells.extend(struct.pack("<i", -size) + data.ljust(size - 4, b"\0"))
        return place

    def key(name: str, content: Key, *, top: bool = False) -> int:
        below = [key(n, sub) for n, sub in content.items() if isinstance(sub, dict)]
        values = [value(n, v) for n, v in content.items() if not isinstance(v, dict)]
        leaf = struct.pack("<2sH", b"li", len(below)) + struct.pack(f"<{len(below)}I", *below)
        listed = add(leaf) if below else 0xFFFFFFFF
        held = add(struct.pack(f"<{len(values)}I", *values)) if values else 0xFFFFFFFF
        flags = 0x20 | (0x0C if top else 0)
        node = struct.pack(
            "<2sHQIIIIIIIIIIIIIIIHH", b"nk", flags, stamp(1_700_000_000), 0, 0, len(below), 0,
            listed, 0xFFFFFFFF, len(values), held, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 0, 0, 0,
            len(name), 0,
        )  # fmt: skip
        return add(node + name.encode("latin-1"))

    def value(name: str, content: object) -> int:
        match content:
            case str():
                kind, data = 1, content.encode("utf-16-le") + b"\0\0"
            case bytes():
                kind, data = 3, content
            case _:
                kind, data = 4, struct.pack("<I", content)
        small = len(data) <= 4
        size = len(data) | (0x80000000 if small else 0)
        place = struct.unpack("<I", data.ljust(4, b"\0"))[0] if small else add(data)
        head = struct.pack("<2sHIIIHH", b"vk", len(name), size, place, kind, 1, 0)
        return add(head + name.encode("latin-1"))

    top = key("ROOT", root, top=True)
    cells.extend(bytes(-len(cells) % 4096))
    cells[:32] = struct.pack("<4sIIQQI", b"hbin", 0, len(cells), 0, 0, 0)
    base = struct.pack(
        "<4sIIQIIIIIII", b"regf", 1 if finished else 2, 1, 0, 1, 5, 0, 1, top, len(cells), 1
    )
    return base.ljust(4096, b"\0") + bytes(cells)


def shimcache(*paths: str, modified: int = 1_700_000_000) -> bytes:
    """Write the value AppCompatCache as Windows 10 does."""
    out = struct.pack("<I", 0x34).ljust(0x34, b"\0")
    for path in paths:
        text = path.encode("utf-16-le")
        data = struct.pack("<H", len(text)) + text + struct.pack("<QI", stamp(modified), 0)
        out += struct.pack("<4sII", b"10ts", 0, len(data)) + data
    return out
