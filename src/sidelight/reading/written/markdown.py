"""A brief as Markdown: sentences with numbers, and what the numbers stand for."""

import re
from collections.abc import Iterator
from typing import Final

from sidelight.intel.markings import Marking
from sidelight.intel.source import Source
from sidelight.reading.brief import Brief, Sentence
from sidelight.reading.shown import shown
from sidelight.reading.written.quotes import LABEL, Quotes

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|])")


def as_markdown(brief: Brief, marking: Marking) -> str:
    """Write *brief*."""
    return "\n".join(_lines(brief, marking)) + "\n"


def _lines(brief: Brief, marking: Marking) -> Iterator[str]:
    quotes = Quotes(brief)
    yield f"# {_escaped(shown(brief.title))}"
    yield f"\nReport `{brief.id}` · TLP:{marking.upper()}"
    if brief.proposed:
        yield f"\n{LABEL}"
    for section in brief.sections:
        yield f"\n## {section.title}\n"
        for sentence in section.sentences:
            yield from _sentence(sentence, quotes)
    if brief.rules:
        yield f"\n## Rules made of it\n\n{', '.join(f'`{name}`' for name in brief.rules)}"
    yield "\n## What the numbers stand for\n"
    for quote in quotes.all():
        text = quote.text if quote.text == "the whole text" else f"“{_escaped(quote.text)}”"
        yield f"{quote.number}. {text} ({_escaped(quote.place)})"
    if brief.sources:
        yield "\n## Sources of the knowledge base\n"
        yield from map(_source, brief.sources)


def _source(source: Source) -> str:
    told = ", ".join(filter(None, (source.publisher, source.title, source.date, source.url)))
    return f"- {source.id}: {_escaped(shown(told))}"


def _sentence(sentence: Sentence, quotes: Quotes) -> Iterator[str]:
    numbers = ", ".join(map(str, quotes.cite(sentence)))
    known = f"; {', '.join(sentence.sources)}" if sentence.sources else ""
    general = " *General advice.*" if sentence.general else ""
    yield f"- {_escaped(shown(sentence.text))}{general} [{numbers}{known}]"
    if sentence.commands:
        lines = "\n".join(f"      $ {command}" for command in sentence.commands)
        yield f"\n{lines}\n"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
