"""Typed values of Binary XML as text.

Source: MS-EVEN6 2.2.12 and 3.1.4.7 (types and their rendering); the libevtx documentation
"Windows XML Event Log (EVTX)", chapter Value types. Numbers of hexadecimal types are lower-case
``0x…``, GUIDs upper-case without braces, times ISO 8601 with all seven decimals.
"""

import struct
from datetime import datetime, timedelta
from typing import Final

NULL: Final = 0x00
STRING: Final = 0x01
ANSI: Final = 0x02
BOOLEAN: Final = 0x0D
BINARY: Final = 0x0E
GUID: Final = 0x0F
SIZE: Final = 0x10
FILETIME: Final = 0x11
SYSTEMTIME: Final = 0x12
SID: Final = 0x13
HEX32: Final = 0x14
HEX64: Final = 0x15
BINXML: Final = 0x21
ARRAY: Final = 0x80

EPOCH_TICKS: Final = 116_444_736_000_000_000
"""FILETIME of 1970-01-01."""

_NUMBERS: Final = {
    0x03: "<b",
    0x04: "<B",
    0x05: "<h",
    0x06: "<H",
    0x07: "<i",
    0x08: "<I",
    0x09: "<q",
    0x0A: "<Q",
}
_FLOATS: Final = {0x0B: "<f", 0x0C: "<d"}
_WIDTHS: Final = {
    **{kind: struct.calcsize(code) for kind, code in (_NUMBERS | _FLOATS).items()},
    BOOLEAN: 4,
    GUID: 16,
    FILETIME: 8,
    SYSTEMTIME: 16,
    HEX32: 4,
    HEX64: 8,
}
_START: Final = datetime(1601, 1, 1)


class DamageError(ValueError):
    """Bytes that are no Binary XML."""


def text_of(kind: int, data: bytes) -> str | list[str] | None:
    """Spell a value; None for null, a list for an array.

    A value of an unknown type, or of a size that its type cannot have, is spelled as its bytes.
    """
    if kind == NULL:
        return None
    try:
        return _array(kind & ~ARRAY, data) if kind & ARRAY else _scalar(kind, data)
    except (DamageError, struct.error):
        return data.hex().upper()


def string_of(data: bytes) -> str:
    """Decode UTF-16 up to the first NUL; lone surrogates become U+FFFD."""
    return data[: len(data) & ~1].decode("utf-16-le", "replace").partition("\0")[0]


def _array(kind: int, data: bytes) -> list[str]:
    if kind == STRING:
        texts = data[: len(data) & ~1].decode("utf-16-le", "replace").split("\0")
        return texts[:-1] if texts[-1] == "" else texts
    if kind == ANSI:
        texts = data.decode("cp1252", "replace").split("\0")
        return texts[:-1] if texts[-1] == "" else texts
    if kind == SID:
        return _sids(data)
    width = _WIDTHS.get(kind)
    if width is None or len(data) % width:
        raise DamageError(f"an array of type 0x{kind:02x} has {len(data)} bytes")
    return [_scalar(kind, data[start : start + width]) for start in range(0, len(data), width)]


def _sids(data: bytes) -> list[str]:
    texts = []
    while data:
        size = 8 + 4 * data[1] if len(data) > 1 else 8
        texts.append(_sid(data[:size]))
        data = data[size:]
    return texts


def _scalar(kind: int, data: bytes) -> str:
    if kind == STRING:
        return string_of(data)
    if not data:
        return ""
    if kind in _NUMBERS:
        return str(struct.unpack(_NUMBERS[kind], data)[0])
    if kind in _FLOATS:
        return repr(struct.unpack(_FLOATS[kind], data)[0])
    match kind:
        case 0x02:
            return data.decode("cp1252", "replace").partition("\0")[0]
        case 0x0D:
            return "true" if any(data) else "false"
        case 0x0E:
            return data.hex().upper()
        case 0x0F:
            return guid_of(data)
        case 0x10 | 0x14 | 0x15:
            return f"0x{_hexadecimal(kind, data):x}"
        case 0x11:
            return filetime_of(struct.unpack("<Q", data)[0])
        case 0x12:
            return _systemtime(data)
        case 0x13:
            return _sid(data)
    raise DamageError(f"there is no type 0x{kind:02x}")


def _hexadecimal(kind: int, data: bytes) -> int:
    if len(data) not in {4, 8} or (kind == HEX32 and len(data) != 4):
        raise DamageError(f"a value of type 0x{kind:02x} has {len(data)} bytes")
    return int.from_bytes(data, "little")


def guid_of(data: bytes) -> str:
    """Spell a GUID as the JSON of event logs does: upper-case, no braces."""
    first, second, third = struct.unpack("<IHH", data[:8])
    if len(data) != 16:
        raise DamageError(f"a GUID has {len(data)} bytes")
    return f"{first:08X}-{second:04X}-{third:04X}-{data[8:10].hex()}-{data[10:].hex()}".upper()


def filetime_of(ticks: int) -> str:
    """Spell a FILETIME; one beyond the year 9999 stays a number."""
    seconds, rest = divmod(ticks, 10**7)
    if seconds > 265_046_774_399:
        return str(ticks)
    return f"{_START + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}.{rest:07d}Z".rjust(28, "0")


def _systemtime(data: bytes) -> str:
    year, month, _, day, hour, minute, second, thousandth = struct.unpack("<8H", data)
    return (
        f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}"
        f".{thousandth:03d}0000Z"
    )


def _sid(data: bytes) -> str:
    if len(data) < 8 or len(data) < 8 + 4 * data[1]:
        raise DamageError("a SID is too short")
    parts = struct.unpack_from(f"<{data[1]}I", data, 8)
    return "-".join(
        ["S", str(data[0]), str(int.from_bytes(data[2:8], "big")), *(str(part) for part in parts)]
    )
