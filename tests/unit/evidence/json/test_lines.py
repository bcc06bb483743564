import io

import pytest

from sidelight.evidence.json.lines import Block, lines, objects
from sidelight.evidence.losses import Losses
from sidelight.evidence.stream import Stream


def cut(text: bytes) -> list[Block]:
    return list(lines(Stream("s", io.BytesIO(text), start=10, first=5), Losses("s")))


def shown(blocks: list[Block]) -> list[tuple[bytes, int, int, list[int]]]:
    return [(block.text, block.offset, block.first, block.feeds.tolist()) for block in blocks]


def test_blocks_are_whole_lines_with_their_place() -> None:
    assert shown(cut(b"ab\ncd\nef")) == [(b"ab\ncd", 10, 5, [2]), (b"ef", 16, 7, [])]
    assert shown(cut(b"ab\n")) == [(b"ab", 10, 5, [])]
    assert cut(b"") == []


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_small_reads_change_nothing(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"a\nbc\n\ndef\ng"
    monkeypatch.setattr("sidelight.evidence.json.lines.BLOCK_BYTES", size)
    blocks = cut(text)
    assert b"\n".join(block.text for block in blocks) == text
    for block in blocks:
        assert text[block.offset - 10 :].startswith(block.text)
        assert block.first == 5 + text[: block.offset - 10].count(b"\n")


def test_objects_are_cut_by_their_braces_outside_strings() -> None:
    text = b'[{"a":"}{\\""},\n {"b":{"c":1}}]'
    found = list(objects(Stream("s", io.BytesIO(text)), Losses("s")))
    assert found == [(1, 1, b'{"a":"}{\\""}'), (2, 16, b'{"b":{"c":1}}')]


def test_what_stands_between_objects_is_a_loss() -> None:
    losses = Losses("s", "objects")
    found = list(objects(Stream("s", io.BytesIO(b'{"a":1} no {"b":1} {"c"')), losses))
    assert len(found) == 2
    assert [(gap.reason, gap.offset) for gap in losses.finish()] == [
        ("damaged", 7),
        ("truncated", 19),
    ]
