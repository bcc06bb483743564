"""Where the names and values of flat JSON objects lie, for a whole block of lines at once.

Unescaped quotation marks cut the text into strings and what stands between them. Almost all that
stands between is one of a few dozen distinct texts, so each of these is read once, with a regular
expression, and says what the string before it and the string after it must be. A line where the
two readings of a string disagree is no flat object (or no JSON) and is left to another path.
"""

import re
from dataclasses import dataclass
from typing import Final, TypeVar, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.evidence.json.lines import feeds_of

MAX_NAMES: Final = 512
_MAX_BACKSLASHES: Final = 64

_QUOTE, _BACKSLASH, _ZERO = 0x22, 0x5C, 0x30

# What a string must be: a name, a value, the only value of a list.
_NAME, _VALUE, _ELEMENT, _NOTHING = 0, 1, 2, 3

_SCALAR: Final = (
    rb"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|\[[ \t\r]*\]|\{[ \t\r]*\}"
)
_BETWEEN: Final = re.compile(
    rb'(?:^|")[ \t\r]*(?:(?P<close>\])[ \t\r]*)?'
    rb"(?:(?P<colon>:)[ \t\r]*(?:(?P<open>\[)|(?P<scalar>" + _SCALAR + rb"))?[ \t\r]*)?"
    rb"(?P<tail>,|\}[ \t\r]*,?[ \t\r]*\n[ \t\r\n]*\{|\}[ \t\r\n,\]]*$|)[ \t\r]*"
    rb'(?:"|$)'
)
_FIRST: Final = re.compile(rb'[ \t\r\n\[]*\{[ \t\r]*"')
_LAST: Final = re.compile(
    rb'"[ \t\r]*(?:(?:\]|:[ \t\r]*(?:' + _SCALAR + rb"))[ \t\r]*)?\}[ \t\r]*,?[ \t\r]*"
)
_ABSENT: Final = (b"null", b"[", b"{")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Flat objects, one a line.

    Args:
        pieces: odd ones are the strings of the text, without their quotation marks but still
            escaped; even ones what stands between, with them.
        names: the distinct names.
        cells: for each object and name the piece that holds its value, -1 where it has none.
        lines: for each object the index of its line in the text.
        feeds: where the line feeds are.
    """

    pieces: pa.BinaryArray
    names: list[str]
    cells: NDArray[np.int32]
    lines: NDArray[np.intp]
    feeds: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Between:
    """What each piece between strings says.

    Args:
        left: the sort of the string before it.
        right: the sort of the string after it.
        scalar: whether it holds a value itself.
        ending: whether it ends an object.
    """

    left: NDArray[np.uint8]
    right: NDArray[np.uint8]
    scalar: NDArray[np.bool_]
    ending: NDArray[np.bool_]


_Array = TypeVar("_Array", pa.BinaryArray, pa.StringArray)


def taken(values: _Array, indices: NDArray[np.integer]) -> _Array:
    """Take the values at *indices*."""
    return values.take(pa.array(indices))


def scalar_of(between: bytes) -> bytes:
    """Give the number or the truth value in a piece between strings."""
    found = _BETWEEN.fullmatch(between)
    return found["scalar"] if found and found["scalar"] else b""


def tokenize(text: bytes) -> tuple[Tokens | None, NDArray[np.intp]]:
    """Tokenize lines of flat objects, or say which lines are none.

    Returns:
        Either tokens of all lines and no line, or no tokens and the lines that stand in the way.
    """
    data = np.frombuffer(text, np.uint8)
    feeds = feeds_of(text)
    quotes, odd = _quotes(data, feeds)
    if len(odd) or len(quotes) == 0:
        return None, odd if len(odd) else np.arange(len(feeds) + 1)
    offsets = np.empty(len(quotes) + 2, np.int32)
    offsets[0], offsets[-1] = 0, len(text)
    offsets[1:-1] = quotes
    offsets[1:-1:2] += 1
    buffers = [None, pa.py_buffer(offsets.data), pa.py_buffer(text)]
    pieces = cast("pa.BinaryArray", pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers))
    between = _readings(data, pieces, offsets)
    odd = _odd_lines(text, offsets, feeds, between)
    if len(odd):
        return None, odd
    return _table(pieces, offsets, feeds, between)


def _odd_lines(
    text: bytes, offsets: NDArray[np.int32], feeds: NDArray[np.intp], between: _Between
) -> NDArray[np.intp]:
    """List the lines that are no flat object."""
    left, right = between.left[1:], between.right[:-1]
    known = (left != _NOTHING) & (right != _NOTHING)
    odd = np.searchsorted(feeds, offsets[1::2][:-1][known & (left != right)])
    unknown = between.right == _NOTHING
    begins, ends = offsets[0:-1:2][unknown], offsets[1::2][unknown]
    first, last = np.searchsorted(feeds, begins), np.searchsorted(feeds, ends)
    single = first == last
    more: list[int] = []
    spans = np.stack([begins, ends, first, last], axis=1)[~single]
    for begin, end, low, high in spans.tolist():
        before, *_, after = text[begin:end].split(b"\n")
        found = list(range(low + bool(begin and _LAST.fullmatch(before)), high))
        if not found or end == len(text) or not _FIRST.fullmatch(after):
            found.append(high)
        more += found
    return np.unique(np.concatenate([odd, first[single], np.array(more, np.intp)]))


def _quotes(
    data: NDArray[np.uint8], feeds: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the quotation marks that are not escaped, and the lines with an odd number of them."""
    quotes = np.flatnonzero(data == _QUOTE)
    before = data[quotes - 1] == _BACKSLASH
    if len(quotes) and quotes[0] == 0:
        before[0] = False
    suspects = np.flatnonzero(before)
    odd = np.zeros(len(quotes), np.bool_)
    length = 0
    while len(suspects) and length < _MAX_BACKSLASHES:
        odd[suspects] ^= True
        length += 1
        position = quotes[suspects] - 1 - length
        further = (position >= 0) & (data[position] == _BACKSLASH)
        suspects = suspects[further]
    stuck = quotes[suspects]
    quotes = quotes[~odd]
    counts = np.diff(np.searchsorted(quotes, feeds), prepend=0, append=len(quotes))
    uneven = np.flatnonzero(counts & 1)
    if len(stuck):
        uneven = np.union1d(uneven, np.searchsorted(feeds, stuck))
    return quotes, uneven


