"""How the values of rules are read, where their author left it open."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final, TypeAlias

from sidelight.values import dataclass

Placeholders: TypeAlias = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the user says of all rules.

    Args:
        placeholders: values for ``%name%``.
        empty_is_null: null means an empty text, too. The specification keeps them apart (2.1,
            "Special Field Values"), but some rules say null of fields that are there and empty.
    """

    placeholders: Placeholders = field(default_factory=dict)
    empty_is_null: bool = False


AS_WRITTEN: Final = Reading()
