import pytest

from sidelight.evidence.evtx.values import filetime_of, text_of


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (0x00, b"", None),
        (0x01, b"", ""),
        (0x01, "a\0b".encode("utf-16-le"), "a"),
        (0x01, b"\x00\xd8a\x00", "\N{REPLACEMENT CHARACTER}a"),
        (0x02, b"caf\xe9\0x", "café"),
        (0x03, b"\xff", "-1"),
        (0x06, b"\xff\xff", "65535"),
        (0x09, b"\xff" * 8, "-1"),
        (0x08, b"", ""),
        (0x0D, b"\x01\0\0\0", "true"),
        (0x0D, b"\0\0\0\0", "false"),
        (0x0E, b"\xab\x01", "AB01"),
        (0x0F, bytes(range(16)), "03020100-0504-0706-0809-0A0B0C0D0E0F"),
        (0x11, (133_500_000_000_000_001).to_bytes(8, "little"), "2024-01-17T21:20:00.0000001Z"),
        (0x13, bytes([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]), "S-1-5-18"),
        (0x14, b"\xab\0\0\0", "0xab"),
        (0x15, b"\xff" * 8, "0xffffffffffffffff"),
        (0x81, "one\0\0two\0".encode("utf-16-le"), ["one", "", "two"]),
        (0x88, b"\x01\0\0\0\x02\0\0\0", ["1", "2"]),
    ],
)
def test_values_are_spelled_as_event_log_json_does(
    kind: int, data: bytes, text: str | list[str] | None
) -> None:
    assert text_of(kind, data) == text


@pytest.mark.parametrize(("kind", "size"), [(0x08, 3), (0x0F, 15), (0x13, 7), (0x14, 8), (0x88, 5)])
def test_a_value_that_does_not_fit_its_type_is_spelled_as_bytes(kind: int, size: int) -> None:
    assert text_of(kind, b"\x02" * size) == "02" * size


def test_a_file_time_beyond_the_calendar_stays_a_number() -> None:
    assert filetime_of(2**64 - 1) == str(2**64 - 1)
