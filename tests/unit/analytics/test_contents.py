import gzip
import zlib

import pytest

from sidelight.analytics.contents import (
    MOST_INFLATED,
    Content,
    inflate,
    name_binary,
    read_contents,
    read_text,
)

HEADER = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"Get-Service\r\n", "Get-Service\r\n"),
        ("Get-Service".encode("utf-16-le"), "Get-Service"),
        ("Get-Service".encode("utf-16"), "Get-Service"),
        ("# größer\nGet-Service".encode(), "# größer\nGet-Service"),
        ("# größer\nGet-Service".encode("utf-8-sig"), "# größer\nGet-Service"),
        ("Get-Service # ö".encode()[:-1], "Get-Service # "),
        (b"abc", None),
        (b"", None),
        (bytes(range(128, 160)) * 2, None),
        (bytes(40), None),
        (b"\x01\x02\x03\x04abcd", None),
    ],
)
def test_text_is_read_and_the_rest_is_none(data: bytes, text: str | None) -> None:
    assert read_text(data) == text


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (HEADER, "a Windows program"),
        (HEADER[:64], "a Windows program"),
        (b"MZ" + b"\xff" * 100, ""),
        (b"MZ is how it begins", ""),
        (bytes.fromhex("fc4883e4f0e8") + bytes(20), "shellcode"),
        (bytes.fromhex("fce882000000") + bytes(20), "shellcode"),
        (bytes.fromhex("fce882010000") + bytes(20), ""),
        (bytes.fromhex("e80000000058") + bytes(20), "shellcode"),
        (bytes.fromhex("9090904831c065488b5060") + bytes(20), "shellcode"),
        (bytes.fromhex("0001000000ffffffff0100000000000000"), "a serialised .NET object"),
        (b"", ""),
    ],
)
def test_code_is_known_by_how_it_begins(data: bytes, name: str) -> None:
    assert name_binary(data) == name


def test_streams_are_opened_one_inside_the_other() -> None:
    text = b"Get-Service " * 4
    assert read_contents(gzip.compress(zlib.compress(text))) == (
        Content(("gzip", "zlib"), text.decode()),
    )
    assert read_contents(gzip.compress(HEADER), (b"\x5a",)) == (
        Content(("gzip",), HEADER.decode("latin-1"), "a Windows program"),
    )


def test_a_damaged_stream_gives_what_came_before() -> None:
    text = b"".join(b"Get-Service %d; " % n for n in range(9000))
    packed = gzip.compress(text, mtime=0)
    name, out = inflate(packed[: len(packed) // 2]) or ("", b"")
    assert name == "gzip"
    assert text.startswith(out)
    assert len(out) > 1000


def test_a_stream_is_opened_up_to_the_limit() -> None:
    assert inflate(zlib.compress(bytes(MOST_INFLATED + 1))) == ("zlib", bytes(MOST_INFLATED))
    assert inflate(b"\xff" * 20) is None


def test_a_key_is_tried_where_nothing_else_helps() -> None:
    hidden = bytes(each ^ 0xDA for each in b"Get-Service")
    assert read_contents(hidden) == ()
    assert read_contents(hidden, (b"\x01", b"\xda")) == (Content(("xor 0xda",), "Get-Service"),)


def test_text_that_may_be_text_under_a_key_is_both() -> None:
    assert read_contents(b"Fdu,Rdswhbd", (b"\x01",)) == (
        Content((), "Fdu,Rdswhbd"),
        Content(("xor 0x01",), "Get-Service"),
    )


def test_a_broken_stream_without_a_mark_was_none() -> None:
    stream = zlib.compressobj(wbits=-15)
    packed = stream.compress(b"Get-Service and so on " * 40) + stream.flush(zlib.Z_SYNC_FLUSH)
    assert inflate(packed) == ("deflate", b"Get-Service and so on " * 40)
    assert inflate(packed + b"\x07") is None  # a block of a type that there is not
