"""TLP 2.0: who may see what is written.

Source: FIRST, Traffic Light Protocol 2.0; OASIS cti-stix-common-objects, extension definition
"TLP 2.0", whose five marking definitions are fixed instances: their ids are never made anew.
"""

from sidelight.intel.markings import EXTENSION, MARKINGS, Marking, label

__all__ = ["EXTENSION", "MARKINGS", "Marking", "label"]
