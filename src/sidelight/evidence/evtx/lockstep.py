"""Many stretches of spelled-out markup followed at once, one token of each at a time.

What a token means is looked up for all of them together, in memories that `Shapes` fills; the
scan of a single stretch (`Scan`) stays for the few that are longer than all others.
"""

from dataclasses import field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sidelight.evidence.evtx import memory
from sidelight.evidence.evtx.chunks import SIZE
from sidelight.evidence.evtx.memory import Memory
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

_TOKEN: Final = np.array([TOKENS.get(byte, 0) for byte in range(256)])
_SKIP: Final = np.array([5 if TOKENS.get(byte) == OPEN else 1 for byte in range(256)])
_OPENS: Final = _SKIP == 5
_LISTED: Final = np.array([4 * (byte in ATTRIBUTES) for byte in range(256)])
_PART: Final = np.array([byte in PARTS for byte in range(256)])
_ENTITY: Final = np.array([byte in ENTITIES for byte in range(256)])


@dataclass(slots=True)
class _Names:
    """Symbols of the names at offsets of a batch."""

    scan: Scan
    memory: Memory = field(default_factory=lambda: Memory(18))

    def find(self, places: Ints) -> Ints:
        """Give the symbols of the names at offsets, which leave 8 bytes in their chunks."""
        return self.memory.find(places, self._read)

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
            self.memory.keep(places, self._read(places))

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
class _Texts:
    """Texts of a step: which stretches have one, where each is, where it leads."""

    which: Ints
    start: Ints
    size: Ints
    after: Ints
    symbol: Ints
    fused: Ints
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
        live = np.arange(len(at))
        while len(live) > FEW:
            byte = self.u8[at]
            after, step, bad = self._step(live, shape, at, stop, byte)
            finished = byte == 0
            closed = bad | ((step < 0) & ~finished)
            ended = closed | finished | (after >= stop)
            shape = np.where(finished, shape, step)
            at = after
            if ended.any():
                whole = ended & ~closed & (finished | (after == stop))
                good[live[whole]] = self._complete(shape[whole])
                left = ~ended
                live, shape, at, stop = live[left], shape[left], at[left], stop[left]
        for number, *rest in zip(
            live.tolist(), shape.tolist(), at.tolist(), stop.tolist(), strict=True
        ):
            good[number] = self.scan.follow(rest[0], number, rest[1], rest[2])
        return good

    def _complete(self, shape: Ints) -> list[bool]:
        shapes = self.scan.shapes.shapes
        return [not shapes[each].stack for each in shape.tolist()]

    def _step(
        self, live: Ints, shape: Ints, at: Ints, stop: Ints, byte: NDArray[np.uint8]
    ) -> tuple[Ints, Ints, NDArray[np.bool_]]:
        """Take one token each: where the next begins, the next shape, which are not plain."""
        token = _TOKEN[byte]
        packed = shape << 35 | token << 32
        after = at + 1
        bad = (token == 0) & (byte != 0)
        named = np.flatnonzero((token > 0) & (token < TEXT))
        if named.size:
            after[named], symbol = self._named(at[named], stop[named], byte[named])
            packed[named] |= symbol
        texts = self._texts(np.flatnonzero(token == TEXT), shape, at, stop, byte)
        if texts is not None:
            after[texts.which] = texts.after
            packed[texts.which] += texts.symbol + texts.fused
            bad[texts.which] = texts.bad
        packed[bad | (byte == 0)] = -2
        answer = self.scan.shapes.memory.find(packed, self._ways)
        self._keep(live, answer, texts)
        return after, (answer >> 34) - 1, bad

    def _keep(self, live: Ints, answer: Ints, texts: _Texts | None) -> None:
        form = answer & 3
        some = np.flatnonzero(form)
        if not some.size:
            return
        found = np.zeros((len(some), 4), np.int64)
        found[:, 0], found[:, 1] = answer[some] >> 2 & 0xFFFFFFFF, live[some]
        if texts is not None:
            spans = np.zeros((2, len(live)), np.int64)
            spans[0, texts.which], spans[1, texts.which] = texts.start, texts.size
            found[:, 2] = spans[0, some]
            found[:, 3] = np.where(form[some] == SPAN, spans[1, some], 0)
        self.found.append(found)

    def _ways(self, packed: Ints) -> Ints:
        answers = []
        for key in packed.tolist():
            shape, number, form = self.scan.shapes.way(key) if key >= 0 else (-1, 0, 0)
            answers.append(shape + 1 << 34 | number << 2 | form)
        return np.array(answers, np.int64)

    def _named(self, at: Ints, stop: Ints, byte: NDArray[np.uint8]) -> tuple[Ints, Ints]:
        """Read the names of elements and attributes: where the next token begins, the symbols."""
        pointer = at + _SKIP[byte]
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
        after += _LISTED[byte]
        # nothing stands between the name and the content
        content = self.u8[np.minimum(after, stop)] == 0x02
        after += content & (after < stop) & _OPENS[byte]
        return after, symbol

    def _texts(
        self, which: Ints, shape: Ints, at: Ints, stop: Ints, byte: NDArray[np.uint8]
    ) -> _Texts | None:
        if not which.size:
            return None
        at, stop, shape = at[which], stop[which], shape[which]
        size = 2 * self.u16[at + 2].astype(np.int64)
        start = at + 4
        after = start + size
        bad = (self.u8[at + 1] != STRING) | (after > stop)
        follows = np.where(after < stop, self.u8[np.minimum(after, stop)], 0)
        texts = _Texts(which, start, size, after, which * 0, which * 0, bad)
        entity = _ENTITY[byte[which]]
        mixed = np.flatnonzero(entity | (~bad & _PART[follows]))
        _label(self.scan, texts, np.flatnonzero(~bad & ~entity & self._naming(shape)))
        if mixed.size:
            _mix(self.scan, texts, mixed, shape, at, stop)
            follows = np.where(after < stop, self.u8[np.minimum(after, stop)], 0)
        fused = (follows == 0x04) | (follows == 0x02)
        texts.fused = np.where(fused, FUSED, 0) + ((follows == 0x02).astype(np.int64) << 32)
        texts.after = after + fused
        return texts

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
