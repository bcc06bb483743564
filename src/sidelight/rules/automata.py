r"""Many texts looked for at once in the distinct values of a column.

The folded values are laid end to end between frames, ``\xff v1 \xff v2 \xff``; the texts carry a
frame where they must stand at an end. So one automaton decides equality, prefix, suffix and
substring, and a cell with several values, which become framed ones each, passes when one of them
does.

Rule 1. What engine finds the texts changes the time it takes and nothing else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Final, TypeAlias, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import re2
from ahocorasick_rs import BytesAhoCorasick, Implementation
from numpy.typing import NDArray

from sidelight.rules.atoms import FRAME
from sidelight.rules.patterns import fold
from sidelight.schema import SEPARATOR, offsets_of
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.rules.raw import RawScan

Ids: TypeAlias = NDArray[np.int64]
"""Numbers of distinct values, ascending."""

Found: TypeAlias = tuple[NDArray[np.int64], Ids]
"""Numbers of texts and, beside each, of a value it occurs in: each pair once, in order."""

Text: TypeAlias = memoryview | bytes

CHUNK: Final = 1 << 20
"""How many bytes are scanned at a time."""

FEW: Final = 64
"""Up to so many values are laid out in Python: an Arrow call costs more than their text."""

_REMEMBERED: Final = 256
_REMEMBERED_CHARACTERS: Final = 2048
"""Few and short values often come again with the next frame, all of them together."""

_NOWHERE: Final[Found] = (np.empty(0, np.int64), np.empty(0, np.int64))

_FRAME: Final = pa.scalar(FRAME, pa.binary())

_GATE_TEXTS: Final = 64
_GATE_BYTES: Final = 4096
_GATE_SHORTEST: Final = 5
"""Where so few and such long texts are looked for, most stretches hold none of them."""

_BRIEF: Final = 1024
"""Until so many bytes were scanned, to look for one text after another takes a fifth of the time
that an automaton takes to make."""

_DENSE_TEXTS: Final = 2000
_DENSE_BYTES: Final = 20_000
"""A faster, larger automaton pays once so many bytes were scanned for each text."""


@dataclass(slots=True)
class Finder:
    """Finds which of *texts* occur in which values.

    Args:
        texts: distinct, none empty, framed and folded.
    """

    texts: Sequence[bytes]
    _scanned: int = 0
    _dense: bool = False
    _automaton: BytesAhoCorasick | None = None
    _gate: "re2._Regexp[str] | None" = None
    _raw: "RawScan | None" = None
    _known: dict[tuple[str | None, ...], Found] = field(default_factory=dict)
    _shortest: int = field(init=False)
    _leading: Ids = field(init=False)

    def __post_init__(self) -> None:
        self._leading = np.array([text[:1] == FRAME for text in self.texts], np.int64)
        self._shortest = min(map(len, self.texts), default=0)
        few = 0 < len(self.texts) <= _GATE_TEXTS and self._shortest >= _GATE_SHORTEST
        if few and self._plain:
            words = "|".join(re2.escape(text.decode()) for text in self.texts)
            self._gate = re2.compile(f"(?i){words}")

    @property
    def _plain(self) -> bool:
        return all(FRAME not in text for text in self.texts)

    def find(self, values: pa.StringArray) -> Found:
        """Tell which text occurs in which value: linear in the bytes of the values."""
        if not self.texts or not len(values):
            return _NOWHERE
        if len(values) <= FEW and values.get_total_buffer_size() < CHUNK:
            return self._find_again(values)
        parts: list[Found] = []
        for begin, size in _chunks(values):
            part = values.slice(begin, size)
            if not self._closed(part):
                which, value = self._find_many(part)
                parts.append((which, value + begin))
        return _in_order(parts)

    def _find_again(self, values: pa.StringArray) -> Found:
        texts = tuple(values.to_pylist())
        if sum(map(len, cast("tuple[str, ...]", texts))) > _REMEMBERED_CHARACTERS:
            return self._find_few(texts)
        if texts not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[texts] = self._find_few(texts)
        return self._known[texts]

    def _find_few(self, texts: tuple[str | None, ...]) -> Found:
        cells = [fold(text or "").encode() for text in texts]
        if self._gate is not None and max(map(len, cells)) < self._shortest:
            return _NOWHERE
        starts = np.array([*accumulate(len(cell) + 1 for cell in [b"", *cells[:-1]])], np.int64)
        text = FRAME + FRAME.join(cells) + FRAME
        return self._scan(text.replace(SEPARATOR.encode(), FRAME), starts)

    def _find_many(self, part: pa.StringArray) -> Found:
        found = None if self._raw is None else self._raw.scan(part)
        if found is not None:
            return found
        text, starts = framed(pc.utf8_lower(part))
        return self._scan(text.data, starts)

    def _closed(self, part: pa.StringArray) -> bool:
        """Say whether a look at the raw values shows that no text occurs in them."""
        if self._gate is None or self._raw is not None:
            return False
        offsets = offsets_of(part)
        begin, end = int(offsets[0]), int(offsets[-1])
        data = part.buffers()[2]
        if data is None or int(np.diff(offsets).max()) < self._shortest:
            return True
        if end - begin < _GATE_BYTES:
            return False
        self._grow(end - begin)
        raw = data.slice(begin, end - begin).to_pybytes()
        return raw.isascii() and self._gate.search(raw) is None

    def _scan(self, text: Text, starts: Ids) -> Found:
        self._grow(len(text))
        which, at = self._places(text)
        if not len(which):
            return _NOWHERE
        value = np.searchsorted(starts, at + self._leading[which], "right") - 1
        keys = which * len(starts) + value
        keys.sort()
        which, value = np.divmod(keys[np.append(True, keys[1:] != keys[:-1])], len(starts))
        return which, value

    def _places(self, text: Text) -> tuple[Ids, Ids]:
        """Give the number of a text and where it begins, for every place where one stands."""
        if self._automaton is None and self._scanned <= _BRIEF:
            flat = np.array(list(_one_by_one(self.texts, bytes(text))), np.int64).reshape(-1, 2)
            return flat[:, 0], flat[:, 1]
        if self._automaton is None:
            self._automaton = BytesAhoCorasick(self.texts)
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        flat = np.fromiter(chain.from_iterable(found), np.int64, 3 * len(found))
        return flat[0::3], flat[1::3]

    def _grow(self, size: int) -> None:
        """Count what is scanned, and change to an engine that is slower to make when it pays."""
        self._scanned += size
        if self._dense or self._scanned <= _DENSE_BYTES * len(self.texts):
            return
        self._dense = True
        if len(self.texts) > _DENSE_TEXTS:
            return
        if self._plain:
            from sidelight.rules.raw import raw_scan  # noqa: PLC0415 - not for little text

            self._raw = raw_scan([text.decode() for text in self.texts])
        if self._raw is None:
            self._automaton = BytesAhoCorasick(self.texts, implementation=Implementation.DFA)


def _one_by_one(texts: Sequence[bytes], text: bytes) -> Iterator[tuple[int, int]]:
    for number in [number for number, each in enumerate(texts) if each in text]:
        at = text.find(texts[number])
        while at >= 0:
            yield number, at
            at = text.find(texts[number], at + 1)


def _in_order(parts: Sequence[Found]) -> Found:
    """Join what was found in stretches of values, one stretch after another."""
    if len(parts) < 2:
        return parts[0] if parts else _NOWHERE
    which = np.concatenate([numbers for numbers, _ in parts])
    value = np.concatenate([values for _, values in parts])
    order = np.argsort(which, kind="stable")
    return which[order], value[order]


def _chunks(values: pa.StringArray) -> Iterator[tuple[int, int]]:
    """Cut values so that each part is about `CHUNK` bytes."""
    offsets, begin = offsets_of(values), 0
    while begin < len(values):
        end = int(np.searchsorted(offsets, offsets[begin] + CHUNK, "right")) - 1
        end = min(max(end, begin + 1), len(values))
        yield begin, end - begin
        begin = end


def framed(values: pa.StringArray) -> tuple[NDArray[np.uint8], Ids]:
    """Lay values end to end between frames; give the text and where each value begins.

    Args:
        values: at least one.
    """
    count, offsets = len(values), offsets_of(values)
    # A value without text before the first and one behind the last; the texts stay where they are.
    edges = pa.py_buffer(np.concatenate([offsets[:1], offsets, offsets[-1:]]).tobytes())
    texts = values.buffers()[2] or pa.py_buffer(b"")
    parts = pa.Array.from_buffers(pa.binary(), count + 2, [None, edges, texts])
    lists = pa.ListArray.from_arrays(pa.array([0, count + 2], pa.int32()), parts)
    whole = cast("pa.BinaryArray", pc.binary_join(lists, _FRAME))[0].as_buffer()
    text = np.frombuffer(memoryview(whole), np.uint8)
    if not text.min():  # a cell has several values
        text = np.where(text, text, np.uint8(FRAME[0]))
    starts = offsets[:-1].astype(np.int64)
    starts += np.arange(1 - starts[0], 1 - starts[0] + count)
    return text, starts
