import io

import pytest

from sidelight.evidence.stream import Stream
from sidelight.evidence.text import blocks, decoded_head, encoding_of

TEXT = '{"a": "Grüße \N{GRINNING FACE}"}\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [5, 7, 64, 1 << 20])
def test_text_of_any_encoding_is_utf8_afterwards(encoding: str, size: int) -> None:
    data = (TEXT * 50).encode(encoding)
    parts = list(blocks(Stream("a", io.BytesIO(data)), size))
    assert b"".join(part for _, part in parts).decode() == TEXT * 50
    assert decoded_head(data).startswith(b'{"a": "Gr')


def test_offsets_are_those_of_the_source() -> None:
    parts = list(blocks(Stream("a", io.BytesIO(b"\xef\xbb\xbfabcdefg"), start=0), 6))
    assert parts == [(3, b"abc"), (6, b"defg")]


def test_a_later_stretch_has_no_mark() -> None:
    assert list(blocks(Stream("a", io.BytesIO(b"\xff\xfeab"), start=8))) == [(8, b"\xff\xfeab")]


def test_half_a_character_at_the_end_is_replaced() -> None:
    parts = list(blocks(Stream("a", io.BytesIO("ab".encode("utf-16") + b"c"))))
    assert b"".join(part for _, part in parts) == "ab\ufffd".encode()


def test_two_zeros_at_the_head_are_damage_and_no_encoding() -> None:
    assert encoding_of(b'\0\n\0\n{"Channel":"System","EventID":"1"}')[0] == "utf-8"
    for name in ("utf-16-le", "utf-16-be"):
        assert encoding_of('{"a": "Grün"}'.encode(name)) == (name, 0)
