"""Columns that events do not have as such, made of others, so that one rule fits two sources.

Sources: Sigma's ``registry_*`` and ``process_creation`` rules are written for Sysmon 12, 13 and 1;
Windows writes the same facts as Security 4657 and 4688 in other words (Microsoft, "4657(S)",
"4688(S)").
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from sidelight.schema import Column, Frame, encode
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a column is made.

    Args:
        inputs: names of the columns it is made of.
        make: turns their texts of one event, None where absent, into its text.
    """

    inputs: tuple[str, ...]
    make: Callable[..., str | None]


_HIVES: Final = (("\\REGISTRY\\MACHINE", "HKLM"), ("\\REGISTRY\\USER", "HKU"))


def _target_object(key: str | None, value: str | None) -> str | None:
    if key is None:
        return None
    for prefix, short in _HIVES:
        if key.upper().startswith(prefix):
            key = short + key[len(prefix) :]
            break
    return f"{key}\\{value}" if value and value != "-" else key


_OPERATIONS: Final = {"%%1904": "CreateKey", "%%1905": "SetValue", "%%1906": "DeleteValue"}
_INTEGRITY: Final = {
    "S-1-16-0": "Untrusted",
    "S-1-16-4096": "Low",
    "S-1-16-8192": "Medium",
    "S-1-16-8448": "Medium Plus",
    "S-1-16-12288": "High",
    "S-1-16-16384": "System",
}


def _integrity(label: str | None) -> str | None:
    """Give the label and its name: rules list either."""
    return label and "\0".join(dict.fromkeys((label, _INTEGRITY.get(label, label))))


DERIVED: Final[Mapping[str, Derivation]] = {
    "4657.targetobject": Derivation(("ObjectName", "ObjectValueName"), _target_object),
    "4657.details": Derivation(("NewValue",), lambda value: value),
    "4657.eventtype": Derivation(
        ("OperationType",), lambda value: value and _OPERATIONS.get(value, value)
    ),
    "4688.integritylevel": Derivation(
        ("MandatoryLabel",),
        _integrity,
    ),
}


def derive(name: str, frame: Frame) -> Column | None:
    """Make the column *name* (in lower case), or None where it cannot be made of *frame*."""
    recipe = DERIVED.get(name)
    if recipe is None:
        return None
    folded = {key.lower(): column for key, column in frame.columns.items()}
    inputs = [folded.get(each.lower()) for each in recipe.inputs]
    if inputs[0] is None:
        return None
    rows = np.stack(
        [np.full(len(frame), -1) if each is None else each.codes for each in inputs], axis=1
    )
    distinct, inverse = np.unique(rows, axis=0, return_inverse=True)
    texts = [[] if each is None else each.values.to_pylist() for each in inputs]
    cells = [
        recipe.make(
            *(None if code < 0 else text[code] for code, text in zip(row, texts, strict=True))
        )
        for row in distinct.tolist()
    ]
    made = encode(cells)
    return Column(made.codes[inverse.reshape(-1)].astype(np.int32), made.values)
