"""The nouns that every layer speaks: kind, column, frame, gap.

Rule 1. A cell is text. Numbers are decimal text, booleans ``true``/``false``, GUIDs as the
source spells them. Only `Frame.time` and `Frame.record` are numbers.
Rule 2. Absent is not empty: a code of -1 is an absent field, ``""`` a field that is there and
empty.
Rule 3. A field with several values is one cell whose values are joined by U+0000. A U+0000 of
the evidence itself is replaced by U+2400 when it is read, so the separator is unambiguous.
Rule 4. Columns carry Sigma's field names (Sigma specification, appendix taxonomy), which for
Windows are the names in the event itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Final, Literal, TypeAlias, TypeVar, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sidelight.values import dataclass

Number = TypeVar("Number", bound=np.generic)

NO_TIME: Final = int(np.iinfo(np.int64).min)
"""The value of `Frame.time` where an event has no usable time."""

SEPARATOR: Final = "\0"
"""Joins the values of a field that has several (rule 3)."""

_FEW: Final = 256
"""Up to so many cells are numbered in Python: an Arrow call costs more than they do."""

Event: TypeAlias = dict[str, str | list[str]]
"""One event in full: field name to text, or to a list where the field has several values."""


Level: TypeAlias = Literal["informational", "low", "medium", "high", "critical"]

LEVELS: Final[tuple[Level, ...]] = ("informational", "low", "medium", "high", "critical")
"""Sigma's levels, mildest first (Sigma specification, "Level")."""


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """What sort of event a frame holds; this alone decides which rules look at it.

    Args:
        product: Sigma's ``logsource.product``: windows, linux, cisco, fortigate, …
        channel: the event's own Windows channel, or the Sigma service for the rest (auditd,
            sshd, aaa, …). Never taken from a file's name.
        event_id: decimal text; empty where the source has none.
        category: the Sigma category that the reader mapped the event into (process_creation,
            image_load, …); empty where channel and event id say it all.
    """

    product: str
    channel: str
    event_id: str = ""
    category: str = ""


Wanted: TypeAlias = Callable[[Kind], frozenset[str] | None]
"""Which columns of a kind somebody will read: None for all of them, empty for none."""


def want_all(kind: Kind) -> frozenset[str] | None:
    """Ask for every column."""
    del kind
    return None


SPELLED: Final = frozenset("0123456789abcdefilnrstuxz+-.:")
"""All characters, in lower case, of values that readers spell: numbers, true and false, GUIDs,
times, SIDs, bytes as hexadecimal digits. Any other value stands as text in the evidence."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Columns that somebody will read, fewer of them where certain words do not occur.

    A reader that does not look for words calls it like any other `Wanted`.

    Args:
        loud: what is wanted of events one of whose values may hold a word.
        quiet: what is wanted where none does; never more than *loud*.
        words: of a kind: printable ASCII in lower case, each with a character outside `SPELLED`.
            A value holds one whatever its case; U+0130 and U+212A fold to i and k.
    """

    loud: Wanted
    quiet: Wanted
    words: Callable[[Kind], frozenset[str]]

    def __call__(self, kind: Kind) -> frozenset[str] | None:
        """Ask as if every word occurred."""
        return self.loud(kind)


@dataclass(frozen=True, slots=True)
class Column:
    """One field of n events, dictionary-encoded.

    Args:
        codes: n indices into `values`; -1 where the event lacks the field.
        values: the texts, without nulls. Normally distinct; a repetition costs time, never
            correctness.
    """

    codes: NDArray[np.int32]
    values: pa.StringArray


def unique(numbers: NDArray[Number]) -> NDArray[Number]:
    """Give the distinct *numbers*, ascending.

    `numpy.unique` does the same by hashing: 40 times slower where there are 100,000 of them.
    """
    ordered = np.sort(numbers, axis=None)
    fresh = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return ordered[fresh]


def strings(texts: list[str]) -> pa.StringArray:
    """Build an array of texts, none of them null."""
    return pa.array(texts, pa.string())


def offsets_of(values: pa.StringArray) -> NDArray[np.int32]:
    """Give where each of n texts begins in their array's buffer, and the end: n + 1 numbers."""
    buffer = values.buffers()[1]
    if buffer is None or not len(values):
        return np.zeros(len(values) + 1, np.int32)
    offsets = np.frombuffer(memoryview(buffer), np.int32)
    return offsets[values.offset : values.offset + len(values) + 1]


