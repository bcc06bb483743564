"""Epochs of private set intersection, what was asked in them, and tables of counts: the values."""

from sidelight.exchange.instants import Instant
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Epoch:
    """A stretch of time with a key of its own.

    Args:
        quota: values that an organisation may ask about until *ends*.
        circles: ids of those whose members may ask over the network; with none, nobody may.
    """

    id: str
    key: bytes
    setup: bytes
    begun: Instant
    ends: Instant
    quota: int
    circles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asked about so many values."""

    epoch: str
    organisation: str
    person: str
    at: Instant
    items: int


@dataclass(frozen=True, slots=True)
class Overdrawn:
    """It is more than may be asked about; *left* still may."""

    left: int


@dataclass(frozen=True, slots=True)
class Release:
    """The table of a day, as it is published, and how many members it was made of."""

    document: bytes
    members: int
