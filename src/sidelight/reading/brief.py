"""The brief: sentences, each of which cites what it rests on.

Rule of the module: a sentence without a span cannot be made, so none can be emitted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import field

from sidelight.intel.source import Source
from sidelight.reading.compare import Conflict, Story
from sidelight.reading.document import Documents, Span
from sidelight.reading.read import Reading
from sidelight.values import dataclass


class UncitedError(ValueError):
    """A sentence was made that rests on nothing."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a brief.

    Args:
        spans: what of the documents it rests on; at least one.
        sources: ids of sources of the knowledge base that it rests on besides.
        commands: what to run, each a whole command line.
        general: whether it is general advice, which nothing here runs.

    Raises:
        UncitedError: it has no span.
    """

    text: str
    spans: tuple[Span, ...]
    sources: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    general: bool = False

    def __post_init__(self) -> None:
        if not self.spans or not self.text.strip():
            raise UncitedError(f"rests on nothing: {self.text!r}")


@dataclass(frozen=True, slots=True)
class Section:
    """Sentences under a heading."""

    title: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """What is told of one or several readings.

    Args:
        id: names the report on the shelf.
        sections: key takeaways, what happened, why it matters, what to do, what is not said.
        rules: Sigma rules made of it, by the name of their file.
        techniques: ids, of which hunts are run.
        sources: of the knowledge base, that sentences rest on.
    """

    id: str
    title: str
    documents: Documents
    stories: tuple[Story, ...]
    conflicts: tuple[Conflict, ...]
    sections: tuple[Section, ...]
    rules: dict[str, str] = field(default_factory=dict)
    techniques: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Give the readings, in order."""
        return tuple(reading for story in self.stories for reading in story.readings)

    @property
    def proposed(self) -> bool:
        """Tell whether a model proposed part of it."""
        return any(each.proposed for each in self.readings)

    def sentences(self) -> Iterator[Sentence]:
        """Yield every sentence."""
        for section in self.sections:
            yield from section.sentences


def listed(names: Sequence[str], most: int = 12) -> str:
    """Join names as a sentence has them; what is more than *most* is counted."""
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def first_spans(spans: Sequence[Span], most: int = 6) -> tuple[Span, ...]:
    """Give the first of *spans*, each once."""
    return tuple(dict.fromkeys(spans))[:most]
