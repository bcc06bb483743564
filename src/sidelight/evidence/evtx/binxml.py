"""Binary XML parsed one token at a time: the plain, slow and complete way.

Everything is relative to a chunk, whose names and template definitions records share. What a
parse gives is a tree; substitutions stay in it as slots until values are put in.

Source: MS-EVEN6 2.2.12 (grammar); the libevtx documentation, chapters Binary XML and Template.
"""

import struct
from dataclasses import field
from typing import Final, TypeAlias

from sidelight.evidence.evtx.values import BINXML, DamageError, text_of
from sidelight.evidence.rows import clean
from sidelight.values import dataclass

DEPTH: Final = 32
"""How deep elements and templates may nest."""

_U16: Final = struct.Struct("<H").unpack_from
_U32: Final = struct.Struct("<I").unpack_from
ENTITY_TEXTS: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
"""What the entities of XML 1.0 stand for."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a template takes its *index*-th value."""

    index: int


@dataclass(slots=True)
class Element:
    """An element: a child is text, a slot, an element or the instance of a template."""

    name: str
    attributes: list[tuple[str, list["Part"]]] = field(default_factory=list)
    children: list["Part"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a template is filled with."""

    kind: int
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Instance:
    """A template together with its values."""

    tree: list["Part"]
    values: tuple[Value, ...]


Part: TypeAlias = str | Slot | Element | Instance


@dataclass(slots=True)
class Chunk:
    """The bytes of one chunk, and the definitions already parsed.

    Args:
        data: at most 64 KB, offset 0 being the chunk's own start.
    """

    data: bytes
    definitions: dict[int, list[Part]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    pointers: list[tuple[int, int]] | None = None

    def name(self, offset: int) -> str:
        """Read the name at *offset*.

        Raises:
            DamageError: there is none.
        """
        known = self.names.get(offset)
        if known is None:
            size = 2 * self.u16(offset + 6)
            raw = self.data[offset + 8 : offset + 8 + size]
            if not size or len(raw) < size:
                raise DamageError(f"there is no name at {offset}")
            known = self.names[offset] = clean(raw.decode("utf-16-le", "replace"))
        return known

    def u16(self, offset: int) -> int:
        """Read two bytes."""
        if offset + 2 > len(self.data):
            raise DamageError("the chunk ends too early")
        return int(_U16(self.data, offset)[0])

    def u32(self, offset: int) -> int:
        """Read four bytes."""
        if offset + 4 > len(self.data):
            raise DamageError("the chunk ends too early")
        return int(_U32(self.data, offset)[0])


@dataclass(slots=True)
class Parser:
    """Reads tokens of a chunk from *position* to *stop*.

    Args:
        dependent: whether elements carry a dependency identifier, as in definitions.
    """

    chunk: Chunk
    position: int
    stop: int
    dependent: bool
    depth: int = 0

    def fragment(self) -> list[Part]:
        """Parse up to the end token or the end.

        Raises:
            DamageError: this is no Binary XML.
        """
        parts: list[Part] = []
        while self.position < self.stop:
            token = self._byte()
            if token == 0x00:
                break
            self._content(token, parts)
        return parts

    def _byte(self) -> int:
        if self.position >= self.stop:
            raise DamageError("Binary XML ends too early")
        self.position += 1
        return self.chunk.data[self.position - 1]

    def _u16(self) -> int:
        self.position += 2
        return self.chunk.u16(self.position - 2)

    def _u32(self) -> int:
        self.position += 4
        return self.chunk.u32(self.position - 4)

    def _name(self) -> str:
        pointer = self.position
        offset = self._u32()
        if self.chunk.pointers is not None:
            self.chunk.pointers.append((pointer, offset))
        name = self.chunk.name(offset)
        if offset == self.position:
            self.position += 10 + 2 * self.chunk.u16(offset + 6)
        return name

    def _chars(self) -> str:
        size = 2 * self._u16()
        self.position += size
        if self.position > self.stop:
            raise DamageError("a text is longer than what holds it")
        return self.chunk.data[self.position - size : self.position].decode("utf-16-le", "replace")

    def _content(self, token: int, parts: list[Part]) -> None:
        match token & 0xBF:
            case 0x01:
                parts.append(self._element(token))
            case 0x0C:
                parts.append(self._instance())
            case 0x0F:
                self.position += 3
            case 0x0A:
                self._name()
            case 0x0B:
                self._chars()
            case _:
                parts.append(self._text(token))

    def _text(self, token: int) -> Part:
        match token & 0xBF:
            case 0x05:
                if self._byte() != 0x01:
                    raise DamageError("a text is of no known type")
                return self._chars().partition("\0")[0]
            case 0x07:
                return self._chars()
            case 0x08:
                return chr(self._u16()).encode("utf-8", "replace").decode()
            case 0x09:
                name = self._name()
                return ENTITY_TEXTS.get(name, f"&{name};")
            case 0x0D | 0x0E:
                slot = Slot(self._u16())
                self._byte()
                return slot
        raise DamageError(f"there is no token 0x{token:02x}")

    def _element(self, token: int) -> Element:
        if self.depth >= DEPTH:
            raise DamageError("elements nest too deep")
        self.depth += 1
        self.position += 6 if self.dependent else 4
        element = Element(self._name().rpartition(":")[2])
        if token & 0x40:
            self.position += 4
        self._attributes(element)
        self.depth -= 1
        return element

    def _attributes(self, element: Element) -> None:
        parts: list[Part] | None = None
        while True:
            token = self._byte()
            if token & 0xBF == 0x06:
                parts = []
                element.attributes.append((self._name().rpartition(":")[2], parts))
            elif token == 0x02:
                return self._children(element)
            elif token == 0x03:
                return None
            elif parts is None:
                raise DamageError("a value stands before its attribute")
            else:
                parts.append(self._text(token))

    def _children(self, element: Element) -> None:
        while (token := self._byte()) != 0x04:
            self._content(token, element.children)

    def _instance(self) -> Instance:
        if self.depth >= DEPTH:
            raise DamageError("templates nest too deep")
        self.position += 5
        offset = self._u32()
        inline = offset == self.position
        tree = definition(self.chunk, offset, self.depth + 1)
        if inline:
            self.position += 24 + self.chunk.u32(offset + 20)
        return Instance(tree, self._values())

    def _values(self) -> tuple[Value, ...]:
        count = self._u32()
        start = self.position + 4 * count
        if start > self.stop:
            raise DamageError("a template has more values than there are bytes")
        values = []
        for _ in range(count):
            size = self._u16()
            values.append(Value(self._byte(), start, size))
            self.position += 1
            start += size
        if start > self.stop:
            raise DamageError("a value is longer than its record")
        self.position = start
        return tuple(values)


def definition(chunk: Chunk, offset: int, depth: int = 0) -> list[Part]:
    """Parse the template definition at *offset*.

    Raises:
        DamageError: there is none.
    """
    known = chunk.definitions.get(offset)
    if known is None:
        stop = offset + 24 + chunk.u32(offset + 20)
        if stop > len(chunk.data):
            raise DamageError("a template definition reaches beyond its chunk")
        parser = Parser(chunk, offset + 24, stop, dependent=True, depth=depth)
        known = parser.fragment()
        if not known:
            raise DamageError(f"the template definition at {offset} is empty")
        chunk.definitions[offset] = known
    return known


def nested(chunk: Chunk, value: Value, depth: int) -> list[Part]:
    """Parse a value that is itself Binary XML.

    Raises:
        DamageError: it is not.
    """
    if depth >= DEPTH:
        raise DamageError("values nest too deep")
    return Parser(chunk, value.start, value.start + value.size, False, depth).fragment()


def spell(chunk: Chunk, value: Value) -> str | list[str] | None:
    """Spell a value that is not Binary XML.

    Raises:
        DamageError: it is not of its type.
    """
    if value.kind == BINXML:
        raise DamageError("Binary XML stands where a text belongs")
    return text_of(value.kind, chunk.data[value.start : value.start + value.size])
