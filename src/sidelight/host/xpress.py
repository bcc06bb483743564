"""Data that Windows packed by LZ77 and Huffman codes, up to the size that it says.

Source: Microsoft, [MS-XCA] 2.2, "LZ77+Huffman Decompression Algorithm Details".
"""

import struct
from typing import Final

_TABLE: Final = 256
_BLOCK: Final = 1 << 16
_SYMBOLS: Final = 512
_BITS: Final = 15
_LONG: Final = 15


class PackedError(ValueError):
    """The data is broken, or ends too early."""


def unpack(data: bytes, size: int) -> bytes:
    """Unpack *size* bytes; no more is unpacked, whatever the data says.

    Raises:
        PackedError: it is broken.
    """
    out, at = bytearray(), 0
    try:
        while len(out) < size:
            at = _unpack_block(data, at, out, min(len(out) + _BLOCK, size))
    except (struct.error, IndexError):
        raise PackedError("packed data ends too early") from None
    return bytes(out[:size])


def _decoding(lengths: bytes) -> list[int]:
    """Give, for every 15 bits, the symbol that they begin with and its length, as 16 * one + other.

    Raises:
        PackedError: the lengths are those of no code.
    """
    sizes = [half for byte in lengths for half in (byte & 15, byte >> 4)]
    table: list[int] = []
    for bits in range(1, _BITS + 1):
        for symbol in range(_SYMBOLS):
            if sizes[symbol] == bits:
                table += [16 * symbol + bits] * (1 << (_BITS - bits))
        if len(table) > 1 << _BITS:
            break
    if len(table) != 1 << _BITS:
        raise PackedError("packed data has no code")
    return table


def _unpack_block(data: bytes, at: int, out: bytearray, end: int) -> int:
    """Unpack the block that begins at *at*; give where the next one does."""
    table = _decoding(data[at : at + _TABLE])
    high, low = struct.unpack_from("<HH", data, at + _TABLE)
    at += _TABLE + 4
    word, spare = high << 16 | low, 16
    while len(out) < end:
        code = table[word >> 17]
        symbol, bits = code >> 4, code & 15
        word, spare = word << bits & 0xFFFFFFFF, spare - bits
        if spare < 0:
            word |= _word(data, at) << -spare
            at, spare = at + 2, spare + 16
        if symbol < 256:
            out.append(symbol)
            continue
        length, wide = symbol & 15, symbol - 256 >> 4
        if length == _LONG:
            length, at = _length(data, at)
        distance = (1 << wide) + (word >> 32 - wide)
        word, spare = word << wide & 0xFFFFFFFF, spare - wide
        if spare < 0:
            word |= _word(data, at) << -spare
            at, spare = at + 2, spare + 16
        _repeat(out, distance, min(length + 3, end - len(out)))
    return at


def _word(data: bytes, at: int) -> int:
    """Read two bytes; behind the end, where the last code leaves nothing to read, zeros."""
    if at > len(data) + 2:
        raise PackedError("packed data ends too early")
    return int.from_bytes(data[at : at + 2], "little")


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Read the length of a long match; give also where to go on."""
    if data[at] < 255:
        return data[at] + _LONG, at + 1
    (length,) = struct.unpack_from("<H", data, at + 1)
    if length:
        return length, at + 3
    return *struct.unpack_from("<I", data, at + 3), at + 7


def _repeat(out: bytearray, distance: int, count: int) -> None:
    start = len(out) - distance
    if start < 0:
        raise PackedError("packed data points before its beginning")
    if distance >= count:
        out += out[start : start + count]
    else:
        piece = out[start:]
        out += (piece * (count // distance + 1))[:count]
