import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sidelight.schema import decode, encode, unique


@given(arrays(st.sampled_from([np.int64, np.int32, np.uint8]), st.integers(0, 40)))
def test_distinct_numbers_are_those_of_numpy(numbers: np.ndarray) -> None:
    found = unique(numbers)
    assert found.tolist() == np.unique(numbers).tolist()
    assert found.dtype == numbers.dtype


CELLS = st.lists(st.sampled_from([None, "", "a", "A", "b\0c", "é"]), max_size=6)


@given(CELLS, st.integers(1, 300))
def test_few_cells_are_encoded_as_many_are(some: list[str | None], times: int) -> None:
    column, many = encode(some), encode(some * times)
    assert decode(column) == some
    assert decode(many) == some * times
    assert column.values.equals(many.values)
    assert column.values.to_pylist() == [*dict.fromkeys(each for each in some if each is not None)]
    assert column.codes.dtype == many.codes.dtype == np.int32
