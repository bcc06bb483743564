"""All importers, and which of them understands a document: its content tells, not its name."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from sidelight.intel.fields import JsonObject
from sidelight.intel.importers.bundle import bundle_version, is_bundle, read_bundle
from sidelight.intel.importers.fight import fight_version, is_fight, read_fight
from sidelight.intel.importers.galaxy import galaxy_version, is_galaxy, read_galaxy
from sidelight.intel.importers.misp_event import event_version, is_event, read_event
from sidelight.intel.stix import Refusal, StixObject
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Importer:
    """How one kind of document is read.

    Args:
        title: what it is called to a person.
        revision: counts up when the importer makes other objects of the same document, so that
            documents are read anew.
        recognise: whether a document is of this kind.
        version: which issue of the catalogue it is, as far as it tells.
        read: its objects, checked, and what is refused; the second argument is the STIX
            timestamp of now, for documents that date nothing.
    """

    title: str
    revision: int
    recognise: Callable[[object], bool]
    version: Callable[[JsonObject], str]
    read: Callable[[JsonObject, str], Iterator[StixObject | Refusal]]


_Read = Callable[[JsonObject], Iterator[StixObject | Refusal]]


def _dated(read: _Read) -> Callable[[JsonObject, str], Iterator[StixObject | Refusal]]:
    """Let an importer be whose documents say themselves how new they are."""
    return lambda value, at: read(value)


IMPORTERS: Final[Mapping[str, Importer]] = {
    "stix": Importer("STIX 2.0 or 2.1", 1, is_bundle, bundle_version, _dated(read_bundle)),
    "misp-galaxy": Importer("MISP galaxy", 1, is_galaxy, galaxy_version, _dated(read_galaxy)),
    "misp-event": Importer("MISP event", 1, is_event, event_version, _dated(read_event)),
    "fight": Importer("MITRE FiGHT", 1, is_fight, fight_version, read_fight),
}


def recognised(value: object) -> str | None:
    """Name the importer that understands *value*, None where none does."""
    return next((name for name, each in IMPORTERS.items() if each.recognise(value)), None)
