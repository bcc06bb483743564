import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sidelight.schema import unique


@given(arrays(st.sampled_from([np.int64, np.int32, np.uint8]), st.integers(0, 40)))
def test_distinct_numbers_are_those_of_numpy(numbers: np.ndarray) -> None:
    found = unique(numbers)
    assert found.tolist() == np.unique(numbers).tolist()
    assert found.dtype == numbers.dtype
