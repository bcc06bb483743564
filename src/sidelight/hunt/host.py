"""The name that an analyst gives to evidence that names no host."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from sidelight.schema import Column, Frame, offsets_of, strings


def name_host(frame: Frame, name: str) -> Frame:
    """Give *frame* with *name* as the host of events that name none, or name it as ``""``.

    An empty *name* changes nothing.
    """
    codes, values = frame.host.codes, frame.host.values
    nameless = codes < 0
    blank = np.flatnonzero(np.diff(offsets_of(values)) == 0)
    if len(blank):
        nameless |= np.isin(codes, blank)
    if not name or not nameless.any():
        return frame
    named = np.where(nameless, np.int32(len(values)), codes)
    return replace(frame, host=Column(named, pa.concat_arrays([values, strings([name])])))
