"""Binary XML of Windows event logs, written: values, and templates that say what they mean.

Source: the libevtx documentation "Windows XML Event Log (EVTX)" (chapters Binary XML and Template
definition) and [MS-EVEN6] 2.2.12-2.2.17. A template here holds the whole event; values never hold
binary XML of their own.
"""

import struct
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from enum import IntEnum
from functools import lru_cache
from typing import Final, TypeAlias

from sidelight.values import dataclass

Value: TypeAlias = str | int | bool | bytes | None


class Type(IntEnum):
    """Value types ([MS-EVEN6] 2.2.12)."""

    TEXT = 0x01
    UINT8 = 0x04
    UINT16 = 0x06
    INT32 = 0x07
    UINT32 = 0x08
    INT64 = 0x09
    UINT64 = 0x0A
    BOOLEAN = 0x0D
    BINARY = 0x0E
    GUID = 0x0F
    FILETIME = 0x11
    SID = 0x13
    HEX32 = 0x14
    HEX64 = 0x15


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """One event of one provider: what is constant in it and which values vary.

    Args:
        guid: of the provider, in braces.
        fields: name and type of each datum, in order.
        wrapper: element inside ``UserData`` that holds the fields; empty for ``EventData``.
        user: SID of the account that logs; empty for none.
        process: id of the process that logs.
    """

    provider: str
    guid: str
    channel: str
    event_id: int
    fields: tuple[tuple[str, Type], ...]
    version: int = 0
    level: int = 4
    task: int = 0
    opcode: int = 0
    keywords: int = 0x8000000000000000
    wrapper: str = ""
    user: str = ""
    process: int = 4


@lru_cache(maxsize=65536)
def guid_bytes(text: str) -> bytes:
    """Give the 16 bytes of a GUID as Windows lays them out."""
    return uuid.UUID(text).bytes_le


@lru_cache(maxsize=4096)
def sid_bytes(text: str) -> bytes:
    """Give the bytes of a security identifier ([MS-DTYP] 2.4.2.2)."""
    _, revision, authority, *rest = text.split("-")
    head = bytes([int(revision), len(rest)]) + int(authority).to_bytes(6, "big")
    return head + struct.pack(f"<{len(rest)}I", *map(int, rest))


def _text(value: str) -> bytes:
    return value.encode("utf-16-le")


def _raw(value: bytes) -> bytes:
    return value


ENCODERS: Final[dict[Type, Callable[..., bytes]]] = {
    Type.TEXT: _text,
    Type.UINT8: struct.Struct("<B").pack,
    Type.UINT16: struct.Struct("<H").pack,
    Type.INT32: struct.Struct("<i").pack,
    Type.UINT32: struct.Struct("<I").pack,
    Type.INT64: struct.Struct("<q").pack,
    Type.UINT64: struct.Struct("<Q").pack,
    Type.BOOLEAN: struct.Struct("<I").pack,
    Type.BINARY: _raw,
    Type.GUID: guid_bytes,
    Type.FILETIME: struct.Struct("<Q").pack,
    Type.SID: sid_bytes,
    Type.HEX32: struct.Struct("<I").pack,
    Type.HEX64: struct.Struct("<Q").pack,
}


SYSTEM: Final[tuple[Type, ...]] = (
    Type.UINT16,  # 0 EventID
    Type.UINT8,  # 1 Version
    Type.UINT8,  # 2 Level
    Type.UINT16,  # 3 Task
    Type.UINT8,  # 4 Opcode
    Type.HEX64,  # 5 Keywords
    Type.FILETIME,  # 6 TimeCreated
    Type.UINT64,  # 7 EventRecordID
    Type.UINT32,  # 8 ProcessID
    Type.UINT32,  # 9 ThreadID
    Type.TEXT,  # 10 Computer
    Type.SID,  # 11 UserID
)
"""The substitutions that every template begins with."""

_FIXED: Final = struct.Struct("<HBBHBQQQII")
_FIXED_DESCRIPTORS: Final = struct.pack(
    "<20H", *(part for code, size in zip(SYSTEM, (2, 1, 1, 2, 1, 8, 8, 8, 4, 4), strict=False)
              for part in (size, code))
)  # fmt: skip

