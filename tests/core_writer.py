"""Small ELF cores, written after the System V ABI and core(5)."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PAGE = 4096


@dataclass(frozen=True)
class Piece:
    """A stretch of memory; *data* is stored, which may be shorter than it is."""

    start: int
    size: int
    perms: str
    data: bytes = b""
    path: str = ""


def _flags(perms: str) -> int:
    return 4 * ("r" in perms) + 2 * ("w" in perms) + ("x" in perms)


def _note(kind: int, text: bytes) -> bytes:
    return struct.pack("<III", 5, len(text), kind) + b"CORE\0\0\0\0" + text + bytes(-len(text) % 4)


def _status(thread: int, counter: int, stack: int = 0) -> bytes:
    body = bytearray(336)
    body[32:36] = struct.pack("<I", thread)
    body[240:248] = struct.pack("<Q", counter)
    body[264:272] = struct.pack("<Q", stack)
    return bytes(body)


def _process(pid: int, name: str, arguments: str) -> bytes:
    head = bytes(16) + struct.pack("<IIIIII", 0, 0, pid, 1, pid, pid)
    return head + name.encode().ljust(16, b"\0") + arguments.encode().ljust(80, b"\0")


def _files(pieces: Sequence[Piece]) -> bytes:
    named = [piece for piece in pieces if piece.path]
    head = struct.pack("<QQ", len(named), PAGE)
    rows = b"".join(struct.pack("<QQQ", p.start, p.start + p.size, 0) for p in named)
    return head + rows + b"".join(p.path.encode() + b"\0" for p in named)


def stack_of(
    top: int, arguments: Sequence[str], variables: Sequence[str], vector: Mapping[int, int]
) -> tuple[int, bytes, bytes]:
    """Lay out an initial stack that ends at *top*: its start, its bytes, the auxiliary vector."""
    strings = b"".join(text.encode() + b"\0" for text in [*arguments, *variables])
    name_at = top - 16
    first = name_at - len(strings)
    places, place = [], first
    for text in [*arguments, *variables]:
        places.append(place)
        place += len(text.encode()) + 1
    pairs = {**vector, 31: name_at}
    auxv = b"".join(struct.pack("<QQ", *pair) for pair in pairs.items()) + bytes(16)
    words = [len(arguments), *places[: len(arguments)], 0, *places[len(arguments) :], 0]
    body = struct.pack(f"<{len(words)}Q", *words) + auxv
    start = (first - len(body)) // PAGE * PAGE
    gap = first - len(body) - start
    gap -= gap % 8
    whole = bytes(gap) + body
    return start, whole.ljust(first - start, b"\0") + strings + b"/bin/x\0".ljust(16, b"\0"), auxv


def core_of(
    pieces: Sequence[Piece],
    *,
    threads: Sequence[tuple[int, ...]] = ((7, 0),),
    auxv: bytes = b"",
    notes_last: bool = False,
) -> bytes:
    """Write a core of process 7, ``tool``; pieces without stored bytes are listed only."""
    notes = _note(3, _process(7, "tool", "tool -d"))
    notes += b"".join(_note(1, _status(*thread)) for thread in threads)
    notes += _note(6, auxv) + _note(0x46494C45, _files(pieces))
    count = len(pieces) + 1
    place = 64 + 56 * count
    body, heads = b"", []
    if not notes_last:
        body += notes
        heads.append(struct.pack("<IIQQQQQQ", 4, 0, place, 0, 0, len(notes), 0, 4))
    for piece in pieces:
        at = place + len(body)
        stored = len(piece.data)
        heads.append(
            struct.pack(
                "<IIQQQQQQ", 1, _flags(piece.perms), at, piece.start, 0, stored, piece.size, PAGE
            )
        )
        body += piece.data
    if notes_last:
        heads.insert(0, struct.pack("<IIQQQQQQ", 4, 0, place + len(body), 0, 0, len(notes), 0, 4))
        body += notes
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQ", 4, 62, 1, 0, 64, 0)
    head += struct.pack("<IHHHHHH", 0, 64, 56, count, 0, 0, 0)
    return head + b"".join(heads) + body
