import pytest

from sidelight.errors import IntelError
from sidelight.intel.documents import MAX_BRACKETS, MAX_VALUES, read_json


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a": NaN}',
        b"[1] [2]",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"\xff\xfe\x00",
        b"1" * 5000,
        b'{"a": -1e999}',
    ],
)
def test_what_is_no_json_is_said_so(data: bytes) -> None:
    with pytest.raises(IntelError) as caught:
        read_json(data, where="file.json")
    assert caught.value.where == "file.json"


@pytest.mark.parametrize(
    "data", [b"[" + b"{}," * MAX_BRACKETS + b"{}]", b"[" + b"1," * MAX_VALUES + b"1]"]
)
def test_more_than_can_be_held_is_refused_before_it_is_built(data: bytes) -> None:
    with pytest.raises(IntelError, match="more values than a catalogue has"):
        read_json(data, where="file.json")


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": 1}', where="file") == {"a": 1}
