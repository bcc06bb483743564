r"""Many tests of one field, answered for each distinct value in one pass over its text.

The values of a column are folded and laid end to end between separators, ``\\0v1\\0v2\\0``. An
automaton finds every text that any pattern needs; texts anchored at an end carry the separator.
So equality, prefix, suffix and substring are decided by one automaton, and a cell with several
values (joined by the same separator) matches when one of them does.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from ipaddress import ip_address, ip_network
from itertools import accumulate, chain
from typing import Final, Literal, TypeAlias, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import re2
from ahocorasick_rs import BytesAhoCorasick
from numpy.typing import NDArray

from sidelight.rules.expr import Cidr, Compare, Glob, Regex, Wild
from sidelight.rules.patterns import fold
from sidelight.rules.plan import Atom, test_of
from sidelight.rules.raw import RawScan, raw_scan
from sidelight.schema import SEPARATOR, offsets_of

Ids: TypeAlias = NDArray[np.int64]
"""Numbers of distinct values, ascending."""

Judge: TypeAlias = Callable[[str], bool]
"""Decides one value; of a cell with several, each is asked."""

FEW: Final = 48
"""Up to so many values Python is quicker than one call of Arrow's kernels each."""

_SEPARATOR: Final = pa.scalar(SEPARATOR, pa.string())

CHUNK: Final = 4 << 20
"""How many bytes are scanned at a time."""


@dataclass(slots=True)
class Counters:
    """What matching cost, the same on every machine."""

    values: int = 0
    bytes: int = 0
    judged: int = 0
    rows: int = 0
    rules: int = 0

    def as_dict(self) -> dict[str, int]:
        """Give the counts by name."""
        return asdict(self)


@dataclass(slots=True)
class _Pattern:
    hits: list[int] = field(default_factory=list)
    looks: list[tuple[int, Atom]] = field(default_factory=list)


class Matcher:
    """Tests of one field, ready to run over its values."""

    def __init__(self, atoms: Iterable[tuple[int, Atom]]) -> None:
        self._patterns: dict[str, _Pattern] = {}
        self._short: dict[str, _Pattern] = {}
        self._present: list[int] = []
        self._every: list[tuple[int, Atom]] = []
        for number, atom in atoms:
            self._add(number, atom)
        self._list = list(self._patterns.values())
        self._raw: RawScan | Literal[False] | None = None
        keys = [key.encode("utf-8", "surrogatepass") for key in self._patterns]
        self._automaton = BytesAhoCorasick(keys) if keys else None
        self._leading = np.array([key.startswith(b"\0") for key in keys], np.int64)

    def _add(self, number: int, atom: Atom) -> None:
        if atom.need:
            short = len(atom.need) == 1 and atom.need.isascii()
            pattern = (self._short if short else self._patterns).setdefault(atom.need, _Pattern())
            if atom.exact:
                pattern.hits.append(number)
            else:
                pattern.looks.append((number, atom))
        elif atom.test == "exists" or (atom.test == "glob" and atom.args == (0,)):
            self._present.append(number)
        elif atom.test not in {"null", "ref"}:  # these are decided row by row
            self._every.append((number, atom))

    def match(self, values: pa.StringArray, counters: Counters) -> dict[int, Ids]:
        """Give the values that pass each test, for the tests that any value passes."""
        found: dict[int, list[Ids]] = {}
        if not len(values):
            return {}
        counters.values += len(values)
        every = np.arange(len(values), dtype=np.int64)
        for number in self._present:
            found[number] = [every]
        for number, atom in self._every:
            _look(found, number, judge_of(atom), values, every, counters)
        for pattern, ids in self._scan_all(values, counters):
            self._note(found, pattern, ids, values, counters)
        return {number: _join(parts) for number, parts in found.items()}

    def match_words(self, values: pa.StringArray, counters: Counters) -> dict[int, Ids]:
        """Do as `match` does; quicker on long text, slower to make ready."""
        if self._raw is None and not self._short and not self._every and not self._present:
            self._raw = raw_scan(list(self._patterns)) or False
        scanned = self._raw.scan(values) if self._raw and len(values) else None
        if scanned is None:
            return self.match(values, counters)
        counters.values += len(values)
        counters.bytes += values.nbytes
        found: dict[int, list[Ids]] = {}
        for number, ids in scanned.items():
            self._note(found, self._list[number], ids, values, counters)
        return {number: _join(parts) for number, parts in found.items()}

    def _note(
        self,
        found: dict[int, list[Ids]],
        pattern: "_Pattern",
        ids: Ids,
        values: pa.StringArray,
        counters: Counters,
    ) -> None:
        for number in pattern.hits:
            found.setdefault(number, []).append(ids)
        for number, atom in pattern.looks:
            _look(found, number, judge_of(atom), values, ids, counters)

    def _scan_all(
        self, values: pa.StringArray, counters: Counters
    ) -> Iterator[tuple[_Pattern, Ids]]:
        if len(values) <= FEW:
            texts = [fold(text or "") for text in values.to_pylist()]
            yield from self._scan(_laid_few(texts), counters)
            for short, pattern in self._short.items():
                marked = [number for number, text in enumerate(texts) if short in text]
                if marked:
                    yield pattern, np.array(marked, np.int64)
        elif self._automaton or self._short:
            for begin, size in _chunks(values):
                folded = pc.utf8_lower(values.slice(begin, size))
                if self._automaton:
                    for pattern, ids in self._scan(laid(folded), counters):
                        yield pattern, ids + begin
                for short, pattern in self._short.items():
                    marks = pc.match_substring(folded, short).to_numpy(zero_copy_only=False)
                    if marks.any():
                        yield pattern, np.flatnonzero(marks) + begin

    def _scan(
        self, laid_out: tuple[bytes, Ids], counters: Counters
    ) -> Iterator[tuple[_Pattern, Ids]]:
        if self._automaton is None:
            return
        text, starts = laid_out
        counters.bytes += len(text)
        matches = self._automaton.find_matches_as_indexes(text, overlapping=True)
        if not matches:
            return
        flat = np.fromiter(chain.from_iterable(matches), np.int64, 3 * len(matches))
        which, at = flat[0::3], flat[1::3]
        value = np.searchsorted(starts, at + self._leading[which], "right") - 1
        keys = which * len(starts) + value
        keys.sort()
        fresh = np.ones(len(keys), bool)
        fresh[1:] = keys[1:] != keys[:-1]
        keys = keys[fresh]
        which, value = keys // len(starts), keys % len(starts)
        edges = np.flatnonzero(np.diff(which)) + 1
        first = np.concatenate([[0], edges])
        for number, ids in zip(which[first].tolist(), np.split(value, edges), strict=True):
            yield self._list[number], ids


