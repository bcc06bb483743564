"""Any text is unpacked and judged without an error, within limits; and none is missed."""

import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examples import examples
from packing import pack
from sidelight.analytics import folding
from sidelight.analytics.folding import _CODE, _CODES, _decode, fold
from sidelight.analytics.script import candidates, judge, search
from sidelight.analytics.signs import GROUPS, SIGNS, WORDS
from sidelight.analytics.unpack import MOST_BYTES, MOST_LAYERS, is_packed, unpack
from sidelight.schema import strings

BITS = [
    *WORDS,
    *["'", '"', "(", ")", "+", " + ", "`", "^", "%", "&", ",", "\n", "\r\n", " ", "=", "$a", "$a="],
    *[
        "-f ",
        "-join ",
        "''",
        ".replace(",
        "-replace ",
        "[-1..-9]",
        "reverse(",
        "[char]",
        "chr(",
        "65",
    ],
    *[
        "-bxor 35",
        "0x41,",
        "65,",
        "\\x41",
        "4d5a",
        "{0}",
        "{1}{0}",
        "set a=",
        "%a%%a%",
        "%os:~0,2%",
    ],
    *["$a += ", "$env:comspec[4,24]", "iex ", "FromBase64String(", "DownloadString", "Add-Member"],
    *[
        " -Name ",
        '"Name"; value="',
        "EntryPoint",
        "Marshal.Copy",
        "\u017f",
        "\u212a",
        "İ",
        "é",
        "漢",
        "\0",
    ],
    "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo",
    "SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQA",
    "TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAA",
]
PIECES = st.lists(st.one_of(st.sampled_from(BITS), st.text(max_size=4)), max_size=25).map("".join)
PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200).map(
    "Write-Output 'it is a quiet day at the exchange' # ".__add__
)
STEPS = st.lists(
    st.sampled_from(
        [
            ["base64"],
            ["base64-url"],
            ["utf-16", "base64"],
            ["gzip", "base64"],
            ["zlib", "base64"],
            ["deflate", "base64", "quote:[IO.Compression.DeflateStream]::x('PAYLOAD')"],
            ["xor:4b", "base64", "quote:'PAYLOAD' | % { $_ -bxor 0x4b }"],
            ["hex-numbers"],
            ["numbers"],
            ["hex"],
        ]
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=500, deadline=None)
@given(PIECES)
def test_what_is_marked_is_a_candidate(text: str) -> None:
    layers = unpack(text)
    marks = judge(layers)
    if marks or len(layers) > 1:
        assert is_packed(text) or marks
    if marks:
        assert candidates(strings([text])).tolist() == [0]


TEXTS = [
    *[each for sign in SIGNS for each in (sign.pattern, sign.beside, sign.without) if each],
    *[pattern for _, pattern in GROUPS],
]
PATTERNS = [re.compile(each, re.IGNORECASE | re.ASCII) for each in TEXTS]
EDITS = st.sampled_from(
    ["", "\n", " ", "x", "K", "\u212a", "\u017f", "İ", "é", "漢", "\ud800", "\0"]
)


@st.composite
def nearly_found(draw: st.DrawFn, patterns: list[re.Pattern[str]]) -> tuple[re.Pattern[str], str]:
    """Draw an expression, and a text in which it is found but for an edit or two."""
    pattern = draw(st.sampled_from(patterns))
    text = draw(st.from_regex(pattern))
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(EDITS) + text[place + draw(st.integers(0, 1)) :]
    return pattern, text


@settings(max_examples=600, deadline=None)
@given(nearly_found(PATTERNS))
def test_a_search_finds_what_its_expression_does(case: tuple[re.Pattern[str], str]) -> None:
    pattern, whole = case
    for text in (whole, whole.encode("ascii", "ignore").decode()):
        expected = pattern.search(text)
        found = search(pattern.pattern, text, text.encode("utf-8", "replace"))
        assert found == (expected[0] if expected else "")


AROUND = [each for each in PATTERNS if "(?<!" in each.pattern or "(?!" in each.pattern]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_search_minds_what_stands_around(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from(AROUND))
    core = data.draw(st.from_regex(pattern, fullmatch=True)).strip()
    text = (
        data.draw(st.sampled_from(["", "x", "7", "-"]))
        + core
        + data.draw(st.sampled_from(["", "x", " ", "'", ")", "("]))
    )
    text = text.encode("ascii", "ignore").decode()
    expected = pattern.search(text)
    assert search(pattern.pattern, text, text.encode()) == (expected[0] if expected else "")


@settings(max_examples=200, deadline=None)
@given(nearly_found([_CODE, _CODES]))
def test_texts_that_are_not_decoded_hold_no_codes(case: tuple[re.Pattern[str], str]) -> None:
    _, text = case
    if _CODE.search(text) is None and _CODES.search(text) is None:
        assert _decode(text) == text
    elif not any(word in text.lower() for word in ("char", "chr")):
        raise AssertionError(text)


REWRITTEN = [
    *[folding._TICK, folding._CARET, folding._SLICE, folding._ASSIGNED, folding._PICKED],
    *[folding._WRAPPED, folding._JOINED, folding._APPENDED, folding._APPENDED_BASIC],
    *[folding._FORMATTED, folding._CODE, folding._CODES, folding._JOIN_BEHIND],
    *[folding._JOIN_BEFORE, folding._JOIN_CALL, folding._REPLACED, folding._REVERSING],
    *[folding._VALUE, folding._ADDED],
]
"""What rewritings look for."""


@examples(150)
@given(st.lists(nearly_found(REWRITTEN), min_size=1, max_size=3), st.sampled_from(["", " ", "'"]))
def test_a_rewriting_that_is_left_out_would_change_nothing(
    cases: list[tuple[re.Pattern[str], str]], between: str
) -> None:
    whole = between.join(text for _, text in cases)
    for text in (whole, whole.encode("ascii", "ignore").decode()):
        quick = fold(text)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(folding, "_may_change", lambda text, name: True)
            patch.setattr(
                folding, "_added", lambda text: dict(folding._VALUE.findall(text.lower()))
            )
            assert quick == fold(text)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(), st.binary(max_size=400).map(lambda data: data.decode("latin-1"))))
