import pytest

from sidelight.analytics.rights import parse_mask, words


@pytest.mark.parametrize(
    ("text", "mask"),
    [("0x1fffff", 0x1FFFFF), (" 0x10 ", 16), ("16", 16), ("", None), ("-", None)],
)
def test_a_mask_is_read_or_unknown(text: str, mask: int | None) -> None:
    assert parse_mask(text) == mask


@pytest.mark.parametrize("text", ["0x1ffffffff", "-1", "all", "0x"])
def test_what_is_no_mask_is_unknown(text: str) -> None:
    assert parse_mask(text) is None


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (None, ""),
        (0x1400, "with the right to ask after its state (0x1400)"),
        (0x1010, "with the rights to read its memory (0x1010)"),
        (0x0022, "with the rights to write its memory and start threads in it (0x22)"),
        (0x1FFFFF, "with all rights (0x1fffff, as creating a process gives them)"),
    ],
)
def test_a_mask_is_said_in_words(mask: int | None, said: str) -> None:
    assert words(mask) == said