def _chunks(values: pa.StringArray) -> Iterator[tuple[int, int]]:
    """Cut values so that each part is about `CHUNK` bytes."""
    offsets, begin = offsets_of(values), 0
    while begin < len(values):
        end = int(np.searchsorted(offsets, offsets[begin] + CHUNK, "right")) - 1
        end = min(max(end, begin + 1), len(values))
        yield begin, end - begin
        begin = end


def laid(values: pa.StringArray) -> tuple[bytes, Ids]:
    """Lay values end to end between separators; give the text and where each value begins."""
    count = len(values)
    lists = pa.ListArray.from_arrays(pa.array([0, count], pa.int32()), values)
    text = cast("pa.StringArray", pc.binary_join(lists, _SEPARATOR))[0].as_buffer()
    starts = offsets_of(values)[:-1].astype(np.int64)
    starts += np.arange(1 - starts[0], 1 - starts[0] + count)
    return b"\0" + text.to_pybytes() + b"\0", starts


def _laid_few(texts: list[str]) -> tuple[bytes, Ids]:
    """Do as `laid` does, without Arrow's cost for each call."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    starts = np.fromiter(accumulate((len(text) + 1 for text in encoded), initial=1), np.int64)
    return b"\0" + b"\0".join(encoded) + b"\0", starts[:-1]


def _look(  # noqa: PLR0913
    found: dict[int, list[Ids]],
    number: int,
    judge: Judge,
    values: pa.StringArray,
    ids: Ids,
    counters: Counters,
) -> None:
    counters.judged += len(ids)
    texts = values.take(pa.array(ids, pa.int64())).to_pylist()
    marks = [passes(judge, text or "") for text in texts]
    if any(marks):
        found.setdefault(number, []).append(ids[np.array(marks)])


def passes(judge: Judge, cell: str) -> bool:
    """Say whether one of the values of a cell passes."""
    if SEPARATOR in cell:
        return any(map(judge, cell.split(SEPARATOR)))
    return judge(cell)


def _join(parts: list[Ids]) -> Ids:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


@lru_cache(maxsize=1 << 16)
def judge_of(atom: Atom) -> Judge:
    """Make the function that decides one value."""
    match test_of(atom):
        case Glob(tokens, cased):
            return _glob_judge(tokens, cased)
        case Regex(pattern, flags):
            found = _compiled(f"(?{flags})" * bool(flags) + pattern)
            return lambda value: found.search(value) is not None
        case Cidr(network):
            return _cidr_judge(network)
        case Compare(relation, number):
            return _compare_judge(relation, number)
        case _:
            raise AssertionError(atom)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> "re2._Regexp[str]":
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def _glob_judge(tokens: Sequence[str | Wild], cased: bool) -> Judge:
    parts = {Wild.ANY: ".*", Wild.ONE: "."}
    body = "".join(
        parts[token] if isinstance(token, Wild) else re2.escape(token) for token in tokens
    )
    found = _compiled(rf"(?s)\A{body}\z")
    if cased:
        return lambda value: found.search(value) is not None
    return lambda value: found.search(fold(value)) is not None


def _cidr_judge(network: str) -> Judge:
    inside = ip_network(network)

    def judge(value: str) -> bool:
        try:
            address = ip_address(value.strip())
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return address in inside or (mapped is not None and mapped in inside)

    return judge


_RELATIONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
}


def _compare_judge(relation: str, number: float) -> Judge:
    stands = _RELATIONS[relation]

    def judge(value: str) -> bool:
        try:
            read = int(value, 16) if value[:2].lower() == "0x" else float(value)
        except (ValueError, OverflowError):
            return False
        return stands(read, number)

    return judge
