"""Elements of DER, as far as signatures need them.

Source: ITU-T X.690, clause 8.1.
Rule 1. An element lies wholly within the one that it is part of.
Rule 2. Lengths are definite, and tags have one byte; anything else is refused.
"""

from collections.abc import Iterator
from typing import Final

from sidelight.values import dataclass

INTEGER, BITS, OCTETS, OID, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x06, 0x30, 0x31
TIMES: Final = frozenset({0x17, 0x18})
"""UTCTime and GeneralizedTime."""

_MOST: Final = 1024
_LONG: Final = 0x80
_LONGEST: Final = 4


class DerError(ValueError):
    """The bytes are no DER, or not of the form that was asked for."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element: where it begins in *data*, where its content does, and where it ends."""

    data: bytes
    tag: int
    start: int
    begin: int
    end: int

    @property
    def raw(self) -> bytes:
        """The bytes of the whole element."""
        return self.data[self.start : self.end]

    @property
    def body(self) -> bytes:
        """The bytes of its content."""
        return self.data[self.begin : self.end]

    def parts(self, least: int = 0) -> list["Element"]:
        """Give the elements that it is made of.

        Raises:
            DerError: it is made of none, of fewer than *least*, or of more than can be meant.
        """
        if not self.tag & 0x20:
            raise DerError("an element has no parts")
        found: list[Element] = []
        for part in _parts(self.data, self.begin, self.end):
            if len(found) == _MOST:
                raise DerError("an element has too many parts")
            found.append(part)
        if len(found) < least:
            raise DerError("an element lacks a part")
        return found

    def of(self, *tags: int) -> "Element":
        """Give this very element where it has one of *tags*.

        Raises:
            DerError: it has another.
        """
        if self.tag not in tags:
            raise DerError("an element is of another kind")
        return self


def element(data: bytes, at: int = 0, end: int | None = None) -> Element:
    """Read the element at *at*, which ends before *end*; what lies behind it is left alone.

    Raises:
        DerError: there is none.
    """
    end = len(data) if end is None else end
    if at + 2 > end:
        raise DerError("the bytes end inside an element")
    tag, length, begin = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise DerError("a tag has several bytes")
    if length & _LONG:
        count = length & ~_LONG
        if not 1 <= count <= _LONGEST or begin + count > end:
            raise DerError("a length is not definite")
        length, begin = int.from_bytes(data[begin : begin + count], "big"), begin + count
    if begin + length > end:
        raise DerError("an element is longer than what it is part of")
    return Element(data, tag, at, begin, begin + length)


def _parts(data: bytes, at: int, end: int) -> Iterator[Element]:
    while at < end:
        part = element(data, at, end)
        yield part
        at = part.end
