"""A text as it is read, and where each of its characters stands in the original."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from hashlib import sha256
from operator import attrgetter
from typing import Final

from sidelight.errors import EvidenceError
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters *start* to *end* of the text of a document; never empty.

    Args:
        document: id of the document.
    """

    document: str
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"no span: {self.start} to {self.end}")


@dataclass(frozen=True, slots=True)
class Piece:
    """From character *start* on, the text stands in the original at *at*.

    Args:
        unit: what *at* counts: byte, page, paragraph, part, object, item.
        encoding: of the original, where bytes are counted; "" elsewhere.
    """

    start: int
    unit: str
    at: int
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What a reader of a format gives.

    Args:
        pieces: in order of start; the first starts at 0.
        published: as the original writes it; "" where it does not say.
        publisher: who published it; "" where it does not say.
        links: addresses that the original points to beside its text.
        notes: what was left out or could not be read, one sentence each.
    """

    text: str
    pieces: Sequence[Piece]
    title: str = ""
    published: str = ""
    publisher: str = ""
    links: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A text, named by the bytes it was read from.

    Args:
        id: first twelve digits of the SHA-256 of the original.
        name: path or address, for a person.
        format: as `sidelight.reading.formats` names it.
    """

    id: str
    name: str
    format: str
    content: Content
    _starts: list[int] = field(default_factory=list, compare=False, repr=False)

    @property
    def text(self) -> str:
        """Give the text whole."""
        return self.content.text

    @property
    def whole(self) -> Span:
        """Give the span of all of it, for what is said of a text as such."""
        return Span(self.id, 0, len(self.text))

    def quote(self, span: Span) -> str:
        """Give the characters of *span*, verbatim."""
        return self.text[span.start : span.end]

    def place(self, offset: int) -> str:
        """Say where the character at *offset* stands in the original: ``byte 312``, ``page 3``."""
        if not self._starts:
            self._starts.extend(map(attrgetter("start"), self.content.pieces))
        piece = self.content.pieces[max(bisect_right(self._starts, offset) - 1, 0)]
        if not piece.encoding:
            return f"{piece.unit} {piece.at}"
        between = self.text[piece.start : offset]
        return f"{piece.unit} {piece.at + len(between.encode(piece.encoding, 'replace'))}"


LONGEST: Final = 2_000_000
"""How many characters of a document are read: some seven hundred pages."""


_SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""What JSON may hold and no encoding can write."""


def make_document(name: str, form: str, data: bytes, content: Content) -> Document:
    """Name what was read: by its bytes, an item of a feed by its text, since feeds grow.

    Raises:
        EvidenceError: there is no text in it.
    """
    content = replace(
        content,
        text=_SURROGATE.sub("\ufffd", content.text),
        title=_SURROGATE.sub("\ufffd", content.title),
        published=_SURROGATE.sub("\ufffd", content.published),
        publisher=_SURROGATE.sub("\ufffd", content.publisher),
    )
    if len(content.text) > LONGEST:
        note = f"The text has {len(content.text):,} characters; the first {LONGEST:,} were read."
        content = replace(content, text=content.text[:LONGEST], notes=(*content.notes, note))
    if not content.text.strip():
        raise EvidenceError(
            "holds no text", where=name, hint="; ".join(content.notes) or "nothing can be read"
        )
    whole = f"{content.title}\0{content.text}".encode() if form == "feed" else data
    plain = _SURROGATE.sub("\ufffd", name)
    return Document(sha256(whole).hexdigest()[:12], plain, form, content)


Documents = Mapping[str, Document]
"""Documents by id."""
