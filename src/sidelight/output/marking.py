"""TLP 2.0: who may see what is written.

Source: FIRST, Traffic Light Protocol 2.0; OASIS cti-stix-common-objects, extension definition
"TLP 2.0", whose five marking definitions are fixed instances: their ids are never made anew.
"""

from typing import Final

from sidelight.intel.markings import MARKINGS, Marking

__all__ = ["EXTENSION", "MARKINGS", "Marking", "label"]

EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"


def label(marking: Marking) -> str:
    """Spell a marking as FIRST wants it shown."""
    return f"TLP:{marking.upper()}"
