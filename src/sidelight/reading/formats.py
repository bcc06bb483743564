"""What a report may come as, told by its bytes and never by its name."""

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from typing import Final

from sidelight.errors import EvidenceError
from sidelight.reading.document import Content, Document, make_document
from sidelight.reading.documents import docx, feed, html, mail, objects, pdf, plain
from sidelight.values import dataclass

_HEADER: Final = re.compile(
    rb"\A(?:(?:From|Received|Return-Path|Delivered-To|MIME-Version|Subject|Date|Message-ID|X-[\w-]+"
    rb"|To|DKIM-Signature):[^\n]*\n(?:[ \t][^\n]*\n)*){2,}",
    re.IGNORECASE,
)
_FEED: Final = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
_HTML: Final = re.compile(
    rb"<(?:!doctype html|html|head|body|article|main|div|p|h1|table)[\s>]", re.IGNORECASE
)
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD: Final = 4096


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name for a person, how it is told, and how it is read."""

    title: str
    sniff: Callable[[bytes], bool]
    read: Callable[[bytes, str], list[Content]]


def _one(read: Callable[[bytes, str], Content]) -> Callable[[bytes, str], list[Content]]:
    return lambda data, name: [read(data, name)]


def _is_docx(data: bytes) -> bool:
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return "word/document.xml" in package.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def _is_json(judge: Callable[[object], bool]) -> Callable[[bytes], bool]:
    def sniff(data: bytes) -> bool:
        if data.lstrip()[:1] != b"{":
            return False
        try:
            return judge(json.loads(data))
        except (ValueError, RecursionError):
            return False

    return sniff


def _refuse_ole(data: bytes, name: str) -> list[Content]:
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise EvidenceError(
            "is an Office file protected by a password", where=name, hint="save a copy without one"
        )
    raise EvidenceError("is an Office file of the old kind", where=name, hint="save it as .docx")


def _refuse_zip(data: bytes, name: str) -> list[Content]:
    del data
    raise EvidenceError("is an archive", where=name, hint="unpack it, and read the folder")


FORMATS: Final[Mapping[str, Format]] = {
    "pdf": Format("PDF", lambda data: b"%PDF-" in data[:1024], _one(pdf.read)),
    "docx": Format("DOCX", _is_docx, _one(docx.read)),
    "ole": Format("Office file of the old kind", lambda d: d.startswith(_OLE), _refuse_ole),
    "zip": Format("archive", lambda d: d.startswith(b"PK\x03\x04"), _refuse_zip),
    "stix": Format("STIX bundle", _is_json(objects.is_stix), _one(objects.read_stix)),
    "misp": Format("MISP event", _is_json(objects.is_misp), _one(objects.read_misp)),
    "feed": Format("RSS or Atom feed", lambda d: bool(_FEED.search(d[:_HEAD])), feed.read),
    "eml": Format("e-mail", lambda d: bool(_HEADER.match(d[:_HEAD])), _one(mail.read)),
    "html": Format("HTML", lambda d: bool(_HTML.search(d[:_HEAD])), _one(html.read)),
    "text": Format("text or Markdown", lambda data: True, _one(plain.read)),
}
"""The first format that recognises the bytes reads them."""


def read_documents(data: bytes, name: str) -> list[Document]:
    """Read *data*; a feed gives a document for each item, everything else gives one.

    Raises:
        EvidenceError: it cannot be read, or holds no text; says why and what to do.
    """
    if not data.strip():
        raise EvidenceError("is empty", where=name)
    form = next(key for key, each in FORMATS.items() if each.sniff(data))
    contents = FORMATS[form].read(data, name)
    if not contents:
        raise EvidenceError("holds no item", where=name)
    names = [name] if len(contents) == 1 else [f"{name}#{n}" for n in range(1, len(contents) + 1)]
    return [make_document(n, form, data, each) for n, each in zip(names, contents, strict=True)]
