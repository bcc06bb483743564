"""Text and Markdown, verbatim: UTF-8, UTF-16 or UTF-32 by its mark, Windows-1252 line by line."""

import codecs
from typing import Final

from sidelight.errors import EvidenceError
from sidelight.reading.document import Content, Piece

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


_NO_TEXT: Final = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7"})
"""Encodings of Python that no text is written in; some take time that grows with the square."""
_WIDE: Final = ("utf-16", "utf-32")


def charset(declared: str) -> str:
    """Give the encoding that a text declares inside itself; UTF-8 for one that it cannot be in.

    Source: HTML living standard, 13.2.3.3: whoever could read the declaration reads no UTF-16.
    """
    try:
        known = codecs.lookup(declared).name
    except (LookupError, ValueError):
        return "utf-8"
    return "utf-8" if known in _NO_TEXT or known.startswith(_WIDE) else known


def read(data: bytes, name: str) -> Content:
    """Read *data*; a line that is no UTF-8 is read as Windows-1252, and that is noted.

    Raises:
        EvidenceError: it is no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, "replace")
            return Content(text, [Piece(0, "byte", len(mark), encoding)])
    if b"\0" in data[:4096]:
        raise EvidenceError("is neither text nor a format that is read", where=name)
    try:
        return Content(data.decode(), [Piece(0, "byte", 0, "utf-8")])
    except UnicodeDecodeError:
        return _by_line(data)


def _by_line(data: bytes) -> Content:
    parts: list[str] = []
    pieces: list[Piece] = []
    start = at = foreign = 0
    for line in data.splitlines(keepends=True):
        try:
            text, encoding = line.decode(), "utf-8"
        except UnicodeDecodeError:
            text, encoding = line.decode("cp1252", "replace"), "cp1252"
            foreign += 1
        pieces.append(Piece(start, "byte", at, encoding))
        parts.append(text)
        start += len(text)
        at += len(line)
    note = f"{foreign} lines are no UTF-8 and were read as Windows-1252."
    return Content("".join(parts), pieces, notes=(note,))
