"""Elements that are spelled out in Binary XML, to read in tests."""

import struct

from hypothesis import strategies as st

from sidelight.evidence.evtx.chunks import SIZE

NAMES = ["Event", "System", "Channel", "UserData", "Data", "Name", "a:b", "amp", "lt", "Längs"]
HEAD = 512


class Writer:
    """Writes spelled-out elements; a name stands where it is first used in a chunk."""

    def __init__(self) -> None:
        self.out = bytearray(HEAD)
        self.known: dict[str, int] = {}

    def name(self, text: str) -> None:
        offset = self.known.setdefault(text, len(self.out) + 4)
        inline = offset == len(self.out) + 4
        self.out += struct.pack("<I", offset)
        if inline:
            self.out += struct.pack("<IHH", 0, 0, len(text)) + text.encode("utf-16-le") + b"\0\0"

    def text(self, parts: list[str | int]) -> None:
        for part in parts:
            if isinstance(part, int):
                self.out += b"\x08" + struct.pack("<H", part)
            elif part.startswith("&") and len(part) > 1:
                self.out += b"\x09"
                self.name(part[1:])
            else:
                self.out += b"\x05\x01" + struct.pack("<H", len(part)) + part.encode("utf-16-le")

    def element(self, tree: "Tree") -> None:
        name, attributes, content = tree
        self.out += bytes([0x41 if attributes else 0x01]) + bytes(4)
        self.name(name)
        self.out += bytes(4) if attributes else b""
        for key, parts in attributes:
            self.out += b"\x06"
            self.name(key)
            self.text(parts)
        if not content:
            self.out += b"\x03"
            return
        self.out += b"\x02"
        if isinstance(content[0], tuple):
            for child in content:
                self.element(child)
        else:
            self.text(content)
        self.out += b"\x04"


Tree = tuple[str, list[tuple[str, list[str | int]]], list]

PART = st.one_of(
    st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF), max_size=4),
    st.sampled_from(["x", "&lt", "&amp", "&Längs"]),
    st.integers(1, 0xFFFF),
)
PARTS = st.lists(PART, min_size=1, max_size=3)
ATTRIBUTES = st.lists(st.tuples(st.sampled_from(NAMES), PARTS), max_size=2)
LEAF = st.tuples(st.sampled_from(NAMES), ATTRIBUTES, st.one_of(st.just([]), PARTS))
TREE = st.recursive(
    LEAF,
    lambda below: st.tuples(
        st.sampled_from(NAMES), ATTRIBUTES, st.lists(below, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


def written(trees: list[Tree]) -> tuple[bytes, list[int]]:
    """Write elements into one chunk; give it and where each begins, and the end."""
    writer = Writer()
    starts = []
    for tree in trees:
        starts.append(len(writer.out))
        writer.element(tree)
        if len(writer.out) > SIZE - 4096:
            break
    edges = [*starts, len(writer.out)]
    return bytes(writer.out).ljust(2 * SIZE, b"\0"), edges
