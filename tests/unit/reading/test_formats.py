"""Formats of reports: told by their bytes, read with places, refused with a reason."""

import io
import zipfile
from time import process_time

import pytest

import report_files as files
from sidelight.errors import EvidenceError
from sidelight.reading.formats import read_documents

PAGE = b"""<!doctype html><html><head><title>A &amp; B</title>
<meta property="article:published_time" content="2024-06-24">
<script>var x = "Naikon";</script></head>
<body><nav><a href="https://example.org/x">Home</a></nav><article>
<p>Naikon attacked an operator &amp; stayed there for a long while, as the article tells.</p>
<p>The <b>second</b> paragraph of it is long enough to stay where it stands, too.</p></article>
<footer>About us, terms, imprint and so on.</footer></body></html>"""


def text_of(data: bytes) -> str:
    return read_documents(data, "x")[0].text


@pytest.mark.parametrize(
    ("form", "data", "part"),
    [
        ("text", b"Naikon was here.", "Naikon"),
        ("html", PAGE, "Naikon attacked an operator & stayed"),
        ("pdf", files.pdf(["Naikon was here."]), "Naikon was here."),
        ("docx", files.docx(["Naikon was here."], ["In a note."]), "In a note."),
        ("eml", files.mail("Naikon was here.\n"), "Naikon was here."),
        ("eml", files.mail("<p>Naikon was here.</p>", html=True), "Naikon was here."),
        ("stix", files.STIX, "Naikon uses COOLCLIENT."),
        ("misp", files.MISP, "198.51.100.7"),
        ("feed", files.FEED, "Naikon attacked operators in Laos."),
    ],
)
def test_a_format_is_told_by_its_bytes(form: str, data: bytes, part: str) -> None:
    documents = read_documents(data, "no-suffix")
    assert documents[0].format == form
    assert part in documents[0].text


def test_the_frame_of_a_page_and_its_scripts_go_and_that_is_noted() -> None:
    document = read_documents(PAGE, "x")[0]
    assert "var x" not in document.text
    assert "imprint" not in document.text
    assert any("frame of the page" in note for note in document.content.notes)
    assert document.content.title == "A & B"
    assert document.content.published == "2024-06-24"


def test_a_block_with_a_hash_stays_wherever_it_stands() -> None:
    data = PAGE.replace(b"About us", b"d41d8cd98f00b204e9800998ecf8427e")
    assert "d41d8cd98f00b204e9800998ecf8427e" in text_of(data)


@pytest.mark.parametrize(
    ("data", "unit"),
    [
        (PAGE, "byte"),
        ("Zuerst \u00e4\u00f6\u00fc, dann Naikon.".encode(), "byte"),
        ("eins\nzw\u00f6lf Naikon".encode("cp1252"), "byte"),
        ("\ufeffvorn Naikon".encode("utf-16-le"), "byte"),
    ],
)
def test_a_place_is_the_byte_in_the_original(data: bytes, unit: str) -> None:
    document = read_documents(data, "x")[0]
    offset = document.text.index("Naikon")
    told, at = document.place(offset).split()
    assert told == unit
    wide = "Naikon".encode("utf-16-le")
    assert data[int(at) :].startswith((b"Naikon", wide))


def test_pages_and_paragraphs_are_places() -> None:
    document = read_documents(files.pdf(["One.", "Two."]), "x")[0]
    assert document.place(document.text.index("Two")) == "page 2"
    document = read_documents(files.docx(["One.", "Two."]), "x")[0]
    assert document.place(document.text.index("Two")) == "paragraph 2"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\0\1\2" * 50, "neither text"),
        (files.pdf(["", ""]), "it is a scan"),
        (files.locked(files.pdf(["Naikon."])), "password"),
        (b"%PDF-1.4\ngarbage", "cannot be read as PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old kind"),
        (b"PK\x03\x04nothing", "archive"),
        (b'<!DOCTYPE rss [<!ENTITY x "y">]><rss><channel/></rss>', "DOCTYPE"),
    ],
    ids=[
        "empty",
        "blank",
        "binary",
        "scan",
        "locked",
        "broken",
        "locked-office",
        "old",
        "zip",
        "dtd",
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(EvidenceError, match=reason):
        read_documents(data, "x")


def test_pages_without_text_are_named() -> None:
    document = read_documents(files.pdf(["One.", ""]), "x")[0]
    assert "Pages without text: 2." in document.content.notes


def test_lines_in_another_encoding_are_read_and_noted() -> None:
    document = read_documents("gut \u00e4\n".encode() + "schlecht \u00e4\n".encode("cp1252"), "x")[
        0
    ]
    assert document.text == "gut \u00e4\nschlecht \u00e4\n"
    assert "1 lines are no UTF-8" in document.content.notes[0]


def test_a_long_page_is_cut_and_says_so() -> None:
    data = b"<html><body><p>" + b"word " * 4_000_000 + b"</p></body></html>"
    document = read_documents(data, "x")[0]
    assert any("the first" in note for note in document.content.notes)


def test_every_item_of_a_feed_is_a_text_with_an_id_of_its_own() -> None:
    documents = read_documents(files.FEED, "feed")
    assert [each.name for each in documents] == ["feed#1", "feed#2"]
    assert len({each.id for each in documents}) == 2
    assert documents[0].content.publisher == "A paper"


def test_paragraphs_nested_deeply_are_read_in_no_time() -> None:
    body = "<w:p>" * 20_000 + "<w:r><w:t>deep</w:t></w:r>" + "</w:p>" * 20_000
    document = _W_HEAD + body + "</w:body></w:document>"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        package.writestr("word/document.xml", document)
    before = process_time()
    assert read_documents(made.getvalue(), "x")[0].text == "deep"
    assert process_time() - before < 5


_W_HEAD = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
)


@pytest.mark.parametrize("name", ["punycode", "idna", "utf-7", "rot13", "hex", "utf-16", "nothing"])
def test_an_encoding_that_a_page_cannot_be_in_is_not_believed(name: str) -> None:
    page = f'<html><head><meta charset="{name}"></head><body><p>gr\u00fcn +AGE-</p></body></html>'
    assert read_documents(page.encode(), "x")[0].text == "gr\u00fcn +AGE-"


def test_a_page_is_not_cut_within_a_character() -> None:
    page = b"<html><body><p>x" + "\u00fc".encode() * (9 << 20) + b"</p></body></html>"
    text = read_documents(page, "x")[0].text
    assert text.startswith("x\u00fc\u00fc")
