"""HTML as a run of blocks whose characters know where they stand.

The scanner goes over the source once and looks no character up twice, whatever is left open:
HTML living standard, 13.2.5 "Tokenization", as far as text and its blocks need it.
"""

import re
from collections.abc import Iterator
from dataclasses import field
from html import unescape
from typing import Final

from sidelight.reading.document import Piece
from sidelight.reading.words import words
from sidelight.values import dataclass

_TAG: Final = re.compile(r"<(/?)([a-zA-Z][\w:-]*)", re.ASCII)
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,31});", re.ASCII)
_SPACE: Final = re.compile(r"\s+")
_RAW: Final = frozenset({"script", "style", "noscript", "template", "svg", "iframe", "textarea"})
_CHROME: Final = frozenset({"nav", "footer", "aside", "form", "button", "select", "header", "menu"})
_INLINE: Final = words(
    """a abbr b bdi bdo cite code data del dfn em font i ins kbd mark q s samp small span strong
    sub sup time tt u var wbr"""
)
_ATTRIBUTE: Final = re.compile(r"""([\w:-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.ASCII)


@dataclass(slots=True)
class Block:
    """A run of text between two borders of blocks.

    Args:
        pieces: where its parts stand, start counted within the block.
        chrome: whether it is part of the frame of the page.
        kept: whether line breaks mean something in it.
    """

    chrome: bool
    kept: bool
    parts: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    size: int = 0

    def add(self, text: str, at: int) -> None:
        """Append *text*, which stands at character *at* of the source."""
        self.pieces.append(Piece(self.size, "character", at))
        self.parts.append(text)
        self.size += len(text)

    @property
    def text(self) -> str:
        """Give the text whole."""
        return "".join(self.parts)


@dataclass(slots=True)
class Page:
    """What a page holds."""

    blocks: list[Block] = field(default_factory=list)
    title: str = ""
    meta: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)


def scan(source: str) -> Page:
    """Cut *source* into blocks, in order."""
    page, state = Page(), _State()
    block = Block(chrome=False, kept=False)
    for kind, text, at in _tokens(source):
        if kind == "text":
            _add_text(block, text, at, kept=bool(state.kept))
            continue
        if kind == "title":
            page.title = page.title or " ".join(unescape(text).split())
            continue
        name, closing = text.lower(), kind == "close"
        if name in {"meta", "a"} and not closing:
            _note(page, name, source[at : at + 2000].partition(">")[0])
        if name not in _INLINE:
            _close(page, block)
            state.move(name, closing=closing)
            block = Block(chrome=bool(state.chrome), kept=bool(state.kept))
    _close(page, block)
    return page


@dataclass(slots=True)
class _State:
    chrome: int = 0
    kept: int = 0

    def move(self, name: str, *, closing: bool) -> None:
        step = -1 if closing else 1
        if name in _CHROME:
            self.chrome = max(self.chrome + step, 0)
        if name == "pre":
            self.kept = max(self.kept + step, 0)


def _close(page: Page, block: Block) -> None:
    if block.text.strip():
        page.blocks.append(block)


def _add_text(block: Block, text: str, at: int, *, kept: bool) -> None:
    """Append text with its entities resolved, and runs of space made one unless *kept*."""
    last = 0
    for match in _ENTITY.finditer(text):
        _add_plain(block, text[last : match.start()], at + last, kept=kept)
        block.add(unescape(match[0]), at + match.start())
        last = match.end()
    _add_plain(block, text[last:], at + last, kept=kept)


def _add_plain(block: Block, text: str, at: int, *, kept: bool) -> None:
    if kept:
        if text:
            block.add(text, at)
        return
    last = 0
    for match in _SPACE.finditer(text):
        if match[0] == " ":
            continue
        if match.start() > last:
            block.add(text[last : match.start()], at + last)
        block.add(" ", at + match.start())
        last = match.end()
    if last < len(text):
        block.add(text[last:], at + last)


def _tokens(source: str) -> Iterator[tuple[str, str, int]]:
    """Yield kind, text and place: ``text``, ``title``, ``open`` and ``close`` with a tag's name."""
    at, end = 0, len(source)
    lower = source.lower() if source.isascii() else source.translate(_LOWER)
    while at < end:
        start = source.find("<", at)
        start = end if start < 0 else start
        if start > at:
            yield "text", source[at:start], at
        if start == end:
            return
        if source.startswith("<!--", start):
            at = _past(source, "-->", start + 4)
            continue
        match = _TAG.match(source, start)
        if not match:
            past = source.startswith(("<!", "<?", "</"), start)
            if not past:
                yield "text", "<", start
            at = _past(source, ">", start) if past else start + 1
            continue
        name = match[2].lower()
        after = _past(source, ">", start)
        yield ("close" if match[1] else "open"), name, start
        at = after
        if name in _RAW | {"title"} and not match[1]:
            close = lower.find(f"</{name}", after)
            close = end if close < 0 else close
            if name == "title":
                yield "title", source[after:close], after
            at = close


_LOWER: Final = {ordinal: ordinal + 32 for ordinal in range(65, 91)}


def _past(source: str, mark: str, start: int) -> int:
    found = source.find(mark, start)
    return len(source) if found < 0 else found + len(mark)


def _note(page: Page, name: str, tag: str) -> None:
    values = {key.lower(): unescape(value.strip("\"'")) for key, value in _ATTRIBUTE.findall(tag)}
    if name == "a" and values.get("href", "").startswith(("http://", "https://")):
        page.links.append(values["href"])
    if name == "meta" and values.get("content"):
        key = values.get("property") or values.get("name") or ""
        page.meta.setdefault(key.lower(), values["content"])
