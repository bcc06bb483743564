"""Records that spell out their elements instead of using a template.

Forwarded and exported events are written so. Their texts are found here without being decoded;
whatever is not the plain form (an element with one text or none) is left to `binxml`.
"""

import struct
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sidelight.evidence.evtx.chunks import SIZE
from sidelight.evidence.evtx.instances import FieldKey, Layout, Spans
from sidelight.evidence.evtx.naming import Path
from sidelight.evidence.evtx.templates import Ints
from sidelight.evidence.evtx.values import STRING
from sidelight.evidence.rows import clean

_U16: Final = struct.Struct("<H").unpack_from
_U32: Final = struct.Struct("<I").unpack_from
_DEPTH: Final = 32


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet."""

    name: str
    label: str
    start: int = -1
    size: int = 0
    holder: bool = False


@dataclass(slots=True)
class _Scan:
    data: bytes
    names: dict[int, str] = field(default_factory=dict)
    labels: dict[bytes, str] = field(default_factory=dict)
    found: list[tuple[FieldKey, int, int]] = field(default_factory=list)

    def elements(self, path: Path, start: int, stop: int) -> bool:
        """Find the texts of elements below *path*; False where they are not of the plain form."""
        self.found = []
        try:
            return self._elements(path, start, stop)
        except (struct.error, IndexError):
            return False

    def _elements(self, path: Path, at: int, stop: int) -> bool:
        base = at & -SIZE
        data = self.data
        stack: list[_Open] = []
        above = len(path)
        section, attribute = path[1] if above > 1 else "", ""
        while at < stop:
            token = data[at]
            if token in {0x01, 0x41}:
                name, at = self._name(at + 5, base, 4 * (token == 0x41))
                if not name or above + len(stack) >= _DEPTH:
                    return False
                if stack:
                    stack[-1].holder = True
                if above + len(stack) == 1:
                    section = name
                stack.append(_Open(name, name.replace(" ", "") or name))
                attribute = ""
            elif token in {0x06, 0x46}:
                attribute, at = self._name(at + 1, base, 0)
                if not attribute or not stack:
                    return False
            elif token in {0x05, 0x45}:
                size = 2 * int(_U16(data, at + 2)[0])
                start, at = at + 4, at + 4 + size
                if data[start - 3] != 0x01 or at > stop or not stack:
                    return False
                if not attribute:
                    if stack[-1].start >= 0:
                        return False
                    stack[-1].start, stack[-1].size = start, size
                elif above + len(stack) > 2 and not self._attribute(
                    stack, section, attribute, start, size
                ):
                    return False
            elif token in {0x02, 0x03, 0x04}:
                at += 1
                attribute = ""
                if token != 0x02:
                    if not stack:
                        return False
                    self._close(stack, section, above)
            else:
                break
        return not stack and (at >= stop or data[at] == 0)

    def _name(self, at: int, base: int, more: int) -> tuple[str, int]:
        """Read the name that is pointed to at *at*, and give where the next token is."""
        data = self.data
        place = base + int(_U32(data, at)[0])
        name = self.names.get(place)
        if name is None:
            name = ""
            if place - base <= SIZE - 8:
                end = place + 8 + 2 * int(_U16(data, place + 6)[0])
                if end - base <= SIZE:
                    name = data[place + 8 : end].decode("utf-16-le", "replace")
            name = self.names[place] = name.rpartition(":")[2]
        at += 4
        if place == at:
            at += 10 + 2 * int(_U16(data, place + 6)[0])
        return name, at + more

    def _attribute(
        self, stack: list[_Open], section: str, attribute: str, start: int, size: int
    ) -> bool:
        """Use an attribute; False where it comes in two parts."""
        element = stack[-1]
        if section == "System":
            key = (True, f"{element.name}_{attribute}")
            if self.found and self.found[-1][0] == key:
                return False
            self.found.append((key, start, size))
        elif attribute == "Name" and size:
            raw = self.data[start : start + size]
            label = self.labels.get(raw)
            if label is None:
                text = raw.decode("utf-16-le", "replace").partition("\0")[0]
                label = self.labels[raw] = clean(text).replace(" ", "")
            element.label = label or element.label
        return True

    def _close(self, stack: list[_Open], section: str, above: int) -> None:
        element = stack.pop()
        if element.holder or above + len(stack) < 2:
            return
        if section == "RenderingInfo" and element.name != "Message":
            return
        system = section == "System"
        if element.start >= 0:
            self.found.append(((system, element.label), element.start, element.size))
        elif not system:
            self.found.append(((False, element.label), 0, 0))


def lay_out_inline(data: bytes, layout: Layout) -> None:
    """Add the texts of bare elements to the fields of *layout*."""
    scan = _Scan(data)
    fields: dict[FieldKey, list[tuple[int, int, int]]] = {}
    for path, row, start, stop in layout.bare:
        if layout.odd[row]:
            continue
        if not scan.elements(path, start, stop):
            layout.odd[row] = True
            continue
        for key, place, size in scan.found:
            fields.setdefault(key, []).append((row, place, size))
    for key, spans in fields.items():
        table = np.array(spans, np.int64)
        kinds = np.full(len(table), STRING, np.uint8)
        rows: Ints = np.ascontiguousarray(table[:, 0])
        layout.fields.setdefault(key, []).append(Spans(rows, table[:, 1], table[:, 2], kinds))
