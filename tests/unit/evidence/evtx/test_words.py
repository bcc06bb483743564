"""A kind with a word in some value is asked for in full, wherever the word stands."""

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evtx_logs import OTHER, T0, items, stream
from evtx_markup import TREE, Tree, written
from sidelight.evidence.evtx.chunks import SIZE, Batch, Records
from sidelight.evidence.evtx.halves import FOLDED
from sidelight.evidence.evtx.sorting import sort_rows
from sidelight.evidence.evtx.table import table_of
from sidelight.evidence.evtx.templates import Registry
from sidelight.evidence.evtx.values import ANSI, ARRAY, STRING, text_of
from sidelight.evidence.evtx.words import ask, pattern_of
from sidelight.rules.patterns import fold
from sidelight.schema import SEPARATOR, SPELLED, Kind, Wish, want_all
from sidelight.training.range import binxml
from sidelight.training.range.binxml import Layout, Type
from sidelight.training.range.evtx_writer import LogWriter

WORD = "kiwi::x"
KIND = Kind("windows", "Planted/Operational", "8")


def wish(*words: str) -> Wish:
    return Wish(want_all, lambda kind: frozenset({"eventid"}), lambda kind: frozenset(words))


def log(layout: Layout, value: object, computer: str = "host") -> bytes:
    raw = io.BytesIO()
    with LogWriter(raw, computer) as writer:
        writer.write(layout, T0, [value] * len(layout.fields))
    return raw.getvalue()


NOTHING = log(OTHER, "nothing")


def layout(*fields: tuple[str, int], provider: str = "Planted") -> Layout:
    return Layout(provider, "", KIND.channel, 8, fields)


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def halved(text: str) -> bytes:
    return b"".join(
        b"\x05\x01" + struct.pack("<H", len(part)) + wide(part) for part in (text[:3], text[3:])
    )


