"""A keyed filter: who holds it and the group's key can ask it, and nobody hears the question.

A Bloom filter (Bloom 1970) over HMAC-SHA-256 under the key of a group, salted afresh for each
filter, so that two of them say nothing together. Each copy carries marks of its recipient.

Rule 1. Values that can be guessed do not go in: every holder of the key could try them all.
Rule 2. How many values there are is told only within a factor of two: the rest is filled up.
Rule 3. "Not seen" is certain; "seen" is wrong at a rate that was chosen, and is said each time.

Sources: Bloom, Communications of the ACM 13(7), 1970; Kirsch and Mitzenmacher, Less hashing, same
performance, 2006, for positions out of two hashes; RFC 2104 for HMAC.
"""

import hmac
import math
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from sidelight.errors import UsageError
from sidelight.exchange.seen.value import Value
from sidelight.values import dataclass

MAGIC: Final = b"sidelight-seen-filter 1\n"
MARKS: Final = 64
"""Entries that stand for the recipient of a copy."""
RATES: Final = (1e-9, 0.01)
"""The smallest and the largest rate of wrong answers."""
_TAG: Final = 32
_MOST: Final = 20_000_000


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a filter says of itself.

    Args:
        key: tells the key it was made under from others.
        bits, hashes: how large it is, and how many positions each entry has.
        room: entries, filled up; a power of two.
        rate: how often it says "seen" of what was not.
        made: the day.
        kinds: of the values.
    """

    salt: str
    key: str
    bits: int
    hashes: int
    room: int
    rate: float
    made: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was read, or made."""

    head: Head
    bits: NDArray[np.uint8]

    def holds(self, digests: Sequence[bytes]) -> list[bool]:
        """Tell of each digest whether it is, most likely, in it."""
        if not digests:
            return []
        at = _positions(digests, self.head.bits, self.head.hashes)
        found = (self.bits[at >> 3] >> (at & 7).astype(np.uint8)) & 1
        return [bool(each) for each in found.all(axis=1)]


def make(  # noqa: PLR0913 - what, under which secrets, for whom, how exactly
    values: Iterable[Value],
    key: bytes,
    mark: bytes,
    recipient: str,
    *,
    rate: float,
    made: str,
    salt: bytes,
) -> Filter:
    """Make the filter of *values* for *recipient*; *mark* is the maker's secret, *salt* random."""
    wanted = sorted(set(values))
    count = len(wanted) + MARKS
    if count > _MOST:
        raise UsageError(f"has more than {_MOST:,} values", where="filter")
    room = 1 << (count - 1).bit_length()
    bits = math.ceil(-room * math.log(rate) / math.log(2) ** 2 / 8) * 8
    hashes = max(1, round(bits / room * math.log(2)))
    kinds = tuple(sorted({each.kind for each in wanted}))
    head = Head(salt.hex(), key_id(key), bits, hashes, room, rate, made, kinds)
    digests = [digest(key, salt, each) for each in wanted]
    digests += marks(mark, salt, recipient)
    digests += [_derived(mark, salt, f"fill {n}") for n in range(room - count)]
    field = np.zeros(bits // 8, np.uint8)
    for begin in range(0, room, 65_536):
        at = _positions(digests[begin : begin + 65_536], bits, hashes).ravel()
        np.bitwise_or.at(field, at >> 3, np.uint8(1) << (at & 7).astype(np.uint8))
    return Filter(head, field)


def digest(key: bytes, salt: bytes, value: Value) -> bytes:
    """Give what stands for a value in the filter of this salt."""
    return hmac.digest(key, salt + str(value).encode(), "sha256")


def marks(mark: bytes, salt: bytes, recipient: str) -> list[bytes]:
    """Give the entries that stand for a recipient; only who has *mark* can make them."""
    return [_derived(mark, salt, f"mark {n} {recipient}") for n in range(MARKS)]


def traced(found: Filter, mark: bytes, recipients: Iterable[str]) -> list[str]:
    """Say for whom a copy was made, among *recipients*."""
    salt = bytes.fromhex(found.head.salt)
    return [each for each in recipients if all(found.holds(marks(mark, salt, each)))]


def key_id(key: bytes) -> str:
    """Tell one key from another, and say nothing of it."""
    return hmac.digest(key, b"sidelight key", "sha256").hex()[:16]


def spell(some: Filter, key: bytes) -> bytes:
    """Write a filter; a tag under the key shows damage."""
    body = MAGIC + msgspec.json.encode(some.head) + b"\n" + some.bits.tobytes()
    return body + hmac.digest(key, body, "sha256")


def read(data: bytes, key: bytes | None, where: str) -> Filter:
    """Read what `spell` wrote; without a key, damage is not noticed.

    Raises:
        UsageError: it is no filter, was made under another key, or is damaged.
    """
    head_end = data.find(b"\n", len(MAGIC))
    try:
        if not data.startswith(MAGIC):
            raise ValueError("it does not begin as one")
        head = msgspec.json.decode(data[len(MAGIC) : head_end], type=Head)
        _check(head, len(data) - head_end - 1 - _TAG)
    except (ValueError, msgspec.DecodeError) as error:
        raise UsageError(f"is no filter of this version: {error}", where=where) from None
    if key is not None and head.key != key_id(key):
        hint = "ask its maker which key it was made under"
        raise UsageError("was made under another key than the one given", where=where, hint=hint)
    tag = hmac.digest(key, data[:-_TAG], "sha256") if key is not None else data[-_TAG:]
    if not hmac.compare_digest(tag, data[-_TAG:]):
        raise UsageError("is damaged, or was changed: get it again", where=where)
    return Filter(head, np.frombuffer(data[head_end + 1 : -_TAG], np.uint8))


def _check(head: Head, octets: int) -> None:
    bytes.fromhex(head.salt)
    if head.bits <= 0 or head.bits != octets * 8 or not 1 <= head.hashes <= 64:
        raise ValueError("its size is not what it says")


def _derived(mark: bytes, salt: bytes, text: str) -> bytes:
    return hmac.digest(mark, salt + text.encode(), sha256)


def _positions(digests: Sequence[bytes], bits: int, hashes: int) -> NDArray[np.int64]:
    """Give the positions of each digest, a row of *hashes* each."""
    halves = np.frombuffer(b"".join(digests), "<u8").reshape(len(digests), 4)
    # Both are below the number of bits, so no sum of 64 leaves 64 bits; odd, so never zero.
    first = halves[:, 0] % np.uint64(bits)
    step = (halves[:, 1] % np.uint64(bits)) | np.uint64(1)
    count = np.arange(hashes, dtype=np.uint64)
    at = (first[:, None] + step[:, None] * count[None, :]) % np.uint64(bits)
    return at.astype(np.int64)
