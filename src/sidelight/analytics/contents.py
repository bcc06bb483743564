"""What bytes are: readable text, a program, shellcode, a compressed stream.

Sources: Microsoft, "PE Format"; RFC 1950, 1951, 1952; Intel SDM volume 2 for the instructions;
[MS-NRBF] 2.6.1 for the head of a serialised .NET object.
"""

import re
import zlib
from typing import Final

import numpy as np

from sidelight.values import dataclass

MOST_INFLATED: Final = 2 << 20
"""Of a compressed stream no more than this is unpacked, whatever it promises."""

_STEP: Final = 1 << 14
_STEPS: Final = 4
"""So often what is in a stream may be a stream."""

_BINARY: Final = re.compile(
    rb"""(?P<program>MZ.{58,})
    |(?P<shellcode>\xfc\xe8[\x40-\xff]\0{3}|\xfc\x48\x83\xe4\xf0|\xe8\0{4}[\x58-\x5f]|\x60\x89\xe5\x31)
    |(?P<object>\0\x01\0{3}\xff{4}\x01\0{3}\0{4})""",
    re.DOTALL | re.VERBOSE,
)
_PROCESS_BLOCK: Final = re.compile(
    rb"\x64\xa1\x30\0{3}|\x64\x8b.\x30|\x65\x48\x8b.\x60|\x65\x48\x8b\x04\x25\x60\0{3}", re.DOTALL
)
"""Reading the address of the process environment block, as position-independent code must."""

_EARLY: Final = 128
_NAMES: Final = {
    "program": "a Windows program",
    "shellcode": "shellcode",
    "object": "a serialised .NET object",
}
_PRINTABLE: Final = bytes([9, 10, 13, *range(32, 127)])
_CONTROL: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ud800-\udfff]")
_SHORTEST: Final = 4
_MOST_CONTROL: Final = 0.03


@dataclass(frozen=True, slots=True)
class Content:
    """What was found in bytes.

    Args:
        how: the steps to it, outermost first: gzip, zlib, deflate, xor, utf-16.
        text: the text; of a binary one character a byte (ISO 8859-1).
        binary: what it is if it is no text: a Windows program, shellcode, …; else empty.
    """

    how: tuple[str, ...]
    text: str
    binary: str = ""


def read_contents(data: bytes, keys: tuple[bytes, ...] = ()) -> tuple[Content, ...]:
    """List what *data* may be, unpacked as far as it is packed; nothing if it is nothing known.

    Args:
        data: any bytes.
        keys: repeated over the data and combined with it by exclusive or. Not tried where the
            data is a program or a stream; tried where it is text, since text remains text under
            some keys.
    """
    plain = _unpack(data)
    if plain is not None and (plain.binary or plain.how):
        return (plain,)
    for key in keys:
        inner = _unpack(_combine(data, key))
        if inner is not None:
            keyed = Content((f"xor 0x{key[:8].hex()}", *inner.how), inner.text, inner.binary)
            return (keyed,) if plain is None else (plain, keyed)
    return () if plain is None else (plain,)


def _unpack(data: bytes) -> Content | None:
    how: tuple[str, ...] = ()
    for _ in range(_STEPS):
        binary = name_binary(data)
        if binary:
            return Content(how, data.decode("latin-1"), binary)
        text = read_text(data)
        if text is not None:
            wide = ("utf-16",) if "\0" not in text and _is_wide(data) else ()
            return Content(how + wide, text)
        inflated = inflate(data)
        if inflated is None:
            return None
        how, data = (*how, inflated[0]), inflated[1]
    return None


def name_binary(data: bytes) -> str:
    """Name what kind of code or object *data* begins with; empty if none is known."""
    found = _BINARY.match(data)
    if found is not None and found.lastgroup == "program":
        return _NAMES["program"] if _is_program(data) else ""
    if found is not None and found.lastgroup is not None:
        return _NAMES[found.lastgroup]
    if _PROCESS_BLOCK.search(data[:_EARLY]) and read_text(data[:_EARLY]) is None:
        return _NAMES["shellcode"]
    return ""


def _is_program(data: bytes) -> bool:
    """Say whether the header is where an MZ header says, or was cut off before it."""
    header = int.from_bytes(data[60:64], "little")
    return data[header : header + 4] == b"PE\0\0" or len(data) < header + 4 <= 0x1000


def read_text(data: bytes) -> str | None:
    """Read UTF-16 (little-endian) or UTF-8, None if it is no readable text."""
    if len(data) < _SHORTEST:
        return None
    if data.isascii() and len(data.translate(None, _PRINTABLE)) <= len(data) * _MOST_CONTROL:
        return data.decode("ascii")
    if _is_wide(data):
        text = data[: len(data) & ~1].decode("utf-16-le", "replace").removeprefix("\ufeff")
    else:
        text = data.decode("utf-8-sig", "replace")
        text = text.removesuffix("\ufffd")
    return text if text and _is_readable(text) else None


def _is_wide(data: bytes) -> bool:
    """Say whether every other byte is zero, or a mark says so."""
    high = data[1:4096:2]
    return data[:2] == b"\xff\xfe" or (len(data) >= 6 and high.count(0) >= 0.6 * len(high))


def _is_readable(text: str) -> bool:
    if len(_CONTROL.findall(text)) > len(text) * _MOST_CONTROL:
        return False
    return len(text.encode("ascii", "ignore")) >= 0.5 * len(text)


def inflate(data: bytes) -> tuple[str, bytes] | None:
    """Unpack gzip, zlib or raw deflate, as far as it is whole and up to `MOST_INFLATED` bytes."""
    if data[:3] == b"\x1f\x8b\x08":
        return _inflate("gzip", data, 31)
    if data[:1] == b"\x78" and len(data) > 2 and int.from_bytes(data[:2]) % 31 == 0:
        return _inflate("zlib", data, 15) or _inflate("deflate", data, -15)
    return _inflate("deflate", data, -15)


def _inflate(name: str, data: bytes, bits: int) -> tuple[str, bytes] | None:
    stream = zlib.decompressobj(bits)
    out = bytearray()
    try:
        for start in range(0, len(data), _STEP):
            part = data[start : start + _STEP]
            while part and len(out) < MOST_INFLATED and not stream.eof:
                out += stream.decompress(part, MOST_INFLATED - len(out))
                part = stream.unconsumed_tail
    except zlib.error:
        if bits < 0:
            return None  # nothing marks such a stream: what breaks was none
        # What came before the damage is kept.
    return (name, bytes(out)) if out else None


def _combine(data: bytes, key: bytes) -> bytes:
    mask = np.resize(np.frombuffer(key, np.uint8), len(data))
    return (np.frombuffer(data, np.uint8) ^ mask).tobytes()
