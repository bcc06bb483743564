"""What the range is asked for, and what it reports."""

import datetime as dt
from pathlib import Path

from sidelight.errors import UsageError
from sidelight.values import dataclass

SMALLEST = 6
"""Hosts that the story needs: three workstations, a domain controller, a jump host, a server."""


@dataclass(frozen=True, slots=True)
class RangeOptions:
    """How large the range is and how it varies.

    Args:
        seed: the same seed gives the same bytes.
        days: of background, from *start* on.
        hosts: in all; those beyond the six of the story are workstations.
        events: of background, roughly.
        attack: whether the intrusion takes place.
        start: the first day, in UTC.

    Raises:
        UsageError: a number is out of range.
    """

    seed: int = 2024
    days: int = 7
    hosts: int = SMALLEST
    events: int = 60_000
    attack: bool = True
    start: dt.date = dt.date(2024, 6, 3)

    def __post_init__(self) -> None:
        for name, least in (("days", 1), ("hosts", SMALLEST), ("events", 0)):
            if getattr(self, name) < least:
                raise UsageError(f"must be {least} or more", where=f"--{name}")


@dataclass(frozen=True, slots=True, order=True)
class Trace:
    """One event that a step left behind.

    Args:
        source: file, relative to the range's folder, with ``/``.
        record: EventRecordID, or the 1-based line.
    """

    source: str
    record: int
    channel: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the intrusion and all that it left in the logs.

    Args:
        technique: ATT&CK id.
        time: of its first event, ISO 8601 in UTC.
        behaviour: where the behaviour is described in public.
    """

    name: str
    technique: str
    host: str
    time: str
    description: str
    behaviour: str
    events: tuple[Trace, ...]


@dataclass(frozen=True, slots=True)
class RangeReport:
    """What was written.

    Args:
        folder: that holds it.
        files: written, ``truth.json`` apart.
        events: in all of them.
        size: of the files in bytes.
        steps: of the intrusion; empty without one.
    """

    folder: Path
    files: int
    events: int
    size: int
    steps: tuple[Step, ...]
