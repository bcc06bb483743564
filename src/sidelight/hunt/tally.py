"""How many events were read, by source, host, channel and hour: the ground of coverage."""

from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.findings.cells import cells, dictionary, ranked, repeat
from sidelight.findings.hits import COUNTS
from sidelight.findings.order import sort_rows
from sidelight.schema import NO_TIME, Frame, strings

HOUR_NS: Final = 3_600_000_000_000


def count_events(frame: Frame, part: int) -> pa.Table:
    """Count the events of *frame* as `COUNTS`.

    Args:
        frame: what was read.
        part: tells the stretch of the sources apart from every other stretch of this run.
    """
    if not len(frame):
        return COUNTS.empty_table()
    hours = np.where(frame.time == NO_TIME, NO_TIME, frame.time // HOUR_NS)
    # Equal hosts must have equal codes: rows that say the same would be united into one.
    host, names = ranked(cells(frame.host))
    keys = [frame.source.astype(np.int64), host, hours]
    order, fresh = sort_rows(keys)
    starts = np.flatnonzero(fresh)
    picked = order[starts]
    counts = np.diff(np.append(starts, len(order)))
    size = len(picked)
    return pa.table(
        [
            dictionary(frame.source[picked], strings(list(frame.sources))),
            dictionary(host[picked], names),
            repeat(frame.kind.product, size),
            repeat(frame.kind.channel, size),
            repeat(frame.kind.event_id, size),
            repeat(frame.kind.category, size),
            pa.array(hours[picked]),
            pa.array(np.full(size, part, np.int64)),
            pa.array(counts.astype(np.int64)),
        ],
        schema=COUNTS,
    )
