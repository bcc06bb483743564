"""Values judged one by one: what the automaton only proposes, or knows nothing about."""

import ipaddress
import operator
import string
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sidelight.rules.atoms import Decision, Holds, Number, Presence, Search, Within
from sidelight.rules.automata import framed
from sidelight.schema import SEPARATOR
from sidelight.values import dataclass

Marks = NDArray[np.bool_]

_WORTH_SIFTING: Final = 16
"""From so many values on, texts that a pattern needs are looked for first."""

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
        return _marks(pc.match_substring(_take(self.folded, ids), text))

    def _search(self, search: Search, ids: NDArray[np.int64]) -> Marks:
        marks = np.ones(len(ids), bool)
        if len(ids) >= _WORTH_SIFTING and search.needs:
            marks = self._sift(search, ids)
        left = np.flatnonzero(marks)
        if len(left):
            cells = _take(self.folded if search.folded else self.values, ids[left])
            marks[left] = _searched(search.pattern, cells)
        return marks

    def _sift(self, search: Search, ids: NDArray[np.int64]) -> Marks:
        only = "".join(texts[0] for texts in search.needs if len(texts) == 1)
        signature = np.uint64(np.bitwise_or.reduce(_BITS[list(only.encode())], initial=0))
        marks: Marks = self.signatures[ids] & signature == signature
        for texts in search.needs:
            left = np.flatnonzero(marks)
            if not len(left):
                break
            if max(map(len, texts)) > 1:
                cells = _take(self.folded, ids[left])
                found = np.zeros(len(left), bool)
                for text in texts:
                    found |= _marks(pc.match_substring(cells, text))
                marks[left] = found
        if search.loose:
            marks |= self.odd[ids]
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


def _bits() -> NDArray[np.uint64]:
    """Give each byte a bit, rare ones their own; bytes outside ASCII have none."""
    own = string.punctuation + string.ascii_lowercase
    bits = np.zeros(256, np.uint64)
    for place, character in enumerate(own):
        bits[ord(character)] = 1 << place
    bits[list(string.digits.encode())] = 1 << len(own)
    bits[ord(" ")] = 1 << len(own) + 1
    return bits


_BITS: Final = _bits()


def _signatures(folded: pa.StringArray) -> NDArray[np.uint64]:
    text, starts = framed(folded)
    found = np.zeros(len(folded), np.uint64)
    for begin in range(0, len(folded), _STRIDE):
        some = starts[begin : begin + _STRIDE]
        end = starts[begin + _STRIDE] if begin + _STRIDE < len(starts) else len(text)
        # A value ends with its frame, so none of the stretches is empty.
        bits = _BITS[text[some[0] : end]]
        found[begin : begin + _STRIDE] = np.bitwise_or.reduceat(bits, some - some[0])
    return found


_STRIDE: Final = 4096


def _searched(pattern: str, cells: pa.StringArray) -> Marks:
    """Mark the cells in one of whose values RE2 finds *pattern*; in linear time."""
    marks = _marks(pc.match_substring_regex(cells, pattern))
    several = np.flatnonzero(_marks(pc.match_substring(cells, SEPARATOR)))
    for at in several.tolist():
        parts = pa.array(cells[at].as_py().split(SEPARATOR), pa.string())
        marks[at] = _marks(pc.match_substring_regex(parts, pattern)).any()
    return marks


@lru_cache(maxsize=65536)
def address(text: str) -> tuple[int, int] | None:
    """Read an address as its version and number; a mapped IPv4 address is one of IPv4."""
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
