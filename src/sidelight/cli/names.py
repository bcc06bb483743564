"""Names for the ids of a register, also for those that are in it no more."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sidelight.exchange.store.library import Library

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def names_of(library: "Library") -> dict[str, str]:
    """Name organisations, circles and collections by id, as they were called last."""
    found: dict[str, str] = {}
    for _, _, register in reversed(library.registers()):
        found |= {each.id: each.name for each in register.alliances.organisations.values()}
        found |= {each.id: each.name for each in register.alliances.circles.values()}
        found |= {each.id: each.title for each in register.collections}
    return found


def beside(text: str, names: Mapping[str, str]) -> str:
    """Put names before the ids in a text."""

    def put(match: "re.Match[str]") -> str:
        name = names.get(match[0])
        return f"{name} ({match[0]})" if name else match[0]

    return _UUID.sub(put, text)
