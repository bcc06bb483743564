"""Following many stretches at once finds what following each of them finds."""

import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sidelight.evidence.evtx.binxml import Chunk
from sidelight.evidence.evtx.chunks import SIZE, Batch, Records
from sidelight.evidence.evtx.lockstep import FEW, Lockstep
from sidelight.evidence.evtx.scan import Scan
from sidelight.evidence.evtx.shapes import Shape, Shapes
from sidelight.evidence.evtx.table import decode_row, table_of
from sidelight.evidence.evtx.templates import Registry
from sidelight.schema import decode

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


def both(data: bytes, edges: list[int]) -> None:
    starts, stops = np.array(edges[:-1]), np.array(edges[1:])
    times = FEW // len(starts) + 2
    starts, stops = np.tile(starts, times), np.tile(stops, times)
    shapes = Shapes()
    first = shapes.number(Shape((), (), ""))
    together = Lockstep(Scan(data, shapes))
    good = together.follow(np.full(len(starts), first), starts, stops)
    alone = Scan(data, Shapes())
    alone.shapes.number(Shape((), (), ""))
    for number, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        assert good[number] == alone.follow(first, number, start, stop)
    late = np.frombuffer(together.scan.found, np.int64).reshape(-1, 4)
    found = np.concatenate([*together.found, late])
    assert texts(together.scan, found[good[found[:, 1]]]) == texts(
        alone, np.frombuffer(alone.found, np.int64).reshape(-1, 4)
    )


def texts(scan: Scan, found: np.ndarray) -> list[tuple[object, ...]]:
    whole = scan.data + bytes(scan.annex)
    spelled = [
        (number, scan.shapes.keys[key], whole[start : start + size])
        for key, number, start, size in found.tolist()
    ]
    return sorted(spelled)


@settings(max_examples=60, deadline=None)
@given(st.lists(TREE, min_size=1, max_size=8))
def test_many_stretches_hold_what_each_of_them_holds(trees: list[Tree]) -> None:
    both(*written(trees))


@settings(max_examples=60, deadline=None)
@given(st.lists(TREE, min_size=1, max_size=8), st.data())
def test_damage_is_met_in_both_ways_alike(trees: list[Tree], data: st.DataObject) -> None:
    chunk, edges = written(trees)
    damaged = bytearray(chunk)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(HEAD, edges[-1] - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    both(bytes(damaged), edges)


@settings(max_examples=60, deadline=None)
@given(st.lists(TREE, min_size=1, max_size=8))
def test_columns_of_spelled_out_events_hold_what_the_plain_decoder_reads(
    trees: list[Tree],
) -> None:
    data, edges = written(trees)
    times = FEW // (len(edges) - 1) + 2
    starts, stops = np.tile(edges[:-1], times), np.tile(edges[1:], times)
    batch = Batch(data, ("log",), [0, 0], [0, SIZE], [SIZE, SIZE])
    records = Records(starts - 24, stops)
    table = table_of(batch, records, Registry())
    chunks: dict[int, Chunk] = {}
    expected = [decode_row(chunks, batch, records, row) for row in range(len(starts))]
    keys = table.keys()
    assert keys >= {(True, name) for each in expected for name in each.system}
    assert keys >= {(False, name) for each in expected for name in each.data}
    for system, name in keys:
        cells = decode(table.column((system, name)))
        plain = [(each.system if system else each.data).get(name) for each in expected]
        assert cells == ["\0".join(cell) if isinstance(cell, list) else cell for cell in plain]
