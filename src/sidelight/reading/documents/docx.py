"""DOCX: paragraphs of the body, of tables and text boxes, then of foot- and endnotes.

Source: ECMA-376 part 1, 17.3 (paragraphs w:p, runs w:t, w:tab, w:br) and part 2 (packaging).
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

from sidelight.errors import EvidenceError
from sidelight.reading.document import Content, Piece

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARTS: Final = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_LIMIT: Final = 64 << 20


def read(data: bytes, name: str) -> Content:
    """Read the paragraphs.

    Raises:
        EvidenceError: it is broken.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            present = [part for part in _PARTS if part in package.namelist()]
            roots = [_root(package, part, name) for part in present]
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, RuntimeError) as error:
        raise EvidenceError(f"cannot be read as DOCX: {error}", where=name) from None
    texts = [text for root in roots for text in _paragraphs(root)]
    pieces, size = [], 0
    for number, text in enumerate(texts, 1):
        pieces.append(Piece(size, "paragraph", number))
        size += len(text) + 1
    return Content("\n".join(texts), pieces or [Piece(0, "paragraph", 1)])


def _root(package: zipfile.ZipFile, part: str, name: str) -> ElementTree.Element:
    with package.open(part) as stream:
        data = stream.read(_LIMIT + 1)
    if len(data) > _LIMIT or b"<!DOCTYPE" in data[:1024]:
        raise EvidenceError(f"its part {part} is too large or has a DOCTYPE", where=name)
    return ElementTree.fromstring(data)  # noqa: S314 - a DOCTYPE was refused


def _paragraphs(root: ElementTree.Element) -> Iterator[str]:
    """Yield paragraphs, each with the text boxes in it; every node is visited once."""
    words: list[str] = []
    depth = 0
    open_: list[tuple[ElementTree.Element, bool]] = [(root, False)]
    while open_:
        node, left = open_.pop()
        if left:
            depth -= 1
            if not depth:
                if text := "".join(words).strip():
                    yield text
                words.clear()
            continue
        if node.tag == f"{_W}p":
            depth += 1
            open_.append((node, True))
        elif depth and node.tag in {f"{_W}t", f"{_W}tab", f"{_W}br"}:
            words.append(node.text or "" if node.tag == f"{_W}t" else " ")
        open_ += [(child, False) for child in reversed(node)]
