"""How many events were read, by source, host, channel and hour: the ground of coverage."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.findings.cells import Coded, Ints, dictionary, listed
from sidelight.findings.hits import COUNTS, NOTHING
from sidelight.findings.order import sort_rows
from sidelight.schema import NO_TIME, Frame, strings

HOUR_NS: Final = 3_600_000_000_000


class _Texts:
    """Texts of many frames by number; equal ones have one number."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def number(self, texts: Sequence[str]) -> Ints:
        known = self._known
        return np.array([known.setdefault(text, len(known)) for text in texts], np.int64)

    def cells(self, numbers: Ints) -> Coded:
        return dictionary(numbers, strings(list(self._known)))


def count_events(frames: Sequence[Frame], part: int) -> pa.Table:
    """Count the events of *frames* as `COUNTS`.

    Args:
        frames: what was read.
        part: tells the stretch of the sources apart from every other stretch of this run.
    """
    some = [frame for frame in frames if len(frame)]
    if not some:
        return NOTHING.counts
    # Equal keys must have equal numbers: rows that say the same would be united into one.
    source, host, product, channel, event_id, category = (_Texts() for _ in range(6))
    time = np.concatenate([frame.time for frame in some])
    keys = [
        np.concatenate([source.number(frame.sources)[frame.source] for frame in some]),
        np.concatenate(
            [host.number([*listed(frame.host.values), ""])[frame.host.codes] for frame in some]
        ),
        _repeated(product, [frame.kind.product for frame in some], some),
        _repeated(channel, [frame.kind.channel for frame in some], some),
        _repeated(event_id, [frame.kind.event_id for frame in some], some),
        _repeated(category, [frame.kind.category for frame in some], some),
        np.where(time == NO_TIME, NO_TIME, time // HOUR_NS),
    ]
    order, fresh = sort_rows(keys)
    starts = np.flatnonzero(fresh)
    picked = order[starts]
    texts = (source, host, product, channel, event_id, category)
    return pa.table(
        [
            *(each.cells(key[picked]) for each, key in zip(texts, keys, strict=False)),
            pa.array(keys[-1][picked]),
            pa.array(np.full(len(picked), part, np.int64)),
            pa.array(np.diff(np.append(starts, len(order)))),
        ],
        schema=COUNTS,
    )


def _repeated(texts: _Texts, each: list[str], frames: Sequence[Frame]) -> Ints:
    """Give the number of each frame's text once for each of its events."""
    return np.repeat(texts.number(each), [len(frame) for frame in frames])
