"""TLP markings by the names that people write.

Source: FIRST, Traffic Light Protocol 2.0; its five STIX definitions are fixed instances
(OASIS cti-stix-common-objects), and so are those of TLP 1.0 (STIX 2.1, 7.2.1.4).
"""

from collections.abc import Iterable, Mapping
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
FIRST_VERSION: Final[Mapping[str, Marking]] = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
}
_LABELS: Final[Mapping[str, str]] = {
    **{identity: label for label, identity in MARKINGS.items()},
    **FIRST_VERSION,
}
_ORDER: Final = tuple(str(each) for each in MARKINGS)
_NAMED: Final = {str(name): identity for name, identity in MARKINGS.items()}


def label(marking: Marking) -> str:
    """Spell a marking as FIRST wants it shown."""
    return f"TLP:{marking.upper()}"


def marking_named(tag: str) -> str:
    """Give the id of the TLP 2.0 marking that *tag* names in any case, or nothing."""
    name = tag.strip().casefold().removeprefix("tlp:")
    return _NAMED.get("clear" if name == "white" else name, "")


def strictest(identities: Iterable[str]) -> str:
    """Give the strictest TLP label among marking definitions, or nothing where none is TLP's."""
    return strictest_label(f"TLP:{_LABELS[each].upper()}" for each in identities if each in _LABELS)


def strictest_label(labels: Iterable[str]) -> str:
    """Give the strictest of TLP labels, of which empty ones do not count, or nothing."""
    known = [label for label in labels if label]
    return max(known, key=lambda each: _ORDER.index(each.lower().removeprefix("tlp:")), default="")
