"""What looks encrypted."""

import random
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.pe.blob import LEAST, RANDOM, entropy, is_dense, is_known, may_be_blob

DENSE = random.Random(3).randbytes(1 << 16)


@given(st.binary(max_size=300))
def test_entropy_is_what_it_is_defined_as(data: bytes) -> None:
    shares = [data.count(value) / len(data) for value in set(data)]
    assert entropy(data) == pytest.approx(-sum(p * np.log2(p) for p in shares))


@pytest.mark.parametrize("size", [LEAST, 4096, 1 << 16])
def test_random_bytes_are_dense_however_few(size: int) -> None:
    assert may_be_blob(DENSE[:size], size)


def test_text_and_code_are_not() -> None:
    text = " ".join(f"word{n}" for n in range(20_000)).encode()
    assert entropy(text) < RANDOM
    assert not may_be_blob(text[: 1 << 16], len(text))
    assert not is_dense(bytes(range(100)) * 600)


def test_a_file_that_is_too_short_or_too_long_is_not_looked_at() -> None:
    assert not may_be_blob(DENSE[: LEAST - 1], LEAST - 1)
    assert not may_be_blob(DENSE, 1 << 40)


@pytest.mark.parametrize("mark", [b"PK\3\4", b"\xff\xd8\xff\xe0", b"Rar!", b"7z\xbc\xaf\x27\x1c"])
def test_formats_that_are_dense_by_right_are_known(mark: bytes) -> None:
    assert not may_be_blob(mark + DENSE, 1 << 17)


def test_a_picture_is_known_and_the_mark_of_one_alone_is_not() -> None:
    chunk = b"IHDR" + b"\0\0\0\1\0\0\0\1\x08\2\0\0\0"
    head = b"\x89PNG\r\n\x1a\n\0\0\0\r" + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    assert is_known(head + DENSE)
    assert not is_known(head[:8] + DENSE)
    assert may_be_blob(head[:8] + DENSE, 1 << 17)
