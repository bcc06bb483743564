"""Following many stretches at once finds what following each of them finds."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evtx_markup import HEAD, TREE, Tree, written
from sidelight.evidence.evtx.binxml import Chunk
from sidelight.evidence.evtx.chunks import SIZE, Batch, Records
from sidelight.evidence.evtx.lockstep import FEW, Lockstep
from sidelight.evidence.evtx.scan import Scan
from sidelight.evidence.evtx.shapes import Shape, Shapes
from sidelight.evidence.evtx.table import decode_row, table_of
from sidelight.evidence.evtx.templates import Registry
from sidelight.schema import decode


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
