"""Values judged one by one: what the automaton only proposes, or knows nothing about."""

import ipaddress
import operator
import re
import string
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import re2
from numpy.typing import NDArray

from sidelight.rules.atoms import Decision, Holds, Number, Presence, Search, Within
from sidelight.rules.automata import framed
from sidelight.rules.patterns import fold
from sidelight.schema import SEPARATOR, offsets_of
from sidelight.values import dataclass

Marks = NDArray[np.bool_]

_BETWEEN: Final = SEPARATOR.encode()

FEW: Final = 32
"""Up to so many values are judged in Python: each Arrow call makes its automaton anew."""

_LONG_S: Final = "\N{LATIN SMALL LETTER LONG S}"
"""RE2 takes it for an s where case does not matter; it folds to itself."""


@dataclass(slots=True)
class Judge:
    """Judges the distinct values of one column, none of them null."""

    values: pa.StringArray
    judged: int = 0
    _folded: pa.StringArray | None = None
    _addresses: list[tuple[int, int, int]] | None = None
    _numbers: list[tuple[int, float]] | None = None
    _odd: Marks | None = None
    _several: Marks | None = None
    _signatures: NDArray[np.uint64] | None = None

    @property
    def folded(self) -> pa.StringArray:
        """The values without regard to case."""
        if self._folded is None:
            self._folded = pc.utf8_lower(self.values)
        return self._folded

    @property
    def odd(self) -> Marks:
        """Marks values in which ignoring case reaches further than folding."""
        if self._odd is None:
            plain = _ascii(self.values)
            found = None if plain else pc.match_substring(self.values, _LONG_S)
            self._odd = np.zeros(len(self.values), bool) if found is None else _marks(found)
        return self._odd

    @property
    def several(self) -> Marks:
        """Marks the cells with several values."""
        if self._several is None:
            self._several = _marks(pc.match_substring(self.values, SEPARATOR))
        return self._several

    @property
    def signatures(self) -> NDArray[np.uint64]:
        """Which characters each folded value has, as bits (`_BITS`)."""
        if self._signatures is None:
            self._signatures = _signatures(self.folded)
        return self._signatures

    def decide(self, decision: Decision, ids: NDArray[np.int64]) -> Marks:
        """Mark which of the values *ids* pass."""
        self.judged += len(ids)
        match decision:
            case Search():
                return self._search(decision, ids)
            case Holds(text):
                return self._hold(text, ids)
            case Presence(there):
                return np.full(len(ids), there)
            case Within(network):
                return self._within(network, ids)
            case Number(relation, number):
                return self._compare(relation, number, ids)

    def _hold(self, text: str, ids: NDArray[np.int64]) -> Marks:
        if SEPARATOR in text:
            return np.zeros(len(ids), bool)
        marks = self._may_hold(text, ids)
        left = np.flatnonzero(marks)
        if len(left) > FEW:
            marks[left] = _marks(pc.match_substring(_take(self.folded, ids[left]), text))
        else:
            sought = text.encode()
            marks[left] = [sought in cell for cell in self._texts(ids[left], folded=True)]
        return marks

    def _search(self, search: Search, ids: NDArray[np.int64]) -> Marks:
        marks = self._sift(search, ids)
        left = np.flatnonzero(marks)
        if len(left) > FEW:
            cells = _take(self.folded if search.folded else self.values, ids[left])
            marks[left] = _marks(pc.match_substring_regex(cells, search.pattern))
            left = left[self.several[ids[left]]]
        if len(left):
            some = self._texts(ids[left], folded=search.folded)
            marks[left] = [_is_found(search.pattern, cell) for cell in some]
        return marks

    def _texts(self, ids: NDArray[np.int64], *, folded: bool) -> list[bytes]:
        """List some of the values."""
        offsets, data = offsets_of(self.values), self.values.buffers()[2]
        whole = b"" if data is None else memoryview(data)
        spans = zip(offsets[ids].tolist(), offsets[ids + 1].tolist(), strict=True)
        cells = [bytes(whole[begin:end]) for begin, end in spans]
        return [_fold(cell) for cell in cells] if folded else cells

    def _sift(self, search: Search, ids: NDArray[np.int64]) -> Marks:
        """Mark the values that have what the pattern needs, until only few are left."""
        only = "".join(texts[0] for texts in search.needs if len(texts) == 1)
        marks = self._may_hold(only, ids)
        for texts in search.needs:
            left = np.flatnonzero(marks)
            if len(left) <= FEW:
                break
            if max(map(len, texts)) > 1:
                cells = _take(self.folded, ids[left])
                found = np.zeros(len(left), bool)
                for text in texts:
                    found |= _marks(pc.match_substring(cells, text))
                marks[left] = found
        if search.loose and len(ids) > FEW:
            marks |= self.odd[ids]
        return marks

    def _may_hold(self, text: str, ids: NDArray[np.int64]) -> Marks:
        """Mark the folded values that have the characters of *text*; few need no telling."""
        if len(ids) <= FEW or not text:
            return np.ones(len(ids), bool)
        signature = np.bitwise_or.reduce(_BITS[list(text.encode())])
        marks: Marks = self.signatures[ids] & signature == signature
        return marks

    def _within(self, network: str, ids: NDArray[np.int64]) -> Marks:
        if self._addresses is None:
            self._addresses = [
                (number, *found)
                for number, cell in enumerate(self.values.to_pylist())
                for found in map(address, (cell or "").split(SEPARATOR))
                if found is not None
            ]
        version, low, high = _span(network)
        inside = np.zeros(len(self.values), bool)
        inside[[n for n, v, at in self._addresses if v == version and low <= at <= high]] = True
        return inside[ids]

    def _compare(self, relation: str, limit: float, ids: NDArray[np.int64]) -> Marks:
        if self._numbers is None:
            self._numbers = [
                (at, found)
                for at, cell in enumerate(self.values.to_pylist())
                for found in map(number, (cell or "").split(SEPARATOR))
                if found is not None
            ]
        stands = _RELATIONS[relation]
        passed = np.zeros(len(self.values), bool)
        passed[[at for at, found in self._numbers if stands(found, limit)]] = True
        return passed[ids]


