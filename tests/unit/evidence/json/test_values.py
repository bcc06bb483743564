import pytest

from sidelight.evidence.json.values import NotAnObjectError, decimal_text, fields_of
from sidelight.schema import Event


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"a":"b"}', {"a": "b"}),
        (b'{"a":null,"b":"","c":[],"d":{}}', {"b": ""}),
        (b'{"a":true,"b":false}', {"a": "true", "b": "false"}),
        (b'{"a":1,"b":-0,"c":1.0,"d":1.50}', {"a": "1", "b": "0", "c": "1", "d": "1.5"}),
        (b'{"a":1e3}', {"a": "1000"}),
        (b'{"a":123456789012345678901234567890}', {"a": "123456789012345678901234567890"}),
        (b'{"a":1e400,"b":1.50}', {"a": "1e400", "b": "1.5"}),
        (b'{"a":18446744073709551615}', {"a": "18446744073709551615"}),
        (b'{"a":NaN,"b":-Infinity}', {"a": "NaN", "b": "-Infinity"}),
        (b'{"a":"x\\u0000y"}', {"a": "x\u2400y"}),
        (b'{"a":"\\ud800"}', {"a": "?"}),
        (b'{"a":"\xff"}', {"a": "\ufffd"}),
        (b'{"a":1,"a":2}', {"a": "2"}),
        (b'{"a":{"b":{"c":[1,[2,3]]}}}', {"a.b.c": ["1", "2", "3"]}),
        (b'{"a":[{"b":1},{"b":2}]}', {"a.b": ["1", "2"]}),
        (b'{"a":{"#attributes":{"x":1},"#text":"t"}}', {"a.x": "1", "a": "t"}),
        (b'{"Data":[{"@Name":"N","#text":"v"},{"@Name":"M"}]}', {"Data.N": "v", "Data.M": ""}),
    ],
)
def test_an_object_becomes_fields(text: bytes, expected: Event) -> None:
    assert fields_of(text) == expected


@pytest.mark.parametrize("text", [b"", b"[]", b"1", b'{"a"', b'{"a":' * 100_000, b'{"a":01}'])
def test_what_is_no_object_is_said_to_be_none(text: bytes) -> None:
    with pytest.raises(NotAnObjectError):
        fields_of(text)


def test_deep_nesting_within_reason_is_read() -> None:
    assert fields_of(b'{"a":' * 500 + b"1" + b"}" * 500) == {".".join("a" * 500): "1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("7", "7"), ("-7", "-7"), ("-0", "0"), ("2.50", "2.5"), ("1e2", "100"), ("true", "true")],
)
def test_numbers_are_written_one_way(text: str, expected: str) -> None:
    assert decimal_text(text) == expected
