"""What evidence is called that does not say it well itself: its host, and its source."""

from collections.abc import Mapping
from dataclasses import field, replace

import numpy as np
import pyarrow as pa

from sidelight.evidence.reading import Digest
from sidelight.evidence.stream import spelled
from sidelight.schema import Column, Frame, Gap, offsets_of, strings
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """What to call evidence.

    Args:
        host: of evidence that names none; empty for none.
        sources: for paths that say nothing, as those of files that are gone after the hunt.
    """

    host: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

    def frame(self, frame: Frame) -> Frame:
        """Give *frame* with these names."""
        named = name_host(frame, self.host)
        if self.sources.keys().isdisjoint(named.sources):
            return named
        return replace(named, sources=tuple(self.source(name) for name in named.sources))

    def gap(self, gap: Gap) -> Gap:
        """Give *gap* with these names."""
        return replace(gap, source=self.source(gap.source))

    def digest(self, digest: Digest) -> Digest:
        """Give *digest* with these names."""
        return replace(digest, source=self.source(digest.source))

    def source(self, path: str) -> str:
        """Give the name of a source, one that can be written in any output."""
        return self.sources.get(path) or spelled(path)


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
