"""Which bytes of a batch fill which field of which record.

All records of one template are taken at once. Binary XML inside values is taken the same way,
level by level, below the element that holds it.
"""

from dataclasses import field
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.evidence.evtx.binxml import DEPTH
from sidelight.evidence.evtx.chunks import SIZE, Records
from sidelight.evidence.evtx.naming import ROOT, Path
from sidelight.evidence.evtx.stretches import Data, Ints, rows_at, view
from sidelight.evidence.evtx.templates import Constant, Program, Registry, Use
from sidelight.evidence.evtx.values import BINXML
from sidelight.schema import unique
from sidelight.values import dataclass

_VALUES: Final = 1024
_INSTANCES: Final = 64
_SIZE: Final = np.uint32(0xFFFF)
_WIDE: Final = 256
"""Rows of more numbers are added faster row by row: NumPy goes column by column."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Values of one field: one a row."""

    rows: Ints
    start: Ints
    size: Ints
    kind: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Texts:
    """The same text of one field in many rows."""

    rows: Ints
    text: str


@dataclass(frozen=True, slots=True)
class Values:
    """All values of instances of one template.

    Args:
        rows: records of the n instances.
        base: where the first value of each begins.
        heads: of m values each in n instances: size, and type from the 17th bit on.
        ends: where each value ends, counted from the first one's begin.
    """

    rows: Ints
    base: Ints
    heads: NDArray[np.uint32]
    ends: NDArray[np.int32]

    def spans(self, index: int, at: Ints | None) -> Spans:
        """Give the *index*-th values of the instances *at*; None for all."""
        head, end, rows, base = self.heads[index], self.ends[index], self.rows, self.base
        if at is not None:
            head, end, rows, base = head[at], end[at], rows[at], base[at]
        size = (head & _SIZE).astype(np.int64)
        return Spans(rows, base + end - size, size, (head >> 16).astype(np.uint8))


@dataclass(frozen=True, slots=True)
class Slot:
    """Values of one field: the *index*-th of each instance."""

    values: Values
    index: int

    @property
    def rows(self) -> Ints:
        """The records."""
        return self.values.rows


Piece: TypeAlias = Spans | Slot | Texts
FieldKey: TypeAlias = tuple[bool, str]
"""Whether it is of System, and the field's name."""


@dataclass(slots=True)
class Layout:
    """Where the fields of a batch lie.

    Args:
        fields: their pieces, in document order within each record.
        places: beside each piece, how many were there before it: document order across fields.
        odd: records that only the plain decoder can take.
        annex: what lies behind the data of the batch: texts that had to be put together.
        bare: elements that stand where most records use a template: path of the element above,
            their records, first bytes, ends.
    """

    odd: NDArray[np.bool_]
    annex: bytes = b""
    bare: list[tuple[Path, Ints, Ints, Ints]] = field(default_factory=list)
    fields: dict[FieldKey, list[Piece]] = field(default_factory=dict)
    places: dict[FieldKey, list[int]] = field(default_factory=dict)
    _count: int = 0

    def add(self, key: FieldKey, piece: Piece) -> None:
        """Add a piece of a field."""
        self.fields.setdefault(key, []).append(piece)
        self.places.setdefault(key, []).append(self._count)
        self._count += 1


@dataclass(frozen=True, slots=True)
class _Level:
    """Instances of templates: their records, first and last bytes."""

    rows: Ints
    start: Ints
    stop: Ints


def lay_out(data: Data, records: Records, registry: Registry) -> Layout:
    """Find the values of all records."""
    layout = Layout(np.zeros(len(records.start), bool))
    u8 = np.frombuffer(data, np.uint8)
    source = _Source(data, u8, view(data, "<u4"), registry)
    rows = np.arange(len(records.start))
    levels: list[tuple[Path, _Level]] = [(ROOT, _Level(rows, records.start + 24, records.stop))]
    for _ in range(DEPTH):
        following: dict[Path, list[_Level]] = {}
        for path, level in levels:
            source.take(layout, path, level, following)
        levels = [(path, _bounded(layout, _joined(parts))) for path, parts in following.items()]
        if not levels:
            break
    for _, level in levels:
        layout.odd[level.rows] = True
    return layout


def _bounded(layout: Layout, level: _Level) -> _Level:
    """Leave records out that multiply their values."""
    if len(level.rows) < 2 * _INSTANCES:
        return level
    many = np.bincount(level.rows, minlength=len(layout.odd)) > _INSTANCES
    if not many.any():
        return level
    layout.odd |= many
    keep = ~many[level.rows]
    return _Level(level.rows[keep], level.start[keep], level.stop[keep])


def _joined(parts: list[_Level]) -> _Level:
    if len(parts) == 1:
        return parts[0]
    return _Level(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.stop for part in parts]),
    )


