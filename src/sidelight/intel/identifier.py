"""Ids of things, the same in every import and on every machine.

What has a STIX id keeps it. What has only a number in a catalogue (``G0129``, ``FGT5042``,
``CVE-2023-20198``) or only a name gets a UUIDv5 (RFC 9562) over its type and that.
"""

import re
from typing import Final
from uuid import UUID, uuid5

_SPACE: Final = UUID("8a1d4f0e-0c5b-5b57-9f0e-6a2f0d4c7e91")
_STIX_ID: Final = re.compile(
    r"[a-z][a-z0-9-]{1,248}[a-z0-9]--"
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    re.ASCII,
)

SECTOR: Final = "identity"
"""Sectors are identities of the class ``class`` (STIX 2.1, 4.5 and 10.10)."""


def is_stix_id(text: str) -> bool:
    """Tell whether *text* is an identifier as STIX 2.1 section 2.9 has it."""
    return _STIX_ID.fullmatch(text) is not None


def type_of(identity: str) -> str:
    """Give the type that a STIX id names."""
    return identity.partition("--")[0]


def named_id(kind: str, *parts: str) -> str:
    """Name a thing of the STIX type *kind* by *parts*, which must tell it from all others."""
    return f"{kind}--{uuid5(_SPACE, chr(0).join((kind, *parts)))}"


def catalogue_id(kind: str, number: str) -> str:
    """Name a thing by its number in a catalogue, until its own STIX id is known.

    `sidelight.intel.knowledge.join` puts the STIX id in its place where some import has it.
    """
    return named_id(kind, "number", number.upper())


def sector_id(sector: str) -> str:
    """Name a sector, spelled as STIX 2.1's industry-sector-ov: ``telecommunications``."""
    return named_id(SECTOR, "sector", sector.lower())


def country_id(code: str) -> str:
    """Name a country by its ISO 3166-1 alpha-2 code: ``KR``."""
    return named_id("location", "country", code.upper())


def region_id(region: str) -> str:
    """Name a region, spelled as STIX 2.1's region-ov: ``south-eastern-asia``."""
    return named_id("location", "region", region.lower())


def vulnerability_id(cve: str) -> str:
    """Name a vulnerability by its CVE number."""
    return catalogue_id("vulnerability", cve)
