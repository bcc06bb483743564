"""Many stretches of spelled-out markup followed at once.

In each round those that stand before a name take it, then those before a text, then the others.

What a token means is looked up for all of them together, in memories that `Shapes` fills; the
scan of a single stretch (`Scan`) stays for the few that are longer than all others.
"""

from dataclasses import field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sidelight.evidence.evtx import memory
from sidelight.evidence.evtx.chunks import SIZE
from sidelight.evidence.evtx.scan import ATTRIBUTES, ENTITIES, FAR, FUSED, PARTS, TOKENS, Scan
from sidelight.evidence.evtx.shapes import OPEN, SPAN, TEXT
from sidelight.evidence.evtx.stretches import Ints, distinct, view
from sidelight.evidence.evtx.values import STRING
from sidelight.schema import unique
from sidelight.values import dataclass

FEW: Final = 96
"""So few stretches are followed faster one after the other."""

_TABLE: Final = 128
_BUCKETS: Final = 64
_CHAIN: Final = 64
"""So far a chain of names is followed; a longer one may lead in a circle."""

_NAME, _TEXT, _OTHER, _END, _OVER, _STRANGE = range(6)
"""What stands at a place: one of three sorts of tokens, the end of all, or of the stretch."""


def _sort(byte: int) -> int:
    token = TOKENS.get(byte, 0)
    if not token:
        return _STRANGE if byte else _END
    return _NAME if token < TEXT else _TEXT if token == TEXT else _OTHER


_SORT: Final = np.array([_sort(byte) for byte in range(256)], np.int8)
_TOKEN: Final = np.array([TOKENS.get(byte, 0) << 32 for byte in range(256)])
_SKIP: Final = np.array([5 if TOKENS.get(byte) == OPEN else 1 for byte in range(256)])
_OPENS: Final = _SKIP == 5
_LISTED: Final = np.array([4 * (byte in ATTRIBUTES) for byte in range(256)])
_PART: Final = np.array([byte in PARTS for byte in range(256)])
_ENTITY: Final = np.array([byte in ENTITIES for byte in range(256)])

_BITS: Final = 20
"""Places for names: with 2 to the power of 18 so many fell together that they were read again."""

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_SYMBOL: Final = 0xFFFFFFFF


@dataclass(slots=True)
class _Names:
    """Symbols of the names at offsets of a batch.

    Args:
        known: offset and symbol in one number, at a place that follows from the offset.
    """

    scan: Scan
    known: Ints = field(default_factory=lambda: np.full(1 << _BITS, -1))

    def find(self, places: Ints) -> Ints:
        """Give the symbols of the names at offsets, which leave 8 bytes in their chunks."""
        slots = self._slots(places)
        known = self.known[slots]
        symbols = known & _SYMBOL
        fresh = (known >> 32) != places
        if fresh.any():
            at = np.flatnonzero(fresh)
            symbols[at] = self._read(places[at])
            self._keep(slots[at], places[at], symbols[at])
        return symbols

    def _slots(self, places: Ints) -> Ints:
        return (places.view(np.uint64) * _MIX >> np.uint64(64 - _BITS)).view(np.int64)

    def _keep(self, slots: Ints, places: Ints, symbols: Ints) -> None:
        self.known[slots] = places << 32 | symbols

    def know(self, chunks: Ints) -> None:
        """Read the names that the tables of chunks list; the rest is read when it is met.

        A table holds 64 offsets of names, each of which begins with the offset of the next one.
        """
        known: list[Ints] = []
        base = np.repeat(chunks, _BUCKETS)
        offset = view(self.scan.data, "<u4")[
            base + _TABLE + np.tile(np.arange(_BUCKETS) * 4, len(chunks))
        ]
        for _ in range(_CHAIN):
            there = np.flatnonzero((offset > 0) & (offset <= FAR))
            if not there.size:
                break
            base = base[there]
            known.append(base + offset[there])
            offset = view(self.scan.data, "<u4")[known[-1]]
        if known:
            places = unique(np.concatenate(known))
            self._keep(self._slots(places), places, self._read(places))

    def _read(self, places: Ints) -> Ints:
        if len(places) <= memory.FEW:
            return np.array([self.scan.name(place) for place in places.tolist()], np.int64)
        size = 2 * view(self.scan.data, "<u2")[places + 6].astype(np.int64)
        fits = (places & SIZE - 1) + 8 + size <= SIZE
        codes, names = distinct(self.scan.data, places[fits] + 8, size[fits])
        symbols = np.array([self.scan.symbol(raw) for raw in names], np.int64)
        found = np.zeros(len(places), np.int64)
        found[fits] = symbols[codes]
        return found


