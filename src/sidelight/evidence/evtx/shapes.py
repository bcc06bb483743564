"""Elements that are spelled out, as shapes: what has been read of them so far.

A shape stands for all texts of markup that lead to the same open elements; a token leads from one
shape to the next. Each way is worked out once in a process.
"""

from dataclasses import field, replace
from typing import Final, TypeAlias

from sidelight.evidence.evtx.memory import Memory
from sidelight.evidence.evtx.naming import Path
from sidelight.values import dataclass

OPEN: Final = 1
ATTRIBUTE: Final = 2
TEXT: Final = 3
CONTENT: Final = 4
CLOSE: Final = 5
TEXT_CLOSE: Final = 6
TEXT_CONTENT: Final = 7
"""A text and the token behind it, taken in one."""

NOTHING: Final = 0
SPAN: Final = 1
EMPTY: Final = 2

_DEPTH: Final = 32
_KEPT: Final = 30_000

FieldKey: TypeAlias = tuple[bool, str]


@dataclass(frozen=True, slots=True)
class _Element:
    name: str
    label: str
    holds: int = NOTHING
    """`SPAN` for a text, `EMPTY` for elements."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Elements that are open.

    Args:
        above: path of the element that stands around the markup.
        stack: the open elements, outermost first.
        section: the element below the root that they are in.
        attribute: the one whose text comes next; empty for the element's own.
        used: whether the attribute had a text.
    """

    above: Path
    stack: tuple[_Element, ...] = ()
    section: str = ""
    attribute: str = ""
    used: bool = False

    @property
    def depth(self) -> int:
        """How many elements are open."""
        return len(self.above) + len(self.stack)

    @property
    def naming(self) -> bool:
        """Whether the next text names a field."""
        deep = self.depth > 2 and self.section != "System"
        return deep and self.attribute == "Name" and not self.used


@dataclass(frozen=True, slots=True)
class Step:
    """Where a token leads: the next shape, and which field its text fills."""

    shape: Shape
    key: FieldKey | None = None
    form: int = NOTHING


def follow(shape: Shape, token: int, symbol: str) -> Step | None:
    """Take one token; None where only the plain decoder knows what it means.

    *symbol* is the name of an element or attribute, or the text that names a field.
    """
    if token == OPEN:
        return _open(shape, symbol)
    if not shape.stack:
        return None
    match token:
        case 2:
            return Step(replace(shape, attribute=symbol, used=False)) if symbol else None
        case 3:
            return _attribute(shape, symbol) if shape.attribute else _text(shape)
        case 4:
            return Step(replace(shape, attribute=""))
    return _close(shape)


def _open(shape: Shape, name: str) -> Step | None:
    stack = shape.stack
    if not name or shape.depth >= _DEPTH or (stack and stack[-1].holds == SPAN):
        return None
    if stack:
        stack = (*stack[:-1], replace(stack[-1], holds=EMPTY))
    section = name if shape.depth == 1 else shape.section
    stack = (*stack, _Element(name, name.replace(" ", "") or name))
    return Step(Shape(shape.above, stack, section))


def _attribute(shape: Shape, symbol: str) -> Step | None:
    if shape.used:
        return None
    element = shape.stack[-1]
    used = replace(shape, used=True)
    if shape.naming:
        named = replace(element, label=symbol or element.label)
        return Step(replace(used, stack=(*shape.stack[:-1], named)))
    if shape.depth > 2 and shape.section == "System":
        return Step(used, (True, f"{element.name}_{shape.attribute}"), SPAN)
    return Step(used)


def _text(shape: Shape) -> Step | None:
    element = shape.stack[-1]
    if element.holds != NOTHING:
        return None
    following = replace(shape, stack=(*shape.stack[:-1], replace(element, holds=SPAN)))
    return Step(following, key, SPAN) if (key := _key(shape)) else Step(following)


def _close(shape: Shape) -> Step:
    following = Shape(shape.above, shape.stack[:-1], shape.section)
    key = _key(shape)
    if key and not key[0] and shape.stack[-1].holds == NOTHING:
        return Step(following, key, EMPTY)
    return Step(following)


def _key(shape: Shape) -> FieldKey | None:
    element = shape.stack[-1]
    if shape.depth < 3 or (shape.section == "RenderingInfo" and element.name != "Message"):
        return None
    return shape.section == "System", element.label


def _step(shape: Shape, token: int, symbol: str) -> Step | None:
    if token < TEXT_CLOSE:
        return follow(shape, token, symbol)
    text = follow(shape, TEXT, symbol)
    if text is None:
        return None
    after = follow(text.shape, CLOSE if token == TEXT_CLOSE else CONTENT, "")
    if after is None or (text.key and after.key):
        return None
    return Step(after.shape, text.key or after.key, text.form or after.form)


@dataclass(slots=True)
class Shapes:
    """All shapes met so far, by number.

    Args:
        memory: `ways` for those who ask for many together.
    """

    shapes: list[Shape] = field(default_factory=list)
    numbers: dict[Shape, int] = field(default_factory=dict)
    naming: set[int] = field(default_factory=set)
    keys: list[FieldKey] = field(default_factory=list)
    key_numbers: dict[FieldKey, int] = field(default_factory=dict)
    symbols: list[str] = field(default_factory=lambda: [""])
    symbol_numbers: dict[str, int] = field(default_factory=lambda: {"": 0})
    labels: dict[bytes, int] = field(default_factory=dict)
    ways: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)

    @property
    def full(self) -> bool:
        """Whether it is time to begin anew, lest a hostile log fill the memory."""
        sizes = (len(self.shapes), len(self.symbols), len(self.labels), len(self.ways))
        return max(sizes) > _KEPT

    def number(self, shape: Shape) -> int:
        """Give the number of *shape*."""
        known = self.numbers.get(shape)
        if known is None:
            known = self.numbers[shape] = len(self.shapes)
            self.shapes.append(shape)
            if shape.naming:
                self.naming.add(known)
        return known

    def symbol(self, text: str) -> int:
        """Give the number of a name."""
        known = self.symbol_numbers.get(text)
        if known is None:
            known = self.symbol_numbers[text] = len(self.symbols)
            self.symbols.append(text)
        return known

    def way(self, packed: int) -> tuple[int, int, int]:
        """Give next shape, field and form for a shape, token and symbol in one number.

        The shape is -1 where the way is closed.
        """
        known = self.ways.get(packed)
        if known is None:
            shape = self.shapes[packed >> 35]
            step = _step(shape, (packed >> 32) & 7, self.symbols[packed & 0xFFFFFFFF])
            known = self.ways[packed] = (-1, 0, 0) if step is None else self._way(step)
        return known

    def _way(self, step: Step) -> tuple[int, int, int]:
        if step.key is None:
            return self.number(step.shape), 0, NOTHING
        number = self.key_numbers.setdefault(step.key, len(self.keys))
        if number == len(self.keys):
            self.keys.append(step.key)
        return self.number(step.shape), number, step.form
