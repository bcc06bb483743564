"""Sectors by the names that catalogues and reports give them."""

from collections.abc import Mapping
from typing import Final

TELECOM: Final = "telecommunications"

_SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    # industry-sector-ov of STIX 2.1 (10.10): what else it is called
    "aerospace": ("space",),
    "automotive": ("automotive industry",),
    "defense": ("defence", "military", "defense contractor", "defense industrial base"),
    "education": ("universities", "academia - university", "academia"),
    "energy": ("oil", "gas", "petroleum", "electric"),
    "entertainment": ("gaming", "media and entertainment"),
    "financial-services": ("finance", "financial", "financial services", "bank", "banking"),
    "government": (
        "government administration",
        "government, administration",
        "government institutions",
        "government agencies and services",
        "public sector",
    ),
    "healthcare": ("health", "medical"),
    "manufacturing": ("critical manufacturing",),
    "non-profit": ("ngos", "non-profit organisation"),
    "pharmaceuticals": ("pharmacy",),
    "technology": ("information technology", "high-tech", "high tech"),
    TELECOM: ("telecoms", "telecomms", "telecom", "telecommunication"),
    "transportation": ("transportation systems", "rail", "logistics", "aviation", "maritime"),
}
_SECTORS: Final = {name: key for key, names in _SPELLINGS.items() for name in names}


def sector_named(name: str) -> str:
    """Spell a sector as STIX 2.1 does where it has the sector, else in lower case."""
    plain = " ".join(name.split()).casefold()
    return _SECTORS.get(plain, plain.replace(" ", "-"))
