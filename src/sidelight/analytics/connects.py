"""Network connections as facts."""

from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.analytics.earliest import earliest
from sidelight.analytics.paths import PROTECTED, place_of
from sidelight.findings.actor import images, process_keys, texts
from sidelight.findings.cells import Rows, cells, listed
from sidelight.findings.facts import CONNECTS
from sidelight.findings.matches import fact_places
from sidelight.schema import NO_TIME, Column, Frame

HOUR: Final = 3_600_000_000_000
EACH_HOUR: Final = 8
"""So many calls an hour show a beat; a program that is trusted may make a thousand."""


def connect_rows(frame: Frame) -> pa.Table:
    """Give the connections that processes of *frame* opened, as `CONNECTS`.

    Of programs in protected folders there may be more than `EACH_HOUR` of an hour where a source
    was read in several frames; whoever concludes from them takes no more than that.
    """
    size = len(frame)
    remote = texts(frame, ("DestinationIp",), None, size)
    opened = texts(frame, ("Initiated",), None, size)
    known = np.array([bool(text) for text in listed(remote.values)], bool)[remote.codes]
    inward = np.array([text.lower() == "false" for text in listed(opened.values)], bool)
    outward = known & ~inward[opened.codes]
    image = images(frame)
    quiet = np.array([is_sampled(text) for text in listed(image.values)], bool)
    loud = np.flatnonzero(outward & ~quiet[image.codes])
    hourly = _hourly(frame, np.flatnonzero(outward & quiet[image.codes]), remote)
    rows = np.concatenate([loud, hourly])
    if not len(rows):
        return CONNECTS.empty_table()
    names = ("DestinationIp", "DestinationPort", "SourceIp")
    others = [cells(texts(frame, (name,), rows, len(rows))) for name in names]
    return pa.table([*fact_places(frame, rows), *others], schema=CONNECTS)


def is_sampled(image: str) -> bool:
    """Tell whether of an executable's connections some are left out."""
    return place_of(image).zone in PROTECTED


def _hourly(frame: Frame, rows: Rows, remote: Column) -> Rows:
    port = texts(frame, ("DestinationPort",), None, len(frame))
    hour = np.where(frame.time == NO_TIME, 0, frame.time // HOUR)
    group = [process_keys(frame).codes, remote.codes, port.codes, hour]
    return earliest(frame, rows, group, EACH_HOUR)
