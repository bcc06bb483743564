"""What members tell the counter, and what it tells them: keyed hashes and counts, as JSON."""

import hmac
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from sidelight.errors import UsageError
from sidelight.exchange.seen.filter import key_id
from sidelight.exchange.seen.value import Value

_TOKEN: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_KEY: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)
_MOST: Final = 1_000_000


class Report(msgspec.Struct, frozen=True, tag="seen-report", tag_field="kind"):
    """All that a member reports, as hashes; *key* tells the group's key from others."""

    key: str
    tokens: list[str]


class Table(msgspec.Struct, frozen=True):
    """The counts of a day, by hash; what is not in it was not seen by enough to tell.

    Args:
        keys: that *least* members or more report under; of the others nothing is told.
    """

    day: int
    least: int
    keys: tuple[str, ...]
    counts: Mapping[str, int]


def token(key: bytes, value: Value) -> str:
    """Give what stands for a value among who holds the key."""
    return hmac.digest(key, b"sidelight report " + str(value).encode(), "sha256").hex()


def spell(key: bytes, values: Iterable[Value]) -> bytes:
    """Write a report; the order of its hashes tells nothing of the values."""
    hashes = sorted(token(key, each) for each in values)
    return msgspec.json.encode(Report(key_id(key), hashes)) + b"\n"


def read(data: bytes, where: str | Path) -> Report:
    """Read a report.

    Raises:
        UsageError: it is none.
    """
    try:
        found = msgspec.json.decode(data, type=Report)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"is no report: {error}", where=str(where)) from None
    whole = _KEY.fullmatch(found.key) and all(map(_TOKEN.fullmatch, found.tokens))
    if not whole or len(found.tokens) > _MOST:
        raise UsageError("is no report: it holds other things than hashes", where=str(where))
    return found


def read_table(data: bytes, where: str | Path) -> Table:
    """Read the counts of a day.

    Raises:
        UsageError: it is no such table.
    """
    try:
        return msgspec.json.decode(data, type=Table)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"is no table of counts: {error}", where=str(where)) from None
