"""What members tell the counter, and what it tells them: keyed hashes and counts, as JSON."""

import hmac
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from sidelight.errors import UsageError
from sidelight.exchange.seen.value import Value

_TOKEN: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOST: Final = 1_000_000


class _Report(msgspec.Struct, frozen=True, tag="seen-report", tag_field="kind"):
    tokens: list[str]


class Table(msgspec.Struct, frozen=True):
    """The counts of a day, by hash; of what is not in it fewer than *least* are told."""

    day: int
    least: int
    counts: Mapping[str, int]


def token(key: bytes, value: Value) -> str:
    """Give what stands for a value among who holds the key."""
    return hmac.digest(key, b"sidelight report " + str(value).encode(), "sha256").hex()


def spell(key: bytes, values: Iterable[Value]) -> bytes:
    """Write a report; the order of its hashes tells nothing of the values."""
    return msgspec.json.encode(_Report(sorted(token(key, each) for each in values))) + b"\n"


def read(data: bytes, where: str | Path) -> list[str]:
    """Read the hashes of a report.

    Raises:
        UsageError: it is none.
    """
    try:
        found = msgspec.json.decode(data, type=_Report).tokens
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"is no report: {error}", where=str(where)) from None
    if len(found) > _MOST or not all(map(_TOKEN.fullmatch, found)):
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
