"""One event in full, from its record."""

from dataclasses import field
from typing import Final, TypeAlias

from sidelight.evidence.evtx.binxml import (
    Chunk,
    Element,
    Instance,
    Parser,
    Part,
    Slot,
    Value,
    spell,
)
from sidelight.evidence.evtx.binxml import nested as parse_nested
from sidelight.evidence.evtx.naming import ROOT, Leaf, Path, leaves_of
from sidelight.evidence.evtx.values import BINXML, DamageError
from sidelight.evidence.rows import clean
from sidelight.schema import Event
from sidelight.values import dataclass

_FIELDS: Final = 20_000
"""How many fields are decoded: values within values can multiply without end."""

Text: TypeAlias = str | list[str] | None


@dataclass(slots=True)
class Fields:
    """What a record says: its System element apart from its data."""

    system: Event = field(default_factory=dict)
    data: Event = field(default_factory=dict)
    spent: int = 0

    def event(self) -> Event:
        """Lay the data over System; a field of both keeps the data's."""
        return self.system | self.data


def decode_record(chunk: Chunk, start: int, stop: int) -> Fields:
    """Decode the Binary XML of a record between two offsets of its chunk.

    Raises:
        DamageError: it is none.
    """
    fields = Fields()
    _fill(fields, chunk, Parser(chunk, start, stop, dependent=False).fragment(), ROOT, (), 0)
    return fields


def _fill(  # noqa: PLR0913
    fields: Fields,
    chunk: Chunk,
    parts: list[Part],
    path: Path,
    values: tuple[Value, ...],
    depth: int,
) -> None:
    for leaf in leaves_of(parts, path):
        fields.spent += 1
        if fields.spent > _FIELDS:
            raise DamageError("an event has too many fields")
        name = leaf.name
        if leaf.dynamic:
            text = _join([_resolve(chunk, part, values) for part in leaf.dynamic])
            name = clean(text if isinstance(text, str) else "").replace(" ", "") or name
        texts: list[Text] = []
        deep = False
        for part in leaf.parts:
            match part:
                case Instance():
                    _fill(fields, chunk, part.tree, leaf.path, part.values, depth + 1)
                    deep = True
                case Slot(index) if index < len(values) and values[index].kind == BINXML:
                    if values[index].size:
                        tree = parse_nested(chunk, values[index], depth + 1)
                        _fill(fields, chunk, tree, leaf.path, (), depth + 1)
                    deep = True
                case _:
                    texts.append(_resolve(chunk, part, values))
        if name and not deep:
            _put(fields, leaf, name, _join(texts))


def _resolve(chunk: Chunk, part: Part, values: tuple[Value, ...]) -> Text:
    match part:
        case str():
            return part
        case Slot(index):
            return spell(chunk, values[index]) if index < len(values) else None
        case Element() | Instance():
            raise DamageError("an element stands where a text belongs")


def _join(texts: list[Text]) -> Text:
    if len(texts) == 1:
        return texts[0]
    known = [text for text in texts if text is not None]
    if not known:
        return None
    return "".join("".join(text) if isinstance(text, list) else text for text in known)


def _put(fields: Fields, leaf: Leaf, name: str, text: Text) -> None:
    target = fields.system if leaf.system else fields.data
    cell = [clean(item) for item in text] if isinstance(text, list) else text
    if isinstance(cell, str):
        cell = clean(cell)
    elif isinstance(cell, list) and len(cell) == 1:
        cell = cell[0]
    add_field(target, name, cell)


def add_field(target: Event, name: str, cell: Text) -> None:
    """Add a cell to a field, which thereby may get several values.

    An unnamed Data keeps its empty slots; any other null is absent.
    """
    if name == "Data" and cell is None:
        cell = ""
    if cell is None or cell == []:
        return
    known = target.get(name)
    if known is None:
        target[name] = cell
    else:
        before = known if isinstance(known, list) else [known]
        target[name] = [*before, *(cell if isinstance(cell, list) else [cell])]
