"""Small journal files, written after systemd's "Journal File Format"."""

import struct
from collections.abc import Callable, Mapping, Sequence

HEADER_BYTES = 240
DATA, ENTRY, ENTRY_ARRAY = 1, 3, 6
COMPACT = 16

Pack = Callable[[bytes], tuple[int, bytes]]


def plain(payload: bytes) -> tuple[int, bytes]:
    return 0, payload


def _object(kind: int, flags: int, body: bytes) -> bytes:
    whole = struct.pack("<BB6xQ", kind, flags, 16 + len(body)) + body
    return whole + bytes(-len(whole) % 8)


def journal_of(
    entries: Sequence[Mapping[str, bytes]],
    *,
    compact: bool = False,
    pack: Pack = plain,
    features: int = 0,
    start: int = 1_795_536_000_000_000,
) -> bytes:
    """Write a journal; entry i is i seconds after *start* (microseconds since 1970)."""
    body, where = bytearray(), []
    data: dict[bytes, int] = {}
    for number, fields in enumerate(entries):
        items = b""
        for name, value in fields.items():
            payload = name.encode() + b"=" + value
            if payload not in data:
                data[payload] = HEADER_BYTES + len(body)
                flags, packed = pack(payload)
                body += _object(DATA, flags, bytes(56 if compact else 48) + packed)
            at = data[payload]
            items += struct.pack("<I", at) if compact else struct.pack("<QQ", at, 0)
        where.append(HEADER_BYTES + len(body))
        stamp = struct.pack("<QQQ16sQ", number + 1, start + number * 10**6, number, bytes(16), 0)
        body += _object(ENTRY, 0, stamp + items)
    array = HEADER_BYTES + len(body)
    listed = b"".join(struct.pack("<I" if compact else "<Q", at) for at in where)
    body += _object(ENTRY_ARRAY, 0, struct.pack("<Q", 0) + listed)
    header = bytearray(HEADER_BYTES)
    struct.pack_into("<8sII", header, 0, b"LPKSHHRH", 0, features | (COMPACT if compact else 0))
    struct.pack_into("<QQ", header, 88, HEADER_BYTES, len(body))
    struct.pack_into("<QQQ", header, 136, array, len(data) + len(where) + 1, len(where))
    struct.pack_into("<Q", header, 176, array)
    return bytes(header + body)