Part: TypeAlias = bytes | str | bool
"""A stretch of a template: bytes as they are, a name, or the start (True) or end (False) of an
element, whose size goes in front of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A layout made ready to be written many times."""

    layout: Layout
    guid: bytes
    parts: tuple[Part, ...]
    largest: int
    encoders: tuple[tuple[int, Callable[..., bytes]], ...] = field(repr=False)
    descriptors: struct.Struct = field(repr=False)
    user: bytes = b""

    def substitutions(
        self, time: int, record: int, thread: int, computer: bytes, values: Sequence[Value]
    ) -> bytes:
        """Give the count, the descriptors and the data of one record's values.

        *time* is a FILETIME (units of 100 ns since 1601), *computer* a name in UTF-16. There
        is one value for each field of the layout, None for no value.
        """
        layout = self.layout
        sizes: list[int] = [len(computer), Type.TEXT, len(self.user), Type.SID if self.user else 0]
        data = [computer, self.user]
        for (code, encode), value in zip(self.encoders, values, strict=True):
            if value is None:
                sizes += (0, 0)
                continue
            encoded = encode(value)
            sizes += (len(encoded), code)
            data.append(encoded)
        fixed = _FIXED.pack(
            layout.event_id, layout.version, layout.level, layout.task, layout.opcode,
            layout.keywords, time, record, layout.process, thread,
        )  # fmt: skip
        count = (len(sizes) // 2 + 10).to_bytes(4, "little")
        head = count + _FIXED_DESCRIPTORS + self.descriptors.pack(*sizes) + fixed
        return head + b"".join(data)


@lru_cache(maxsize=4096)
def template(layout: Layout) -> Template:
    """Make the template of *layout*; its GUID follows from what the layout says."""
    parts = tuple(_joined(_event(layout)))
    described = repr((layout.provider, layout.event_id, layout.version, layout.fields))
    guid = uuid.uuid5(uuid.NAMESPACE_URL, described).bytes_le
    largest = sum(len(part) if isinstance(part, bytes) else _room(part) for part in parts)
    encoders = tuple((int(code), ENCODERS[code]) for _, code in layout.fields)
    descriptors = struct.Struct(f"<{2 * (len(layout.fields) + 2)}H")
    user = sid_bytes(layout.user) if layout.user else b""
    return Template(layout, guid, parts, largest, encoders, descriptors, user)


def _room(part: str | bool) -> int:
    return 14 + 2 * len(part) if isinstance(part, str) else 4


def name_hash(name: str) -> int:
    """Give the hash that a name is stored with."""
    value = 0
    for unit in name:
        value = (value * 65599 + ord(unit)) & 0xFFFFFFFF
    return value & 0xFFFF


def _joined(parts: Iterator[Part]) -> Iterator[Part]:
    pending = b""
    for part in parts:
        if isinstance(part, bytes):
            pending += part
            continue
        if pending:
            yield pending
        pending = b""
        yield part
    yield pending


def _literal(text: str) -> bytes:
    return b"\x05\x01" + struct.pack("<H", len(text)) + text.encode("utf-16-le")


def _slot(index: int, code: Type, *, optional: bool = False) -> bytes:
    return struct.pack("<BHB", 0x0E if optional else 0x0D, index, code)


def _element(
    name: str, content: Sequence[Part] = (), attributes: Sequence[tuple[str, bytes]] = ()
) -> Iterator[Part]:
    yield b"\x41\xff\xff" if attributes else b"\x01\xff\xff"
    yield True
    yield name
    if attributes:
        yield True
        for at, (attribute, value) in enumerate(attributes, 1):
            yield b"\x46" if at < len(attributes) else b"\x06"
            yield attribute
            yield value
        yield False
    if content:
        yield b"\x02"
        yield from content
        yield b"\x04"
    else:
        yield b"\x03"
    yield False


NAMESPACE: Final = "http://schemas.microsoft.com/win/2004/08/events/event"


def _event(layout: Layout) -> Iterator[Part]:
    system = [*_system(layout)]
    body = [*(_user_data(layout) if layout.wrapper else _event_data(layout))]
    yield b"\x0f\x01\x01\x00"
    yield from _element("Event", [*system, *body], [("xmlns", _literal(NAMESPACE))])
    yield b"\x00"


def _system(layout: Layout) -> Iterator[Part]:
    provider = [("Name", _literal(layout.provider))]
    if layout.guid:
        provider.append(("Guid", _literal(layout.guid)))
    children: list[Part] = [*_element("Provider", (), provider)]
    for index, name in enumerate(("EventID", "Version", "Level", "Task", "Opcode", "Keywords")):
        children += _element(name, [_slot(index, SYSTEM[index])])
    children += _element("TimeCreated", (), [("SystemTime", _slot(6, Type.FILETIME))])
    children += _element("EventRecordID", [_slot(7, Type.UINT64)])
    children += _element("Correlation")
    execution = [("ProcessID", _slot(8, Type.UINT32)), ("ThreadID", _slot(9, Type.UINT32))]
    children += _element("Execution", (), execution)
    children += _element("Channel", [_literal(layout.channel)])
    children += _element("Computer", [_slot(10, Type.TEXT)])
    children += _element("Security", (), [("UserID", _slot(11, Type.SID, optional=True))])
    return _element("System", children)


def _event_data(layout: Layout) -> Iterator[Part]:
    children: list[Part] = []
    for index, (name, code) in enumerate(layout.fields, len(SYSTEM)):
        children += _element("Data", [_slot(index, code)], [("Name", _literal(name))])
    return _element("EventData", children)


def _user_data(layout: Layout) -> Iterator[Part]:
    children: list[Part] = []
    for index, (name, code) in enumerate(layout.fields, len(SYSTEM)):
        children += _element(name, [_slot(index, code, optional=True)])
    return _element("UserData", [*_element(layout.wrapper, children)])
