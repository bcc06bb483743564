"""TLP 2.0: who may see what is written.

Source: FIRST, Traffic Light Protocol 2.0; OASIS cti-stix-common-objects, extension definition
"TLP 2.0", whose five marking definitions are fixed instances: their ids are never made anew.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

Marking: TypeAlias = Literal["clear", "green", "amber", "amber+strict", "red"]

MARKINGS: Final[Mapping[Marking, str]] = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"


def label(marking: Marking) -> str:
    """Spell a marking as FIRST wants it shown."""
    return f"TLP:{marking.upper()}"