@dataclass(slots=True)
class _Live:
    """Stretches that are followed: number, shape (-1: not of the plain form), place and end."""

    number: Ints
    shape: Ints
    at: Ints
    stop: Ints

    def compress(self, kept: NDArray[np.bool_]) -> "_Live":
        """Give some of them."""
        every = (self.number, self.shape, self.at, self.stop)
        return _Live(*(each.compress(kept) for each in every))


@dataclass(slots=True)
class _Texts:
    """Texts of some stretches: where each is, what stands behind it, what it names."""

    start: Ints
    size: Ints
    after: Ints
    symbol: Ints
    bad: NDArray[np.bool_]


@dataclass(slots=True)
class Lockstep:
    """Follows stretches together.

    Args:
        found: field, number of the stretch, start and size of the texts of each step.
        marks: which shapes are about to name a field.
    """

    scan: Scan
    found: list[Ints] = field(default_factory=list)
    marks: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    names: _Names = field(init=False)
    u8: NDArray[np.uint8] = field(init=False)
    u16: "NDArray[np.integer]" = field(init=False)
    u32: "NDArray[np.integer]" = field(init=False)

    def __post_init__(self) -> None:
        data = self.scan.data
        self.names = _Names(self.scan)
        self.u8 = np.frombuffer(data, np.uint8)
        self.u16, self.u32 = view(data, "<u2"), view(data, "<u4")

    def follow(self, shape: Ints, at: Ints, stop: Ints) -> NDArray[np.bool_]:
        """Find the texts of stretches; False where one is not of the plain form."""
        self.names.know(unique(at & -SIZE))
        good = np.zeros(len(at), bool)
        live = _Live(np.arange(len(at)), shape.copy(), at.copy(), stop)
        sort = self._sorts(live.at, live.stop)
        while len(live.number) > FEW:
            for each, take in ((_NAME, self._take_names), (_TEXT, self._take_texts)):
                which = np.flatnonzero(sort == each)
                if which.size:
                    sort[which] = take(live, which)
            which = np.flatnonzero(sort == _OTHER)
            if which.size:
                sort[which] = self._take_others(live, which)
            ended = sort >= _END
            if ended.any():
                whole = (sort == _END) | ((sort == _OVER) & (live.at == live.stop))
                whole &= live.shape >= 0
                good[live.number[whole]] = self._complete(live.shape[whole])
                live, sort = live.compress(~ended), sort.compress(~ended)
        rest = (live.number, live.shape, live.at, live.stop)
        for number, *where in zip(*(each.tolist() for each in rest), strict=True):
            good[number] = self.scan.follow(where[0], number, where[1], where[2])
        return good

    def _complete(self, shape: Ints) -> list[bool]:
        shapes = self.scan.shapes.shapes
        return [not shapes[each].stack for each in shape.tolist()]

    def _sorts(self, at: Ints, stop: Ints) -> NDArray[np.int8]:
        """Tell what stands at places."""
        sort: NDArray[np.int8] = _SORT.take(self.u8[np.minimum(at, stop)])
        np.putmask(sort, at >= stop, _OVER)
        return sort

    def _advance(
        self, live: _Live, which: Ints, packed: Ints, after: Ints, texts: _Texts | None = None
    ) -> NDArray[np.int8]:
        """Take one token of each of *which*, which ends at *after*; tell what stands there."""
        answer = self.scan.shapes.memory.find(packed, self._ways)
        form = answer & 3
        some = np.flatnonzero(form)
        if some.size:
            found = np.zeros((len(some), 4), np.int64)
            found[:, 0], found[:, 1] = answer[some] >> 2 & _SYMBOL, live.number[which[some]]
            if texts is not None:
                found[:, 2] = texts.start[some]
                found[:, 3] = np.where(form[some] == SPAN, texts.size[some], 0)
            self.found.append(found)
        shape = (answer >> 34) - 1
        stop = live.stop[which]
        after = np.where(shape < 0, stop, after)
        live.shape[which], live.at[which] = shape, after
        return self._sorts(after, stop)

    def _ways(self, packed: Ints) -> Ints:
        answers = []
        for key in packed.tolist():
            shape, number, form = self.scan.shapes.way(key) if key >= 0 else (-1, 0, 0)
            answers.append(shape + 1 << 34 | number << 2 | form)
        return np.array(answers, np.int64)

    def _take_others(self, live: _Live, which: Ints) -> NDArray[np.int8]:
        at = live.at[which]
        packed = live.shape[which] << 35 | _TOKEN.take(self.u8[at])
        return self._advance(live, which, packed, at + 1)

    def _take_names(self, live: _Live, which: Ints) -> NDArray[np.int8]:
        """Read the names of elements and attributes."""
        at, stop = live.at[which], live.stop[which]
        byte = self.u8[at]
        pointer = at + _SKIP.take(byte)
        offset = self.u32[pointer].astype(np.int64)
        place = (at & -SIZE) + np.minimum(offset, FAR)
        symbol = self.names.find(place)
        far = offset > FAR
        if far.any():
            symbol[far] = 0
        after = pointer + 4
        inline = np.flatnonzero(place == after)
        if inline.size:
            after[inline] += 10 + 2 * self.u16[after[inline] + 6].astype(np.int64)
        after += _LISTED.take(byte)
        # nothing stands between the name and the content
        content = self.u8[np.minimum(after, stop)] == 0x02
        after += content & (after < stop) & _OPENS.take(byte)
        packed = live.shape[which] << 35 | _TOKEN.take(byte) | symbol
        return self._advance(live, which, packed, after)

    def _take_texts(self, live: _Live, which: Ints) -> NDArray[np.int8]:
        """Read texts, each with the token behind it where that is plain."""
        shape, at, stop = live.shape[which], live.at[which], live.stop[which]
        texts, follows = self._texts(shape, at, stop)
        closes, opens = follows == 0x04, follows == 0x02
        fused = closes | opens
        packed = (shape << 35 | TEXT << 32) + texts.symbol
        packed += FUSED * fused + (opens.astype(np.int64) << 32)
        packed[texts.bad] = -2
        return self._advance(live, which, packed, texts.after + fused, texts)

    def _texts(self, shape: Ints, at: Ints, stop: Ints) -> tuple[_Texts, NDArray[np.uint8]]:
        """Read texts, and tell which byte follows each; 0 at the end of a stretch."""
        size = 2 * self.u16[at + 2].astype(np.int64)
        start = at + 4
        after = start + size
        bad = (self.u8[at + 1] != STRING) | (after > stop)
        follows = self._behind(after, stop)
        texts = _Texts(start, size, after, np.zeros(len(at), np.int64), bad)
        entity = _ENTITY.take(self.u8[at])
        mixed = np.flatnonzero(entity | (~bad & _PART.take(follows)))
        _label(self.scan, texts, np.flatnonzero(self._naming(shape) & ~bad & ~entity))
        if mixed.size:
            _mix(self.scan, texts, mixed, shape, at, stop)
            follows = self._behind(after, stop)
        return texts, follows

    def _behind(self, after: Ints, stop: Ints) -> NDArray[np.uint8]:
        return self.u8[np.minimum(after, stop)] * (after < stop)

    def _naming(self, shape: Ints) -> NDArray[np.bool_]:
        shapes = self.scan.shapes
        if len(self.marks) < len(shapes.shapes):
            self.marks = np.zeros(len(shapes.shapes), bool)
            self.marks[list(shapes.naming)] = True
        found: NDArray[np.bool_] = self.marks[shape]
        return found


def _label(scan: Scan, texts: _Texts, which: Ints) -> None:
    """Read the texts that name fields."""
    if which.size:
        codes, labels = distinct(scan.data, texts.start[which], texts.size[which])
        symbols = np.array([scan.label(raw) for raw in labels], np.int64)
        texts.symbol[which] = symbols[codes]


def _mix(  # noqa: PLR0913
    scan: Scan, texts: _Texts, mixed: Ints, shape: Ints, at: Ints, stop: Ints
) -> None:
    """Read texts that are made of several parts, one by one."""
    for each in mixed.tolist():
        found = scan.mixed(int(at[each]), int(stop[each]))
        texts.bad[each] = found is None
        if found is not None:
            texts.after[each], text = found
            texts.start[each], texts.size[each] = scan.annexed(text)
            texts.symbol[each] = 0
            if int(shape[each]) in scan.shapes.naming:
                texts.symbol[each] = scan.label(text)