def broken(text: str) -> bytes:
    """Write a literal whose second letter is a reference to a character."""
    first, letter, rest = text[:1], text[1], text[2:]
    return (
        b"\x05\x01\x01\0" + wide(first) + b"\x08" + wide(letter)
        + b"\x05\x01" + struct.pack("<H", len(rest)) + wide(rest)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (STRING, wide("a " + WORD)),
        (STRING, wide(WORD.upper() + "\0")),
        (STRING, wide("\N{KELVIN SIGN}iw\u0130::X")),
        (STRING, wide("ж" + WORD + "\U0001f95d")),
        (ANSI, b"\xe4 " + WORD.upper().encode()),
        (ARRAY | STRING, wide("one\0two " + WORD + "\0")),
        (ARRAY | ANSI, b"one\0" + WORD.encode() + b"\0"),
    ],
)
def test_a_word_in_a_value_is_met(kind: int, value: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(binxml.ENCODERS, kind, bytes)
    _is_met(log(layout(("Text", kind)), value))


def test_a_word_in_a_constant_or_in_system_is_met() -> None:
    _is_met(log(layout(("Text", Type.TEXT), provider=WORD), ""))
    _is_met(log(layout(("Text", Type.TEXT)), "", computer=WORD))


@pytest.mark.parametrize("literal", [halved, broken])
def test_a_word_that_a_template_puts_together_is_met(
    literal: Callable[[str], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = binxml._literal
    monkeypatch.setattr(binxml, "_literal", lambda text: (literal if text == WORD else plain)(text))
    data = log(layout(("Text", Type.TEXT), provider=WORD), "")
    assert not pattern_of(frozenset({WORD})).search(data)
    _is_met(data)


def test_a_word_half_of_which_is_a_value_is_met(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = binxml._slot

    def slot(index: int, code: Type, *, optional: bool = False) -> bytes:
        head = binxml._literal(WORD[:3]) if index == 12 else b""
        return head + plain(index, code, optional=optional)

    monkeypatch.setattr(binxml, "_slot", slot)
    data = log(layout(("Text", Type.TEXT)), WORD[3:])
    assert not pattern_of(frozenset({WORD})).search(data)
    _is_met(data)


def _is_met(data: bytes) -> None:
    """Check that only the kind with the word is asked for in full, and only for this word."""
    both = [stream(NOTHING, name="other"), stream(data)]
    full = {frame.kind: set(frame.columns) for frame in items(both)[0]}
    both = [stream(NOTHING, name="other"), stream(data)]
    found = {frame.kind: set(frame.columns) for frame in items(both, wish("absent!", WORD))[0]}
    assert found[KIND] == full[KIND]
    assert found.keys() == full.keys()
    assert {frozenset(names) for kind, names in found.items() if kind != KIND} == {
        frozenset({"EventID"})
    }
    (frame,) = items([stream(data)], wish("absent!"))[0]
    assert set(frame.columns) == {"EventID"}


def test_words_are_met_in_each_of_two_chunks() -> None:
    logs = [log(layout(("Text", Type.TEXT)), WORD), log(OTHER, WORD), NOTHING]
    frames, _ = items(map(stream, logs), wish(WORD))
    assert [len(frame.columns) > 1 for frame in frames] == [True, True]
    frames, _ = items(map(stream, [NOTHING, *logs[:1]]), wish(WORD))
    assert sorted(len(frame.columns) > 1 for frame in frames) == [False, True]


def test_very_many_long_words_are_met() -> None:
    words = [f"{number:02}" + "kiwi" * 7 for number in range(100)]
    frames, _ = items([stream(log(layout(("Text", Type.TEXT)), words[70].upper()))], wish(*words))
    assert set(frames[0].columns) > {"EventID"}
    frames, _ = items([stream(log(layout(("Text", Type.TEXT)), "kiwi" * 9))], wish(*words))
    assert set(frames[0].columns) == {"EventID"}


def test_every_character_that_folds_into_ascii_is_known() -> None:
    every = [chr(code) for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000]
    lowered = fold("".join(every))
    assert len(lowered) == len(every)
    strange = {(small, big) for big, small in zip(every, lowered, strict=True) if small.isascii()}
    assert strange == set(FOLDED.items())
    assert fold(bytes(range(256)).decode("cp1252", "replace")).isascii() is False
    assert all(big not in bytes(range(256)).decode("cp1252", "replace") for _, big in strange)


@settings(max_examples=600, deadline=None)
@given(
    st.one_of(st.integers(0, 255), st.integers(0, 0x15), st.integers(0x80, 0x95)),
    st.one_of(
        st.binary(max_size=64),
        *(st.binary(min_size=size, max_size=size) for size in (1, 2, 4, 8, 16)),
        st.integers(0, 2**58).map(lambda ticks: ticks.to_bytes(8, "little")),
    ),
)
def test_values_that_are_no_text_hold_no_word(kind: int, data: bytes) -> None:
    text = text_of(kind, data)
    if kind & ~ARRAY not in {STRING, ANSI} and text is not None:
        assert SPELLED.issuperset(fold("".join(text)))


@settings(max_examples=150, deadline=None)
@given(st.lists(TREE, min_size=1, max_size=8), st.data())
def test_kinds_of_spelled_out_events_with_a_word_are_asked_for_in_full(
    trees: list[Tree], data: st.DataObject
) -> None:
    raw, edges = written(trees)
    batch = Batch(raw, ("log",), [0, 0], [0, SIZE], [SIZE, SIZE])
    records = Records(np.array(edges[:-1]) - 24, np.array(edges[1:]))
    table = table_of(batch, records, Registry())
    sorting = sort_rows(table)
    columns = [table.column(key) for key in sorted(table.keys())]
    texts = {text for each in columns for cell in each.values.to_pylist() for text in _ascii(cell)}
    if not texts:
        return
    word = data.draw(st.sampled_from(sorted(texts)))
    answers, loud = ask(table, sorting, wish(word))
    for each in columns:
        holding = [word in fold(cell) for cell in each.values.to_pylist()]
        for row, code in enumerate(each.codes.tolist()):
            if code >= 0 and holding[code]:
                number = sorting.kind[row]
                assert answers[number] is None
                assert len(loud[sorting.kinds[number]]) == np.diff(sorting.edges)[number]


def _ascii(cell: str) -> list[str]:
    """List what of a cell may stand in a word."""
    texts = "".join(c if " " <= c <= "~" else SEPARATOR for c in fold(cell)).split(SEPARATOR)
    return [text for text in texts if not SPELLED.issuperset(text)]
