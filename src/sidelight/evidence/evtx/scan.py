"""One stretch of spelled-out markup, followed from token to token.

Texts are found without being decoded; what is not the plain form (an element with one text or
none) is left to `binxml`.
"""

import struct
from array import array
from dataclasses import field
from typing import Final

from sidelight.evidence.evtx.binxml import ENTITY_TEXTS
from sidelight.evidence.evtx.chunks import SIZE
from sidelight.evidence.evtx.shapes import (
    ATTRIBUTE,
    CLOSE,
    CONTENT,
    OPEN,
    TEXT,
    TEXT_CLOSE,
    Shapes,
)
from sidelight.evidence.evtx.stretches import Data
from sidelight.evidence.evtx.values import STRING
from sidelight.evidence.rows import clean
from sidelight.values import dataclass

_U32: Final = struct.Struct("<I").unpack_from
FAR: Final = SIZE - 8
"""A name begins no later in a chunk."""

FUSED: Final = (TEXT_CLOSE - TEXT) << 32
TOKENS: Final = {
    0x01: OPEN,
    0x41: OPEN,
    0x06: ATTRIBUTE,
    0x46: ATTRIBUTE,
    0x05: TEXT,
    0x45: TEXT,
    0x08: TEXT,
    0x48: TEXT,
    0x09: TEXT,
    0x49: TEXT,
    0x02: CONTENT,
    0x03: CLOSE,
    0x04: CLOSE,
}
ATTRIBUTES: Final = frozenset({0x41})
"""Tokens that the size of a list of attributes follows."""

ENTITIES: Final = frozenset({0x08, 0x48, 0x09, 0x49})
PARTS: Final = ENTITIES | {0x05, 0x45}
"""Tokens that are part of a text."""


@dataclass(slots=True)
class Scan:
    """Follows markup, one stretch at a time.

    Args:
        found: field, number of the stretch, start and size of each text, one behind the other.
        annex: texts that no stretch of the data spells, as UTF-16; their offsets count on from
            the end of the data.
        names: symbols of the names at offsets.
    """

    data: Data
    shapes: Shapes
    found: "array[int]" = field(default_factory=lambda: array("q"))
    annex: bytearray = field(default_factory=bytearray)
    names: dict[int, int] = field(default_factory=dict)

    def follow(self, shape: int, number: int, start: int, stop: int) -> bool:
        """Find the texts between two offsets; False where it is not of the plain form."""
        mark = len(self.found)
        final = self._follow(shape, number, start, stop)
        if final < 0 or self.shapes.shapes[final].stack:
            del self.found[mark:]
            return False
        return True

    def _follow(  # noqa: PLR0912 - the one hot loop
        self, shape: int, stretch: int, at: int, stop: int
    ) -> int:
        """Give the shape at the end, -1 where the way is closed. Spelled out for speed."""
        data, found, ways = self.data, self.found, self.shapes.ways
        tokens, names, naming = TOKENS, self.names, self.shapes.naming
        base = at & -SIZE
        start = size = 0
        while at < stop:
            byte = data[at]
            token = tokens.get(byte, 0)
            packed = shape << 35 | token << 32
            if token >= CONTENT:
                at += 1
            elif token == TEXT:
                text = self._text(at, stop)
                if text is None:
                    return -1
                start, size, at, raw = text
                if shape in naming:
                    packed |= self.label(raw or bytes(data[start : start + size]))
                after = data[at] if at < stop else 0
                if after == 0x04 or after == 0x02:  # noqa: PLR1714 - a set costs more
                    packed += FUSED
                    packed += (after == 0x02) << 32
                    at += 1
            elif token:
                at += 5 if token == OPEN else 1
                offset = _U32(data, at)[0]
                place = base + offset if offset <= FAR else -1
                packed |= names.get(place) or self.name(place)
                at += 4
                if place == at:
                    at += 10 + 2 * (data[at + 6] | data[at + 7] << 8)
                if byte == 0x41:
                    at += 4
                if token == OPEN and at < stop and data[at] == 0x02:
                    at += 1  # nothing stands between the name and the content
            else:
                return -1 if byte else shape
            shape, number, form = ways.get(packed) or self.shapes.way(packed)
            if form:
                found.extend((number, stretch, start, size if form == 1 else 0))
            elif shape < 0:
                return -1
        return shape if at == stop else -1

    def _text(self, at: int, stop: int) -> tuple[int, int, int, bytes] | None:
        """Give where a text is, its size, where it ends, and its bytes where it is annexed."""
        data = self.data
        if data[at] not in ENTITIES:
            size = (data[at + 2] | data[at + 3] << 8) * 2
            after = at + 4 + size
            if data[at + 1] != STRING or after > stop:
                return None
            if after >= stop or data[after] not in PARTS:
                return at + 4, size, after, b""
        found = self.mixed(at, stop)
        return None if found is None else (*self.annexed(found[1]), *found)

    def mixed(self, at: int, stop: int) -> tuple[int, bytes] | None:
        """Read a text that is made of parts: where it ends, and it as UTF-16."""
        data, base = self.data, at & -SIZE
        parts: list[str] = []
        while at < stop and data[at] in PARTS:
            match data[at] & 0xBF:
                case 0x05:
                    after = at + 4 + 2 * (data[at + 2] | data[at + 3] << 8)
                    if data[at + 1] != STRING or after > stop:
                        return None
                    text = bytes(data[at + 4 : after]).decode("utf-16-le", "replace")
                    parts.append(text.partition("\0")[0])
                    at = after
                case 0x08:
                    parts.append(chr(data[at + 1] | data[at + 2] << 8))
                    at += 3
                case _:
                    place = base + _U32(data, at + 1)[0]
                    raw = self._raw(place, base)
                    if not raw:
                        return None
                    name = clean(raw.decode("utf-16-le", "replace"))
                    parts.append(ENTITY_TEXTS.get(name, f"&{name};"))
                    at += 5
                    if place == at:
                        at += 10 + len(raw)
        return at, clean("".join(parts)).encode("utf-16-le")

    def annexed(self, text: bytes) -> tuple[int, int]:
        """Put a text behind the data: its offset and size."""
        start = len(self.data) + len(self.annex)
        self.annex += text
        return start, len(text)

    def _raw(self, place: int, base: int) -> bytes:
        end = place + 8
        if end - base <= SIZE:
            end += 2 * int.from_bytes(self.data[place + 6 : end], "little")
        return bytes(self.data[place + 8 : end]) if end - base <= SIZE else b""

    def name(self, place: int) -> int:
        """Give the number of the name at an offset; 0 where there is none."""
        number = self.names.get(place)
        if number is None and place < 0:
            number = 0
        elif number is None:
            raw = self._raw(place, place & -SIZE)
            number = self.names[place] = self.symbol(raw)
        return number

    def symbol(self, raw: bytes) -> int:
        """Give the number of the name of an element or attribute."""
        return self.shapes.symbol(clean(raw.decode("utf-16-le", "replace")).rpartition(":")[2])

    def label(self, raw: bytes) -> int:
        """Give the number of the name of a field that stands in an attribute."""
        number = self.shapes.labels.get(raw)
        if number is None:
            text = raw.decode("utf-16-le", "replace").partition("\0")[0]
            number = self.shapes.labels[raw] = self.shapes.symbol(clean(text).replace(" ", ""))
        return number