@dataclass(frozen=True, slots=True)
class _Source:
    data: Data
    u8: NDArray[np.uint8]
    u32: "NDArray[np.integer]"
    registry: Registry

    def take(
        self, layout: Layout, path: Path, level: _Level, following: dict[Path, list[_Level]]
    ) -> None:
        """Take apart the instances of *level*, which stand below the element *path*."""
        level, definition, values = self._heads(layout, path, level)
        numbers = self._identify(definition)
        order = np.argsort(numbers, kind="stable")
        cuts = np.flatnonzero(np.diff(numbers[order])) + 1
        for picked in np.split(order, cuts) if order.size else []:
            number = int(numbers[picked[0]])
            program = self.registry.templates[number].program(path) if number >= 0 else None
            if program is None:
                layout.odd[level.rows[picked]] = True
                continue
            counts = self.u32[values[picked]]
            several = unique(counts).tolist()
            for count in several:
                these = picked if len(several) == 1 else picked.compress(counts == count)
                part = _Level(level.rows[these], values[these], level.stop[these])
                if count > _VALUES:
                    layout.odd[part.rows] = True
                else:
                    self._fill(layout, program, part, count, following)

    def _identify(self, definition: Ints) -> "NDArray[np.int16 | np.int64]":
        """Give the numbers of the templates defined at offsets; NumPy sorts 16 bits by radix."""
        encoded = pa.array(definition).dictionary_encode()
        numbers = self.registry.identify(self.data, encoded.dictionary.to_numpy())
        narrow = len(self.registry.templates) <= np.iinfo(np.int16).max
        which: Ints = encoded.indices.to_numpy()
        return (numbers.astype(np.int16) if narrow else numbers)[which]

    def _heads(self, layout: Layout, path: Path, level: _Level) -> tuple[_Level, Ints, Ints]:
        """Give the instances, the offsets of their definitions and of their values."""
        rows, start, stop = level.rows, level.start, level.stop
        at = start + 4 * (self.u8[start] == 0x0F)
        token = self.u8[at]
        if (token != 0x0C).any():
            bare = (token & 0xBF == 0x01) & (at < stop)
            some = (rows.compress(bare), at.compress(bare), stop.compress(bare))
            layout.bare.append((path, *some))
            good = token == 0x0C
            layout.odd[rows.compress(~good & (token & 0xBF != 0x01))] = True
            rows, at, start, stop = (each.compress(good) for each in (rows, at, start, stop))
        good = at + 14 <= stop
        offset = self.u32[np.where(good, at, 0) + 6].astype(np.int64)
        good &= offset <= SIZE - 24
        definition = (start & -SIZE) + np.where(good, offset, 0)
        values = at + 10
        inline = np.flatnonzero(good & (definition == values))
        values[inline] += self.u32[definition[inline] + 20].astype(np.int64) + 24
        good &= values + 4 <= stop
        if not good.all():
            layout.odd[rows.compress(~good)] = True
            rows, start, stop = (each.compress(good) for each in (rows, start, stop))
            definition, values = definition.compress(good), values.compress(good)
        return _Level(rows, start, stop), definition, values

    def _fill(
        self,
        layout: Layout,
        program: Program,
        part: _Level,
        count: int,
        following: dict[Path, list[_Level]],
    ) -> None:
        first = part.start + 4
        fits = first + 4 * count <= part.stop
        heads = rows_at(self.data, np.where(fits, first, 0), 4 * count).view("<u4")
        heads = np.ascontiguousarray(heads.T)
        ends = _running_sums((heads & _SIZE).view(np.int32))
        if count:
            fits &= first + 4 * count + ends[-1] <= part.stop
        rows, base = part.rows, first + 4 * count
        if not fits.all():
            layout.odd[rows[~fits]] = True
            rows, base = rows[fits], base[fits]
            heads, ends = heads.compress(fits, axis=1), ends.compress(fits, axis=1)
        values = Values(rows, base, heads, ends)
        deep = (heads.view(np.uint8)[:, 2::4] == BINXML).any(axis=1).tolist()
        for item in program.items:
            match item:
                case Constant(text, name, system):
                    layout.add((system, name), Texts(rows, text))
                case Use(index) if index < count:
                    piece: Piece = Slot(values, index)
                    if deep[index]:
                        piece = _descend(item, values.spans(index, None), following)
                    if item.name:
                        layout.add((item.system, item.name), piece)
                case Use(_, name, system) if name == "Data" and not system:
                    layout.add((False, name), Texts(rows, ""))
                case _:
                    pass


def _running_sums(sizes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Add to each row those above it."""
    if sizes.shape[1] < _WIDE:
        return sizes.cumsum(axis=0, dtype=np.int32)
    for above, row in pairwise(sizes):
        np.add(row, above, out=row)
    return sizes


def _descend(use: Use, spans: Spans, following: dict[Path, list[_Level]]) -> Spans:
    """Set Binary XML aside for the next level and give the rest."""
    nested = spans.kind == BINXML
    full = nested & (spans.size > 0)
    rows, start = spans.rows[full], spans.start[full]
    following.setdefault(use.path, []).append(_Level(rows, start, start + spans.size[full]))
    rest = ~nested
    return Spans(spans.rows[rest], spans.start[rest], spans.size[rest], spans.kind[rest])
