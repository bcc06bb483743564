"""A text as a person sees it: without characters that have no width, and with the way back."""

from collections.abc import Sequence
from typing import Final

from sidelight.reading.document import Document, Span
from sidelight.values import dataclass

HIDDEN: Final = frozenset(
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
)
"""Zero-width spaces and joiners, soft hyphens, marks of direction."""


_WRAPS: Final = {ord(blank): " " for blank in "\n\r\t\u00a0"}


def unwrapped(text: str) -> str:
    """Give *text* with every blank a space, so that words stand together where a line ended."""
    return text.translate(_WRAPS)


@dataclass(frozen=True, slots=True)
class View:
    """What is seen of a document.

    Args:
        text: without hidden characters.
        places: where each character stands in the document's text; empty where nothing is hidden.
    """

    document: Document
    text: str
    places: Sequence[int] = ()

    def span(self, start: int, end: int) -> Span:
        """Give the span in the document of characters *start* to *end* of the view."""
        if not self.places:
            return Span(self.document.id, start, end)
        return Span(self.document.id, self.places[start], self.places[end - 1] + 1)

    def hides(self, start: int, end: int) -> bool:
        """Tell whether something is hidden between two characters of the view."""
        return bool(self.places) and self.places[end - 1] - self.places[start] != end - 1 - start


def view(document: Document) -> View:
    """Look at *document*."""
    text = document.text
    if HIDDEN.isdisjoint(text):
        return View(document, text)
    places = [at for at, character in enumerate(text) if character not in HIDDEN]
    return View(document, "".join([text[at] for at in places]), places)
