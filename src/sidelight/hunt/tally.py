"""How many events were read, by source, host, channel and hour: the ground of coverage."""

from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.findings.cells import dictionary, repeat
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
    keys = [column.astype(np.int64) for column in (frame.source, frame.host.codes, hours)]
    order, fresh = sort_rows(keys)
    starts = np.flatnonzero(fresh)
    picked = order[starts]
    counts = np.diff(np.append(starts, len(order)))
    size = len(picked)
    hosts = frame.host.codes[picked]
    names = pa.concat_arrays([frame.host.values, strings([""])])
    return pa.table(
        [
            dictionary(frame.source[picked], strings(list(frame.sources))),
            dictionary(np.where(hosts < 0, len(names) - 1, hosts), names),
            repeat(frame.kind.product, size),
            repeat(frame.kind.channel, size),
            repeat(frame.kind.event_id, size),
            pa.array(hours[picked]),
            pa.array(np.full(size, part, np.int64)),
            pa.array(counts.astype(np.int64)),
        ],
        schema=COUNTS,
    )
