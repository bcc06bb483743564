"""Full events of some hits, looked up by their place."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
import pyarrow as pa

from sidelight.findings.cells import listed, plain
from sidelight.schema import Event


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where full events lie: by source and record."""

    rows: Mapping[tuple[str, int], int]
    fields: "pa.ChunkedArray[pa.BinaryScalar]"

    @classmethod
    def of(cls, events: pa.Table) -> "Shelf":
        """Index `EVENTS`."""
        sources = listed(plain(events.column("source")))
        places = zip(sources, events.column("record").to_numpy().tolist(), strict=True)
        return cls({place: row for row, place in enumerate(places)}, events.column("fields"))

    def event(self, source: str, record: int) -> Event | None:
        """Give the full event of a place, None where only its place was kept."""
        row = self.rows.get((source, record))
        if row is None:
            return None
        event: Event = orjson.loads(self.fields[row].as_py())
        return event