def test_any_text_is_unpacked_within_limits(text: str) -> None:
    layers = unpack(text)
    assert layers[0].how == ()
    assert layers[0].text == text
    assert len(layers) <= MOST_LAYERS
    assert len({layer.text for layer in layers}) == len(layers)
    assert sum(len(layer.text) for layer in layers[1:]) <= MOST_BYTES
    judge(layers)


@given(st.text(st.characters(categories=["Cs", "L"]), max_size=20))
def test_texts_that_are_no_unicode_are_judged_too(text: str) -> None:
    judge(unpack(text + " VirtualAlloc 'a'+'b'"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(PLAIN.filter(lambda text: not is_packed(text)), STEPS)
def test_what_was_packed_is_found(text: str, steps: list[list[str]]) -> None:
    packed = pack(
        text.encode(), [each for step in steps for each in [*step, "quote:x 'PAYLOAD' y"]]
    )
    found = [layer.text for layer in unpack(packed)]
    assert any(text in each for each in found)


HOSTILE = [
    *[
        "'",
        '"',
        "'a'+",
        "'+'",
        "('",
        "((((",
        "`I`E",
        "^a",
        "%a%",
        "%a%%b%",
        "%os:~0,1%",
        "{0}' -f '",
    ],
    *[
        "[char]65+",
        "'a',",
        "'a',   'b'  ,",
        "-join('a','b'",
        "('a','b') -join ''",
        "$a+$a+",
        "0x41,",
    ],
    *[
        "replace('a','aaaa')",
        ".replace('aa','bb')",
        "'abcdefghij'[-1..-9]",
        "set a=%a%%a%& ",
        "65,",
    ],
    *["41 4", "1.2.3.4 ", "-bxor $a $a=1 ", "-bxor 35 ", "a=a=@(1,", "' ", '"\n', "'\n$a += '"],
    *['"\n a = a & "', "Add-Member -name ", "Assembly.Load(", "Invoke-", "iex ", 'call("kernel32"'],
    *[
        "A" * 40 + "\n",
        "QUJDREVGR0hJSktMTU5PUFFS ",
        "Marshal.Copy",
        "a=[byte]GetBytes(",
        "replace(a,",
    ],
]


def test_no_text_takes_more_than_in_proportion() -> None:
    for bit in HOSTILE:
        text = (bit * 100_000)[:100_000] + " -join '' -bxor $a reverse("
        start = time.process_time()
        judge(unpack(text))
        # In proportion it is a tenth of a second; by the square it would be ten.
        assert time.process_time() - start < 4, bit
