import pytest

from evtx_logs import log, stream
from sidelight.evidence.evtx import templates
from sidelight.evidence.evtx.chunks import batches, walk
from sidelight.evidence.evtx.instances import FieldKey, Layout, Slot, Spans, Texts, lay_out
from sidelight.evidence.evtx.templates import Registry, parse_template

DATA = log()
(BATCH,) = batches([stream(DATA)])
RECORDS, _ = walk(BATCH)


def cells(layout: Layout) -> dict[FieldKey, list[tuple[list[int], object]]]:
    """Give where the values of each field lie."""
    found: dict[FieldKey, list[tuple[list[int], object]]] = {}
    for key, pieces in layout.fields.items():
        for piece in pieces:
            match piece:
                case Texts(rows, text):
                    place: object = text
                case Slot(values, index):
                    place = values.spans(index, None).start.tolist()
                    rows = piece.rows
                case Spans(rows, start):
                    place = start.tolist()
            found.setdefault(key, []).append((rows.tolist(), place))
    return found


def test_more_templates_than_16_bits_can_number_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = lay_out(BATCH.data, RECORDS, Registry())
    monkeypatch.setattr(templates, "_KEPT", 1 << 20)
    known = parse_template(bytes(BATCH.data), int(RECORDS.start[0]) + 24 + 14)
    assert known is not None
    many = Registry(templates=[known] * (1 << 16))
    same = cells(lay_out(BATCH.data, RECORDS, many)) == cells(few)
    assert same  # apart: to show how much differs takes minutes
    assert few.fields


@pytest.mark.parametrize("at", [0, 7, 40])
def test_a_definition_that_differs_in_one_byte_is_another(at: int) -> None:
    start = int(RECORDS.start[0]) + 24 + 14
    known = parse_template(bytes(BATCH.data), start)
    assert known is not None
    changed = bytearray(BATCH.data)
    assert known.same(bytes(changed), RECORDS.start[:1] + 38).tolist() == [True]
    changed[start + 4 + at] ^= 1
    assert known.same(bytes(changed), RECORDS.start[:1] + 38).tolist() == [False]


def test_a_name_that_differs_in_its_last_character_is_another() -> None:
    start = int(RECORDS.start[0]) + 24 + 14
    known = parse_template(bytes(BATCH.data), start)
    assert known is not None
    pointer = start + int(known.pointers[-1])
    name = int.from_bytes(BATCH.data[pointer : pointer + 4], "little") + start // 65536 * 65536
    last = name + int(known.reach[-1]) - 2
    changed = bytearray(BATCH.data)
    changed[last] ^= 1
    assert known.same(bytes(changed), RECORDS.start[:1] + 38).tolist() == [False]
