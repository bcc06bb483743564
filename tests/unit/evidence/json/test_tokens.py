import numpy as np
import pytest

from sidelight.evidence.json.strings import column_of
from sidelight.evidence.json.tokens import scalar_of, tokenize
from sidelight.schema import decode


def cells(text: bytes) -> list[dict[str, str]]:
    tokens, odd = tokenize(text)
    assert tokens is not None
    assert odd.tolist() == []
    columns = {
        name: decode(column_of(tokens.pieces, tokens.cells[:, index]))
        for index, name in enumerate(tokens.names)
    }
    rows = (
        {name: column[row] for name, column in columns.items()} for row in range(len(tokens.lines))
    )
    return [{name: text for name, text in row.items() if text is not None} for row in rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"a":"b"}', [{"a": "b"}]),
        (b'{"a":1,"b":true,"c":null,"d":-1.50}', [{"a": "1", "b": "true", "d": "-1.5"}]),
        (b'{"a": "b", "c": ["d"]}\r\n\n{"e":[]}', [{"a": "b", "c": "d"}, {}]),
        (b'{"a":"x\\\\"}\n{"a":"\\"y\\""}', [{"a": "x\\"}, {"a": '"y"'}]),
        (b'{"a":"\\u00e9\xc3\xa9"}', [{"a": "éé"}]),
        (b'{"a":1,"a":2}', [{"a": "2"}]),
        (b'[{"a":1},\n{"a":2}]', [{"a": "1"}, {"a": "2"}]),
    ],
)
def test_flat_objects_are_tokenized(text: bytes, expected: list[dict[str, str]]) -> None:
    assert cells(text) == expected


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":{"b":1}}',
        b'{"a":["b","c"]}',
        b'{"a":"b"',
        b'{"a":"b",',
        b'{"a":"b"}{"a":"b"}',
        b'{"a" "b"}',
        b'{"a":01}',
        b'"a":"b"}',
        b'{"a":"b}',
        b'{"a b":1}',
        b'{"\\u0061":1}',
        b'{"a":"' + b"\\" * 99 + b'"}',
        b"rubbish",
    ],
)
def test_a_line_that_is_none_is_named(line: bytes) -> None:
    text = b'{"a":1}\n{"a":"b"}\n' + line + b'\n{"a":1}\n{"a":"b"}'
    tokens, odd = tokenize(text)
    assert tokens is None
    assert odd.tolist() == [2]


def test_text_without_strings_is_nothing() -> None:
    tokens, odd = tokenize(b"1\n2")
    assert tokens is None
    assert np.array_equal(odd, [0, 1])


def test_scalars_are_found_between_strings() -> None:
    assert scalar_of(b'":-7,"') == b"-7"
    assert scalar_of(b'": true}\n{"') == b"true"
    assert scalar_of(b'","') == b""