def _readings(
    data: NDArray[np.uint8], pieces: pa.BinaryArray, offsets: NDArray[np.int32]
) -> _Between:
    begins, ends = offsets[0:-1:2], offsets[1::2]
    short = ends - begins == 3
    short[0] = short[-1] = False
    middle = data[np.minimum(begins + 1, len(data) - 1)]
    colon, comma = short & (middle == ord(":")), short & (middle == ord(","))
    # A colon stands between a name and a value, a comma between a value and a name.
    left = np.where(colon, np.uint8(_NAME), np.uint8(_VALUE))
    right = np.where(colon, np.uint8(_VALUE), np.uint8(_NAME))
    scalar, ending = np.zeros(len(begins), np.bool_), np.zeros(len(begins), np.bool_)
    rest = np.flatnonzero(~(colon | comma))
    codes, distinct = distinct_of(pieces, rest * 2)
    read = np.array([_reading(piece) for piece in distinct], np.uint8)
    left[rest], right[rest] = read[codes, 0], read[codes, 1]
    scalar[rest], ending[rest] = read[codes, 2], read[codes, 3]
    right[0] = _NAME if _FIRST.fullmatch(pieces[0].as_py()) else _NOTHING
    if not ending[-1]:
        left[-1] = right[-1] = _NOTHING
    return _Between(left, right, scalar, ending)


def _reading(piece: bytes) -> tuple[int, int, bool, bool]:
    if piece[:2] == b'":' and piece[2:-2].isdigit() and piece[-2:] == b',"' and piece[2] != _ZERO:
        return _NAME, _NAME, True, False
    nothing = (_NOTHING, _NOTHING, False, False)
    found = _BETWEEN.fullmatch(piece)
    if found is None or (found["close"] and found["colon"]):
        return nothing
    left = _ELEMENT if found["close"] else _NAME if found["colon"] else _VALUE
    if found["colon"] and not found["scalar"]:
        right = _ELEMENT if found["open"] else _VALUE
        return nothing if found["tail"] else (left, right, False, False)
    if not found["tail"]:
        return nothing
    value = found["scalar"] is not None and not found["scalar"].startswith(_ABSENT)
    return left, _NAME, value, found["tail"] != b","


def distinct_of(
    pieces: pa.BinaryArray, indices: NDArray[np.integer]
) -> tuple[NDArray[np.int32], list[bytes]]:
    """Encode the pieces at *indices* as codes and what these stand for."""
    encoded = taken(pieces, indices).dictionary_encode()
    return np.asarray(encoded.indices), cast("list[bytes]", encoded.dictionary.to_pylist())


def _table(
    pieces: pa.BinaryArray,
    offsets: NDArray[np.int32],
    feeds: NDArray[np.intp],
    between: _Between,
) -> tuple[Tokens | None, NDArray[np.intp]]:
    named = np.flatnonzero(between.right[:-1] == _NAME)
    codes, names = distinct_of(pieces, named * 2 + 1)
    # The object of a string is counted by the pieces before it that end one.
    rows = np.cumsum(between.ending[:-1])[named]
    first = np.append(0, np.flatnonzero(between.ending[:-1]))
    lines = np.searchsorted(feeds, offsets[first * 2 + 1])
    odd = np.array([b"\\" in name or b" " in name or not name.isascii() for name in names])
    if odd.any():
        return None, np.unique(lines[rows[odd[codes]]])
    if len(names) > MAX_NAMES:
        return None, np.arange(len(feeds) + 1)
    # The piece after a name tells what its value is: the string after that, or itself.
    follows = named * 2 + 2
    string = between.right[named + 1] != _NAME
    value = np.where(string, follows + 1, np.where(between.scalar[named + 1], follows, -1))
    cells = np.full((len(lines), len(names)), -1, np.int32)
    cells[rows, codes] = value
    return Tokens(pieces, [name.decode() for name in names], cells, lines, feeds), lines[:0]
