"""Ids of the STIX extensions that are ours (STIX 2.1, section 7.3): fixed, never minted again."""

from typing import Final

DEFENCE: Final = "extension-definition--a06ccea0-9587-4136-aaa5-347d5015b975"
"""Defines the type of object that holds defence which is no Sigma rule."""
SIGNATURE: Final = "extension-definition--d23e1ff7-6b3d-4e2f-9c0c-5c8f0d1f3a64"
"""Defines the property that holds a signature."""
