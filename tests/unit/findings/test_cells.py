import numpy as np
import pyarrow as pa

from sidelight.findings.cells import cells, coded, plain, ranked
from sidelight.schema import Column, encode, strings


def test_ranks_do_not_depend_on_the_encoding():
    texts = ["b", None, "a", "b", ""]
    chunked = pa.chunked_array([pa.array(texts[:2]), pa.array(texts[2:])])
    repeated = pa.DictionaryArray.from_arrays(
        pa.array([0, None, 2, 1, 3], pa.int32()), strings(["b", "b", "a", "", "unused"])
    )
    for column in (chunked, chunked.dictionary_encode(), pa.chunked_array([repeated])):
        ranks, values = ranked(column)
        assert (ranks.tolist(), values.to_pylist()) == ([2, -1, 1, 2, 0], ["", "a", "b"])


def test_order_is_that_of_bytes():
    _, values = ranked(pa.chunked_array([["\U0001f600", "\uffff", "Z", "a"]]))
    assert values.to_pylist() == ["Z", "a", "\uffff", "\U0001f600"]


def test_an_absent_cell_becomes_empty():
    column = encode(["x", None, "y"])
    assert plain(cells(column)).to_pylist() == ["x", "", "y"]
    assert plain(cells(column, np.array([1, 2]))).to_pylist() == ["", "y"]
    assert plain(cells(None, np.array([0, 5]))).to_pylist() == ["", ""]


def test_a_few_cells_leave_the_rest_of_the_dictionary_behind():
    column = Column(np.arange(100, dtype=np.int32), strings([str(n) for n in range(100)]))
    assert cells(column, np.array([7, 7, 3])).dictionary.to_pylist() == ["3", "7"]


def test_no_cells_have_no_codes():
    codes, texts = coded(pa.chunked_array([], pa.string()))
    assert (codes.tolist(), texts.to_pylist()) == ([], [])
