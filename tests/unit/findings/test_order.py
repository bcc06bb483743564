import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sidelight.findings.order import numbered, packed, sort_rows
from sidelight.schema import NO_TIME

EDGES = st.sampled_from([NO_TIME, -1, 0, 1, 2**31, 2**61, 2**62, 2**63 - 1])


@given(st.lists(st.tuples(EDGES, EDGES, EDGES), max_size=8))
def test_packing_keeps_order_and_identity(rows):
    keys = [np.array([row[n] for row in rows], np.int64) for n in range(3)]
    order, fresh = sort_rows(keys)
    assert [rows[n] for n in order.tolist()] == sorted(rows)
    assert int(fresh.sum()) == len(set(rows))
    number, first = numbered(keys)
    distinct = sorted(set(rows))
    assert [distinct[n] for n in number.tolist()] == rows
    assert [rows[n] for n in first.tolist()] == distinct


def test_narrow_keys_are_joined_by_arithmetic():
    assert packed([np.array([1, 1]), np.array([7, 9])]).tolist() == [0, 2]
