"""How an event is read out of objects that are all built alike.

It says for all of them at once what `sidelight.evidence.json.record` finds out of each: which
shape they have, and what becomes of each of their values.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final, TypeAlias

from sidelight.evidence.json.activities import PRODUCTS
from sidelight.evidence.json.record import STREAMED, own_name
from sidelight.evidence.json.shapes import FLAT, RESULTS, SHAPES, XML_FIELDS, XML_MESSAGES, Shape
from sidelight.schema import SEPARATOR, Kind
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where in objects a value lies that is no object itself.

    Args:
        path: names down to it, joined with dots.
        part: number of the object that holds it: 0 for the outermost.
        name: in that object.
        type: of the values.
    """

    path: str
    part: int
    name: str
    type: type


Fields: TypeAlias = tuple[tuple[str, Leaf], ...]
"""Names of fields and where they lie."""

Doubt: TypeAlias = tuple[tuple[Leaf, Callable[[str], bool]], ...]
"""Where all of these hold, a line may be something else."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """How a Windows event is read.

    Args:
        number: of its shape.
        fields: under the names they have in the event.
        channel: the first of these that is not empty; also *event_id*.
        host: names the computer.
        times: the first of these that is a time.
        doubts: what makes a line something else.
        checked: leaves with values that may not be plain.
        firm: lists of which it matters whether they are empty.
        chosen: those of the fields that are wanted of a kind, and where a word may be.
    """

    number: int
    fields: Fields
    channel: tuple[Leaf, ...]
    event_id: tuple[Leaf, ...]
    host: Leaf | None
    times: tuple[Leaf, ...]
    doubts: tuple[Doubt, ...]
    checked: tuple[Leaf, ...]
    firm: frozenset[str]
    chosen: dict[tuple[Kind, bool], Fields] = field(default_factory=dict)


_Leaves: TypeAlias = Mapping[str, Leaf]

_CHECKED: Final = frozenset({float, list})
"""Types of values of which only some are plain."""

_OTHERS: Final = (*(each.marks for each in RESULTS), *(each.marks for each in PRODUCTS))
_DECIDING: Final = frozenset[str]().union(
    *(marks for marks in _OTHERS),
    *(shape.marks for shape in SHAPES),
    *(shape.channel + shape.event_id + shape.host + shape.time for shape in SHAPES),
    XML_FIELDS,
    XML_MESSAGES,
    ("category", "__REALTIME_TIMESTAMP"),
)


def is_plain(shape: Shape) -> bool:
    """Tell whether its fields are nothing but fields of the record."""
    texts = shape.data_xml or shape.data_json or shape.unnamed or shape.message
    return not texts and not shape.fixed


def layout_of(leaves: Sequence[Leaf]) -> Layout | None:
    """Lay out objects with these values; None where each has to be looked at by itself."""
    paths = {leaf.path: leaf for leaf in leaves}
    if len(paths) < len(leaves) or any(SEPARATOR in path for path in paths):
        return None
    if any(paths[path].type in _CHECKED for path in _DECIDING & paths.keys()):
        return None
    doubts: list[Doubt] = []
    try:
        doubts += _others(paths)
        number = _shape(paths, doubts)
        fields = _named(SHAPES[number], paths)
    except _UnclearError:
        return None
    shape = SHAPES[number]
    return Layout(
        number=number,
        fields=tuple(fields.items()),
        channel=_those(paths, shape.channel),
        event_id=_those(paths, shape.event_id),
        host=next(iter(_those(paths, shape.host)), None),
        times=_those(paths, shape.time),
        doubts=tuple(doubts),
        checked=tuple(leaf for leaf in leaves if leaf.type in _CHECKED),
        firm=frozenset(leaf.path for leaf in leaves if _is_firm(shape, leaf)),
    )


class _UnclearError(Exception):
    """What these objects are takes more than their names."""


def _those(leaves: _Leaves, paths: tuple[str, ...]) -> tuple[Leaf, ...]:
    return tuple(leaves[path] for path in paths if path in leaves)


def _others(paths: _Leaves) -> Iterator[Doubt]:
    """Yield what may make the line something else than a Windows event of a known shape."""
    if "__REALTIME_TIMESTAMP" in paths:
        raise _UnclearError
    for marks in _OTHERS:
        if paths.keys() >= marks.keys():
            yield _doubt(paths, marks)
    bare = not paths.keys() >= FLAT.marks.keys()
    for name in XML_FIELDS + XML_MESSAGES if bare else XML_FIELDS:
        if name in paths:
            yield ((paths[name], _is_xml),)
    if "category" in paths:
        yield ((paths["category"], _is_streamed),)


def _doubt(paths: _Leaves, marks: Mapping[str, frozenset[str]]) -> Doubt:
    tests = tuple((paths[path], allowed.__contains__) for path, allowed in marks.items() if allowed)
    if not tests:
        raise _UnclearError
    return tests


def _is_xml(text: str) -> bool:
    return "<Event" in text


def _is_streamed(text: str) -> bool:
    return text.startswith(STREAMED)


def _shape(paths: _Leaves, doubts: list[Doubt]) -> int:
    """Give the number of the shape; before it may come others, which are *doubts*."""
    for number, shape in enumerate(SHAPES):
        if paths.keys() >= shape.marks.keys():
            if any(shape.marks.values()):
                doubts.append(_doubt(paths, shape.marks))
            elif is_plain(shape):
                return number
            else:
                break
    raise _UnclearError


def _named(shape: Shape, paths: _Leaves) -> dict[str, Leaf]:
    """Give the fields of the event, as `record.of_shape` names them."""
    event: dict[str, Leaf] = {}
    for path, leaf in paths.items():
        name = own_name(shape, path)
        if name in event:
            raise _UnclearError
        if name or not shape.places:
            event[name] = leaf
    for source, target in shape.renames.items():
        if source in paths and target not in event:
            event[target] = paths[source]
            if not shape.places:
                del event[source]
    return event


def _is_firm(shape: Shape, leaf: Leaf) -> bool:
    """Tell whether another field is named otherwise where this one has no value."""
    if leaf.type is not list:
        return False
    return leaf.path in shape.renames or own_name(shape, leaf.path) in shape.renames.values()
