"""Names of libraries in bytes, against an expression that takes its time."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.pe.strings import MOST, OTHERS, library_names

ENDS = ("dll", *OTHERS)
_OTHER = "|".join(OTHERS)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("coding", ["ascii", "utf-16-le"])
def test_every_ending_of_a_library_is_known_in_any_case(end: str, coding: str) -> None:
    for name in (f"Helper.{end}", f"HELPER.{end.upper()}"):
        data = b"\1\2\0\0" + name.encode(coding) + b"\0\0"
        assert library_names(data) == (f"helper.{end}",)


@pytest.mark.parametrize("end", OTHERS)
@pytest.mark.parametrize("coding", ["ascii", "utf-16-le"])
def test_a_longer_word_is_no_ending(end: str, coding: str) -> None:
    for more in ("s", "_", "7"):
        data = b"\0\0" + f"helper.{end}{more}".encode(coding) + b"\0\0"
        assert library_names(data) == ()


@given(st.lists(st.sampled_from(["a", "B", "é", " ", "/", *(f".{end}" for end in ENDS)])))
def test_names_are_those_that_a_plain_expression_finds(parts: list[str]) -> None:
    """Each text ends in a zero byte, as in a file; names in it are looked for one by one."""
    data = "".join(parts).encode("latin-1")
    text = data.decode("latin-1").lower()
    ends = [found.end() for found in re.finditer(rf"\.(?:dll|(?:{_OTHER})(?![a-z0-9_]))", text)]
    slow = set()
    for end in ends:
        head = re.search(r"[a-z0-9_.+@ ()-]{1,64}\Z", text[: text.rfind(".", 0, end)], re.ASCII)
        if head:
            slow.add(head[0].strip() + text[text.rfind(".", 0, end) : end])
    assert set(library_names(data)) == slow


def test_no_flood_of_one_ending_hides_another() -> None:
    flood = b"".join(b"\0n%d.node" % number for number in range(2 * MOST))
    found = library_names(flood + b"\0helper.dll\0")
    assert len(found) == MOST + 1
    assert "helper.dll" in found
