"""Where evidence was taken: logs, a running host, memory, a disk."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import islice
from typing import Final, Literal, TypeAlias

from sidelight.values import dataclass

Surface: TypeAlias = Literal["log", "live", "memory", "disk"]

SURFACES: Final[Mapping[Surface, str]] = {
    "log": "event logs",
    "live": "the running host",
    "memory": "memory",
    "disk": "the disk",
}
"""What each is called, in the order in which they are told."""

HOST: Final = "sidelight-host"
"""Channel of what a look at a host or its memory gave."""

DISK: Final = "sidelight-disk"
"""Channel of what a look at files gave."""

_SOURCES: Final = 5

_ORIGINS: Final[Mapping[str, Surface]] = {
    "core": "memory",
    "minidump": "memory",
    "image": "memory",
    "windows-image": "memory",
}


def surface_of(channel: str, origin: str = "") -> Surface:
    """Tell where an event was taken.

    Args:
        channel: of the event.
        origin: its field ``Origin``, which tells a look at a host from one at its memory.
    """
    match channel:
        case "sidelight-host":
            return _ORIGINS.get(origin, "live")
        case "sidelight-yara":
            return "memory" if origin == "memory" else "disk"
        case "sidelight-disk":
            return "disk"
        case _:
            return "log"


@dataclass(frozen=True, slots=True)
class Seen:
    """Events of a finding by where they were taken.

    Args:
        sources: evidence files, some at most, in order.
    """

    surface: Surface
    events: int
    sources: tuple[str, ...]


def counted(places: Mapping[tuple[str, int], Surface]) -> tuple[Seen, ...]:
    """Count events, given by source and record, by surface; nothing where all are of logs."""
    if all(surface == "log" for surface in places.values()):
        return ()
    sources: defaultdict[Surface, dict[str, int]] = defaultdict(dict)
    for (source, _), surface in sorted(places.items()):
        sources[surface][source] = sources[surface].get(source, 0) + 1
    return tuple(
        Seen(surface, sum(sources[surface].values()), tuple(islice(sources[surface], _SOURCES)))
        for surface in SURFACES
        if surface in sources
    )
