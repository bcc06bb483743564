"""HTML articles: the article stays, the frame of the page goes, and how much went is noted.

trafilatura, where it is installed, says what the article is; without it, what stands in
navigation, footers and forms goes. A block that holds a hash or a defanged address always stays.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from typing import Final

from sidelight.reading.document import Content, Piece
from sidelight.reading.documents import plain
from sidelight.reading.documents.markup import Block, Page, scan

LIMIT: Final = 16 << 20
"""How much of a page is read."""
_JUDGED: Final = 3 << 20
"""How large a page trafilatura is asked about: it holds several copies of it in memory."""
_TELLING: Final = re.compile(r"\[\.\]|\(dot\)|hxxp|\b[0-9a-f]{32}", re.IGNORECASE)
_CHARSET: Final = re.compile(rb"charset\s*=\s*[\"']?([\w-]{3,20})", re.IGNORECASE)
_SHORT: Final = 25


def read(data: bytes, name: str) -> Content:
    """Read the page in *data*."""
    notes = []
    if len(data) > LIMIT:
        notes.append(
            f"The page has {len(data):,} bytes; the first {LIMIT:,} were read, the rest was not."
        )
    source, encoding = _decode(_start(data), name)
    page = scan(source)
    blocks = _article(page, source)
    if gone := len(page.blocks) - len(blocks):
        notes.append(f"{gone} of {len(page.blocks)} blocks were left out as frame of the page.")
    text, pieces = joined(blocks, source, encoding)
    meta = page.meta
    return Content(
        text,
        pieces,
        title=meta.get("og:title") or page.title,
        published=meta.get("article:published_time") or meta.get("date") or "",
        publisher=meta.get("og:site_name") or "",
        links=tuple(dict.fromkeys(page.links)),
        notes=tuple(notes),
    )


def _start(data: bytes) -> bytes:
    """Give what is read of *data*, cut where no character of UTF-8 is."""
    if len(data) <= LIMIT:
        return data
    cut = next((at for at in range(LIMIT, LIMIT - 4, -1) if data[at] & 0xC0 != 0x80), LIMIT)
    return data[:cut]


def _decode(data: bytes, name: str) -> tuple[str, str]:
    """Decode by the mark, by what the page declares, else as UTF-8 or Windows-1252."""
    declared = _CHARSET.search(data[:2048])
    try:
        encoding = plain.charset(declared[1].decode()) if declared else "utf-8"
        return data.decode(encoding), encoding
    except (LookupError, ValueError):
        return plain.read(data, name).text, ""


def joined(blocks: Iterable[Block], source: str, encoding: str) -> tuple[str, list[Piece]]:
    """Put blocks under each other, one line break apart."""
    counter = _Bytes(source, encoding)
    parts: list[str] = []
    pieces: list[Piece] = [Piece(0, "byte", 0, encoding)]
    size = 0
    for block in blocks:
        for piece in block.pieces:
            at = counter.until(piece.at)
            pieces.append(Piece(size + piece.start, counter.unit, at, encoding))
        parts.append(block.text)
        size += block.size + 1
    return "\n".join(parts), pieces


class _Bytes:
    """Tells how many bytes stand before a character, asked in rising order."""

    def __init__(self, source: str, encoding: str) -> None:
        self._source, self._encoding = source, encoding
        self._at = self._bytes = 0
        self.unit = "byte" if encoding else "character"

    def until(self, at: int) -> int:
        if not self._encoding:
            return at
        between = self._source[self._at : at]
        self._bytes += len(between.encode(self._encoding, "replace"))
        self._at = at
        return self._bytes


def _article(page: Page, source: str) -> Sequence[Block]:
    outside = [block for block in page.blocks if not block.chrome or _TELLING.search(block.text)]
    judged = _judged(source)
    if judged is None:
        return outside or page.blocks
    lines = {" ".join(line.strip("|-# ").split()) for line in judged.splitlines()}
    whole = " ".join(judged.split())
    kept = [block for block in page.blocks if _stays(block, lines, whole)]
    return kept if sum(block.size for block in kept) > 200 else outside or page.blocks


def _stays(block: Block, lines: set[str], whole: str) -> bool:
    bare = " ".join(block.text.split())
    if _TELLING.search(bare) or bare in lines:
        return True
    return not block.chrome and len(bare) >= _SHORT and bare in whole


def _judged(source: str) -> str | None:
    """Give what trafilatura takes for the article; None where it has no say."""
    if len(source) > _JUDGED:
        return None
    try:
        import trafilatura  # noqa: PLC0415 - optional, and slow to import
    except ImportError:
        return None
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        found: object = trafilatura.extract(source, include_comments=False, include_tables=True)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return None
    return found if isinstance(found, str) and found.strip() else None
