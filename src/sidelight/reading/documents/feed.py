"""RSS 2.0, RSS 1.0 and Atom: each item a text of its own.

Sources: RSS 2.0 specification; RFC 4287 (Atom).
"""

from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

from sidelight.errors import EvidenceError
from sidelight.reading.document import Content, Piece
from sidelight.reading.documents import html

_BODIES: Final = ("encoded", "content", "description", "summary")
_DATES: Final = ("pubDate", "published", "updated", "date")


def read(data: bytes, name: str) -> list[Content]:
    """Read the items, in order of the file.

    Raises:
        EvidenceError: it is no XML, or it has a DOCTYPE, which no feed needs.
    """
    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
        raise EvidenceError("has a DOCTYPE, which a feed does not need", where=name)
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - a DOCTYPE was refused
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise EvidenceError(f"cannot be read as a feed: {error}", where=name) from None
    publisher = next((_text(node, ("title",)) for node in (*_named(root, "channel"), root)), "")
    items = [*_named(root, "item"), *_named(root, "entry")]
    return [_item(item, number, publisher) for number, item in enumerate(items, 1)]


def _named(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (node for node in root.iter() if _local(node) == name)


def _local(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _text(node: ElementTree.Element, names: tuple[str, ...]) -> str:
    for name in names:
        for child in node:
            if _local(child) == name and (text := "".join(child.itertext()).strip()):
                return text
    return ""


def _item(item: ElementTree.Element, number: int, publisher: str) -> Content:
    title = " ".join(_text(item, ("title",)).split())
    body = html.read(_text(item, _BODIES).encode(), title).text
    links = [
        child.get("href") or (child.text or "").strip() for child in item if _local(child) == "link"
    ]
    return Content(
        f"{title}\n\n{body}",
        [Piece(0, "item", number)],
        title=title,
        published=_text(item, _DATES),
        publisher=publisher,
        links=tuple(link for link in links if link),
    )
