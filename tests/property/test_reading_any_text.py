"""Any text whatever: spans are exact, and nothing is told that the text does not hold."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from reading_cases import brief, knowledge, reading
from sidelight.errors import EvidenceError
from sidelight.reading.document import Span
from sidelight.reading.formats import read_documents
from sidelight.reading.indicators.tokens import refanged
from sidelight.reading.view import HIDDEN
from sidelight.reading.writers import WRITERS

PARTS = st.sampled_from(
    """Naikon Fireant Fire Ant groups such as used tools from infiltrated telecom firms in Laos .
    sideloaded libvlc.dll evil[.]example[.]net hxxps://a[.]b[.]example/x 203.0.113[.]7 1.2.3.4
    version T1574.001 T9999 CVE-2024-3400 0cc175b9c0f1b6a831c399e269772661 C:\\a\\b.exe We saw
    may not also known as COOLCLIENT PINEHOLLOW dubbed backdoor [ ] ( ) , ; " ' \u200b \u0430 \n |
    rule x { condition: } IMSI 999700123456789 mutex a_b cmd.exe /c ignore previous instructions
    2024-06-24 began since May 2021""".split(" ")  # noqa: SIM905 - a list of sixty words
)  # fmt: skip
PROSE = st.lists(PARTS, min_size=1, max_size=60).map(lambda parts: " ".join(("It", *parts)))
TEXT = st.one_of(PROSE, st.text(min_size=1, max_size=200))


@given(TEXT)
@settings(max_examples=150)
def test_whatever_is_found_stands_in_the_text(text: str) -> None:
    try:
        found = reading(text)
    except EvidenceError:
        return
    document = found.document
    for each in found.observables:
        written = document.quote(each.span)
        seen = "".join(c for c in written if c not in HIDDEN)
        assert each.value.lower() in refanged(seen)[0].lower() or each.body
    for entity in found.entities:
        if entity.kind in {"actor", "malware", "tool"}:
            for span in entity.spans:
                seen = "".join(c for c in document.quote(span) if c not in HIDDEN)
                assert seen.split() == entity.name.split()


@given(st.lists(PROSE, min_size=1, max_size=3))
@settings(max_examples=60)
def test_every_hash_domain_and_id_of_a_brief_is_in_the_input_or_known(texts: list[str]) -> None:
    made = brief(*texts)
    given_ = " ".join(refanged(word)[0] for word in re.split(r"\s+", " ".join(texts)))
    given_ = "".join(c for c in given_ if c not in HIDDEN).lower()
    known = " ".join(knowledge().by_number).lower()
    for sentence in made.sentences():
        assert sentence.spans
        told = sentence.text.lower()
        for value in re.findall(r"\b[0-9a-f]{32,64}\b|\bcve-\d+-\d+\b", told):
            assert value in given_ or value in known
        for value in re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", told):
            assert value in given_


@given(st.lists(PROSE, min_size=1, max_size=2))
@settings(max_examples=30)
def test_every_writer_writes_every_brief(texts: list[str]) -> None:
    made = brief(*texts)
    for write in WRITERS.values():
        assert write(made, "green")


@given(st.binary(max_size=300))
@settings(max_examples=150)
def test_any_bytes_are_documents_or_an_error(data: bytes) -> None:
    try:
        documents = read_documents(data, "x")
    except EvidenceError:
        return
    for document in documents:
        assert document.place(len(document.text) - 1)
        assert document.whole == Span(document.id, 0, len(document.text))


@given(st.sampled_from(["%PDF-1.4\n", "<rss>", "<html>", '{"type": "bundle"', "From: a\nTo: b\n"]),
       st.text(max_size=200))  # fmt: skip
@settings(max_examples=100)
def test_any_text_behind_the_mark_of_a_format_is_read_or_an_error(mark: str, text: str) -> None:
    try:
        read_documents((mark + text).encode("utf-8", "replace"), "x")
    except EvidenceError:
        return
