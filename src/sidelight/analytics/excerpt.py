"""Facts of a whole run, in memory that follows what is distinct and not what was read.

Rule 1. What is left out changes no judgement: of loads that are alike in all that is judged, as
many are kept as are ever cited, the earliest.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.analytics.earliest import first_of_each
from sidelight.analytics.estate import CITED, JUDGED
from sidelight.findings.cells import ranked
from sidelight.findings.facts import FACTS, LOADS
from sidelight.findings.hits import union

_ROOM: Final = 1_000_000
"""So many rows are united at a time, or twice as many as were left of those before."""


def unite_facts(name: str, tables: Iterable[pa.Table], room: int = _ROOM) -> pa.Table:
    """Unite tables of one schema, a key of `FACTS`, one after another.

    Args:
        name: of the schema.
        tables: in any order, with any repetition.
        room: how many rows may lie in memory before loads are thinned.
    """
    held, size, most = [FACTS[name].empty_table()], 0, room
    for table in tables:
        held.append(table)
        size += table.num_rows
        if size > most and name == "loads":
            held = [_thin(union(*held))]
            size = held[0].num_rows
            most = max(room, 2 * size)
    return union(*held)


def _thin(loads: pa.Table) -> pa.Table:
    """Keep of loads that are alike the earliest `CITED`."""
    alike = [ranked(loads.column(name))[0] for name in JUDGED]
    time, record = loads.column("time").to_numpy(), loads.column("record").to_numpy()
    kept = first_of_each(alike, [time, ranked(loads.column("source"))[0], record], CITED)
    return loads.take(np.sort(kept)).cast(LOADS)