def constant(value: str, length: int) -> Column:
    """Build the column that holds *value* in each of *length* events."""
    return Column(np.zeros(length, np.int32), strings([value]))


def encode(cells: list[str | None]) -> Column:
    """Build a column from cells, None being an absent field."""
    if len(cells) <= _FEW:
        known: dict[str | None, int] = {None: -1}
        codes = np.array([known.setdefault(cell, len(known) - 1) for cell in cells], np.int32)
        return Column(codes, strings(cast("list[str]", [*known][1:])))
    encoded = pa.array(cells, pa.string()).dictionary_encode()
    indices = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    values = cast("pa.StringArray", encoded.dictionary)
    return Column(indices.astype(np.int32, copy=False), values)


def decode(column: Column) -> list[str | None]:
    """List the cells of *column*, None being an absent field."""
    values = column.values.to_pylist()
    return [None if code < 0 else values[code] for code in column.codes.tolist()]


def overlay(upper: Column, lower: Column) -> Column:
    """Lay one column over another: the first counts where a row has both."""
    if not len(upper.values):
        return lower
    shifted = np.where(lower.codes < 0, np.int32(-1), lower.codes + np.int32(len(upper.values)))
    values = pa.concat_arrays([upper.values, lower.values])
    return Column(np.where(upper.codes < 0, shifted, upper.codes), values)


@dataclass(frozen=True, slots=True)
class Share:
    """The full events of one frame among several that were read together.

    Args:
        whole: gives full events by their numbers among all that was read together: some of each
            frame, in that order. All those frames have it, and to call it once for several of
            them takes less time than once for each.
        rows: n numbers, of the frame's rows.
    """

    whole: Callable[[Sequence[NDArray[np.intp]]], list[list[Event]]]
    rows: NDArray[np.intp]

    def __call__(self, picked: NDArray[np.intp]) -> list[Event]:
        """Give the full events at the row numbers *picked*, in that order."""
        return self.whole([self.rows[picked]])[0]


@dataclass(frozen=True, slots=True)
class Frame:
    """The events of one kind out of one batch, as columns.

    Args:
        kind: of every event in it.
        sources: names of the evidence files the events come from.
        source: n indices into `sources`.
        record: n record numbers: System/EventRecordID for EVTX, else the 1-based line or
            ordinal in the source.
        time: n times, UTC nanoseconds since 1970, `NO_TIME` where unknown.
        host: the computer that an event names.
        columns: the wanted fields that occur; a name that is missing is absent in every event.
        detail: gives the full events at the given row numbers, in that order; a `Share` where
            several frames are better asked at once.
        last: whether the batch ends with it: who scans it now lets go of the batch before the
            reader fills memory with the next one.
        loud: the rows, ascending, one of whose values may hold a word of the `Wish` that the
            reader was given; None where it did not look for words.
    """

    kind: Kind
    sources: tuple[str, ...]
    source: NDArray[np.int32]
    record: NDArray[np.int64]
    time: NDArray[np.int64]
    host: Column
    columns: Mapping[str, Column]
    detail: Callable[[NDArray[np.intp]], list[Event]] = field(compare=False)
    last: bool = field(default=False, compare=False)
    loud: NDArray[np.intp] | None = field(default=None, compare=False)

    def __len__(self) -> int:
        return len(self.record)


GapReason: TypeAlias = Literal[
    "damaged",  # bytes are broken
    "truncated",  # bytes are missing
    "refused",  # hostile or over a limit
    "denied",  # no permission, or the device failed
    "unsupported",  # a known format, or part of one, that no reader takes
    "foreign",  # found in a folder and not an event log at all
    "duplicate",  # the same evidence a second time
    "changed",  # grew, or was written to, while it was read; what was there was read
    "unjudged",  # read, but there is no telling good from bad in it
]

LOST: Final[frozenset[GapReason]] = frozenset(
    {"damaged", "truncated", "refused", "denied", "unsupported"}
)
"""Reasons that mean evidence was lost, as against passed over knowingly."""

STOPPED: Final = "reading stopped"
"""How the text of a gap begins behind which nothing of the source was read."""


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """A span of evidence that could not be read.

    Args:
        source: path as given; members of archives as ``archive.zip!member``.
        offset: first byte that is affected, in the (unpacked) source.
        reason: the sort of damage.
        text: what is wrong, for a person.
        events: how many events were lost, where that is known.
    """

    source: str
    offset: int
    reason: GapReason
    text: str
    events: int | None = None
