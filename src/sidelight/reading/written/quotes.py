"""Quotes: what sentences cite, numbered in the order of first use, made safe to show."""

from dataclasses import field
from typing import Final

from sidelight.reading.brief import Brief, Sentence
from sidelight.reading.document import Span
from sidelight.reading.shown import shown
from sidelight.values import dataclass

_LONGEST: Final = 280


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a document, for a person.

    Args:
        number: from 1.
        text: the words, shortened; "the whole text" for all of it.
        place: name of the document and where in the original it stands.
    """

    number: int
    text: str
    place: str


@dataclass(slots=True)
class Quotes:
    """Numbers the spans of a brief as they are cited."""

    brief: Brief
    numbers: dict[Span, int] = field(default_factory=dict)

    def cite(self, sentence: Sentence) -> tuple[int, ...]:
        """Give the numbers of what *sentence* rests on."""
        return tuple(self.numbers.setdefault(s, len(self.numbers) + 1) for s in sentence.spans)

    def all(self) -> list[Quote]:
        """Give every quote that was cited so far."""
        return [self._quote(span, number) for span, number in self.numbers.items()]

    def _quote(self, span: Span, number: int) -> Quote:
        document = self.brief.documents[span.document]
        if span == document.whole:
            return Quote(number, "the whole text", shown(document.name))
        place = f"{shown(document.name)}, {document.place(span.start)}"
        text = shown(document.quote(span))
        return Quote(number, text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…", place)


LABEL: Final = "Parts of this brief rest on claims that a model proposed; each was found verbatim."
"""What stands over a brief that a model had a part in."""
