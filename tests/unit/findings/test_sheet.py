"""Hits as numbers."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sidelight.findings.hits import HITS, union
from sidelight.findings.sheet import Sheet

a_hit = st.fixed_dictionaries(
    {
        "rule": st.sampled_from(["q", "r", "s"]),
        "host": st.sampled_from(["h", "H"]),
        "source": st.sampled_from(["a", "b"]),
        "record": st.integers(0, 2),
        "time": st.integers(0, 2),
        "channel": st.sampled_from(["c", "d"]),
    }
)


@given(st.lists(a_hit, min_size=1, max_size=12), st.data())
def test_hits_are_told_of_as_their_rows_say(
    rows: list[dict[str, str]], data: st.DataObject
) -> None:
    empty: dict[str, str] = dict.fromkeys(HITS.names, "")
    table = union(pa.Table.from_pylist([empty | row for row in rows], schema=HITS))
    known = table.to_pylist()
    some = data.draw(st.lists(st.integers(0, len(known) - 1)))
    sheet = Sheet.of(table, [])

    def of_event(hit: dict[str, str]) -> tuple[str, str]:
        return hit["source"], hit["record"]

    at = np.array(some, np.intp)
    assert sheet.rules_at(at) == [
        tuple(sorted({hit["rule"] for hit in known if of_event(hit) == of_event(known[row])}))
        for row in some
    ]
    assert sheet.channel.at(at) == [known[row]["channel"] for row in some]
    assert [sheet.source[row] for row in some] == sheet.source.at(at)


@given(st.lists(a_hit, min_size=1, max_size=12), st.data())
def test_hits_that_are_left_are_told_of_as_if_there_were_no_others(
    rows: list[dict[str, str]], data: st.DataObject
) -> None:
    empty: dict[str, str] = dict.fromkeys(HITS.names, "")
    table = union(pa.Table.from_pylist([empty | row for row in rows], schema=HITS))
    marks = data.draw(st.lists(st.booleans(), min_size=table.num_rows, max_size=table.num_rows))
    left = np.flatnonzero(marks)
    if not len(left):
        return
    sheet, alone = Sheet.of(table, []).only(left), Sheet.of(table.take(left), [])
    every = np.arange(len(left))
    assert sheet.rules_at(every) == alone.rules_at(every)
    for name in ("rule", "host", "folded", "window", "source", "channel", "event_id", "signature"):
        assert getattr(sheet, name).at(every) == getattr(alone, name).at(every)
        order = (np.argsort(getattr(each, name).code, kind="stable") for each in (sheet, alone))
        assert next(order).tolist() == next(order).tolist()
    for name in ("time", "record"):
        assert getattr(sheet, name).tolist() == getattr(alone, name).tolist()
    assert sheet.kin.lines(sheet.actor) == alone.kin.lines(alone.actor)
