"""Catalogues that collect what others say: who they are as STIX creators and as sources."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from sidelight.intel.identifier import named_id
from sidelight.intel.source import Source

ATTACK: Final = "identity--c78cb6e5-0c4b-4611-8297-d1b8b55e40b5"
"""The creator of ATT&CK's objects, as all its bundles have it."""

FIGHT: Final = named_id("identity", "catalogue", "mitre-fight")
GALAXY: Final = named_id("identity", "catalogue", "misp-galaxy")

NAMES: Final[Mapping[str, str]] = {
    FIGHT: "MITRE FiGHT",
    GALAXY: "MISP galaxy",
}
"""Creators that we had to give an identity."""

SOURCES: Final[Mapping[str, Source]] = {
    ATTACK: Source(
        "mitre-attack", "MITRE ATT&CK", "MITRE", url="https://attack.mitre.org", kind="catalogue"
    ),
    FIGHT: Source(
        "mitre-fight", "MITRE FiGHT", "MITRE", url="https://fight.mitre.org", kind="catalogue"
    ),
}
"""What a creator's objects are cited as."""

NUMBERED: Final = frozenset(
    {
        "capec",
        "cve",
        "gsma-motif",
        "mitre-attack",
        "mitre-fight",
        "mitre-ics-attack",
        "mitre-mobile-attack",
        "mitre-pre-attack",
    }
)
"""Sources of external references whose ids are numbers of a catalogue."""

UNRESOLVED: Final = "x-misp-cluster"
"""Type in ids of galaxy clusters that another file of the galaxy describes."""

_PUBLISHERS: Final[Mapping[str, str]] = {"MITRE": "MITRE", "GSMA": "GSMA"}


def galaxy_source(galaxy: str, title: str, authors: tuple[str, ...], url: str) -> Source:
    """Give the source that clusters of a galaxy are cited as: ``misp-galaxy:threat-actor``.

    A galaxy that only repeats MITRE or GSMA is theirs, so it is not independent of them.
    """
    known = (_PUBLISHERS[each] for each in authors if each in _PUBLISHERS)
    publisher = next(known, NAMES[GALAXY])
    link = url if url.startswith("http") else "https://github.com/MISP/misp-galaxy"
    return Source(f"misp-galaxy:{galaxy}", title, publisher, url=link, kind="catalogue")


def version_time(number: int) -> str:
    """Write a bare version number as the time that STIX asks for.

    The galaxy and FiGHT date nothing. So that later versions sort after earlier ones, the
    number stands as seconds after 1970 began.
    """
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z")