def _ascii(values: pa.StringArray) -> bool:
    buffer = values.buffers()[2]
    return (
        buffer is None
        or not buffer.size
        or int(np.frombuffer(memoryview(buffer), np.uint8).max()) < 0x80
    )


def _take(values: pa.StringArray, ids: NDArray[np.int64]) -> pa.StringArray:
    return values if len(ids) == len(values) else values.take(ids)


def _marks(found: pa.BooleanArray) -> Marks:
    return found.to_numpy(zero_copy_only=False)


def _fold(cell: bytes) -> bytes:
    return cell.lower() if cell.isascii() else fold(cell.decode()).encode()


def _is_found(pattern: str, cell: bytes) -> bool:
    """Tell whether RE2 finds *pattern* in one of the values of a cell; in linear time."""
    search = _compiled(pattern).search
    if _BETWEEN in cell:
        return any(search(part) is not None for part in cell.split(_BETWEEN))
    return search(cell) is not None


@lru_cache(maxsize=128)
def _compiled(pattern: str) -> "re2._Regexp[str]":
    return re2.compile(pattern)


def _bits() -> NDArray[np.uint64]:
    """Give each byte a bit, rare ones their own; those outside ASCII share one."""
    own = string.punctuation + string.ascii_lowercase
    bits = np.zeros(256, np.uint64)
    bits[128:] = 1 << len(own) + 2
    for place, character in enumerate(own):
        bits[ord(character)] = 1 << place
    bits[list(string.digits.encode())] = 1 << len(own)
    bits[ord(" ")] = 1 << len(own) + 1
    return bits


_BITS: Final = _bits()


def _signatures(folded: pa.StringArray) -> NDArray[np.uint64]:
    text, starts = framed(folded)
    found = np.zeros(len(folded), np.uint64)
    begin = 0
    while begin < len(starts):
        limit = np.searchsorted(starts, starts[begin] + _STRIDE)
        end = max(int(limit), begin + 1)
        some = starts[begin:end]
        # A value ends with its frame, so none of the stretches is empty.
        bits = _BITS[text[some[0] : starts[end] if end < len(starts) else len(text)]]
        found[begin:end] = np.bitwise_or.reduceat(bits, some - some[0])
        begin = end
    return found


_STRIDE: Final = 1 << 16
"""About so many bytes are looked up at a time: each takes eight times its room."""


_DOTTED: Final = re.compile(r"(0|[1-9]\d{0,2})" + r"\.(0|[1-9]\d{0,2})" * 3, re.ASCII)


@lru_cache(maxsize=65536)
def address(text: str) -> tuple[int, int] | None:
    """Read an address as its version and number; a mapped IPv4 address is one of IPv4."""
    dotted = _DOTTED.fullmatch(text)
    if dotted is not None:
        octets = [*map(int, dotted.groups())]
        return (4, int.from_bytes(octets)) if max(octets) < 256 else None
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return 4, int(found.ipv4_mapped)
    return found.version, int(found)


@lru_cache(maxsize=4096)
def _span(network: str) -> tuple[int, int, int]:
    net = ipaddress.ip_network(network)
    return net.version, int(net.network_address), int(net.broadcast_address)


def number(text: str) -> float | None:
    """Read a number, decimal or 0x…; None where *text* is none."""
    try:
        return int(text, 16) if text[:2].lower() == "0x" else float(text)
    except ValueError:
        return None


_RELATIONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
