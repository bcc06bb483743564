from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from packing import pack
from sidelight.analytics import MEDIUM, script
from sidelight.analytics.script import LONGEST_TOKEN, candidates, judge
from sidelight.analytics.signs import APIS, GROUPS, SIGNS, WORDS
from sidelight.analytics.unpack import Layer, unpack
from sidelight.schema import strings

CORPUS = Path(__file__).parents[2] / "corpus" / "analytics" / "scripts.yml"
CASES: list[dict[str, Any]] = yaml.safe_load(CORPUS.read_text(encoding="utf-8"))


def text_of(case: dict[str, Any]) -> str:
    payload = case.get("payload", "")
    data = payload if isinstance(payload, bytes) else payload.encode()
    return case["text"].replace("PAYLOAD", pack(data, case.get("coded", [])))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_corpus_is_judged_as_it_says(case: dict[str, Any]) -> None:
    text = text_of(case)
    marks = judge(unpack(text))
    points = sum(mark.points for mark in marks)
    if "below" in case:
        assert points < case["below"], marks
    else:
        assert {mark.id for mark in marks} >= set(case["must"])
        assert points >= MEDIUM
        assert candidates(strings([text])).tolist() == [0]


def test_texts_without_a_sign_or_a_trick_are_no_candidates() -> None:
    texts = [
        "",
        "powershell -File C:\\scripts\\backup.ps1 -Verbose",
        "Get-ChildItem HKLM:\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "{0b0d5a2e-9f1c-4f44-8a53-2d5f3a1b9c77} 10.0.19041.1 2031-02-03T04:05:06.123Z",
    ]
    assert candidates(strings(texts)).tolist() == []


def test_candidates_are_numbered_in_a_slice() -> None:
    column = strings(["x", "y", "VirtualAlloc", "z", "writeprocessMEMORY"]).slice(1)
    assert candidates(column).tolist() == [1, 3]


@pytest.mark.parametrize("few", [0, 1000])
def test_few_texts_are_searched_as_many_are(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [text_of(case) for case in CASES]
    every = [*texts, *(text[:-1] for text in texts), *(text[::-1] for text in texts), "", "\u0130"]
    monkeypatch.setattr(script, "_FEW", few)
    found = [bool(len(candidates(strings([text])))) for text in every]
    assert candidates(strings(every)).tolist() == [n for n, odd in enumerate(found) if odd]
    assert 0 < sum(found) < len(every)


@pytest.mark.parametrize("name", APIS)
def test_no_function_is_passed_over(name: str) -> None:
    for text in (name, name.upper(), f"x {name.lower()}("):
        assert [mark.id for mark in judge((Layer((), text),))] == ["memory-functions"]
    assert not judge((Layer((), f"x{name}"),))


def test_a_mark_says_where_it_was_found() -> None:
    inner = "[Marshal]::GetDelegateForFunctionPointer($p, $t)"
    [mark] = judge(unpack("powershell -enc " + pack(inner.encode(), ["utf-16", "base64"])))
    assert mark.said == (
        "it makes a function that can be called out of an address in memory,"
        " in what was unpacked (base64, utf-16)"
    )
    assert mark.token == "GetDelegateForFunctionPointer"


def test_a_sign_is_marked_once_where_it_weighs_most() -> None:
    marks = judge(
        (
            Layer((), "VirtualAlloc VirtualAlloc"),
            Layer(("base64",), "VirtualAlloc WriteProcessMemory CreateRemoteThread"),
        )
    )
    [mark] = marks
    assert mark.points == 55
    assert mark.said.endswith("(base64)")
    assert mark.token == "VirtualAlloc, WriteProcessMemory, CreateRemoteThread"


def test_functions_of_one_sort_are_weak() -> None:
    [mark] = judge((Layer((), "VirtualAlloc VirtualAllocEx NtAllocateVirtualMemory"),))
    assert mark.points < MEDIUM


def test_a_token_is_no_longer_than_its_limit() -> None:
    [mark] = judge((Layer((), "VirtualAlloc " + " " * 150 + "0x40"),))[1:]
    assert len(mark.token) <= LONGEST_TOKEN


def test_a_program_is_marked_with_its_first_bytes() -> None:
    [mark] = judge((Layer(("base64",), "MZ\x90\0" + "\0" * 60, "a Windows program"),))
    assert mark.id == "packed-program"
    assert mark.token.startswith("4d 5a 90 00")


PIECES = (
    *WORDS,
    *(word.upper() for word in WORDS),
    "[",
    "(",
    "::load(",
    " ",
    "\n",
    "\N{KELVIN SIGN}",
    "é",
    "\udc80",
)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_signs_are_looked_for_where_one_of_their_words_stands(text: str) -> None:
    data = text.encode("utf-8", "replace")
    some = any(word.encode() in data.lower() for word in WORDS)
    signs = [sign for sign in SIGNS if any(word in text.lower() for word in sign.words)]
    expected = [sign.id for sign in signs if script._find(sign, text, data)] if some else []

    found = [mark.id for mark in script._read(text)]

    assert [each for each in found if each != "memory-functions"] == expected
    assert ("memory-functions" in found) == any(
        script.search(pattern, text, data) for _, pattern in GROUPS
    )
