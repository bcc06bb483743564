"""A brief as JSON: sentences with their spans, and everything that was read."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TypeAlias

import orjson

from sidelight.intel.markings import Marking
from sidelight.reading.brief import Brief, Sentence
from sidelight.reading.document import Span
from sidelight.reading.read import Reading

_Json: TypeAlias = Mapping[str, object]


def as_json(brief: Brief, marking: Marking) -> str:
    """Write *brief*."""
    document = {
        "id": brief.id,
        "title": brief.title,
        "tlp": marking,
        "proposed": brief.proposed,
        "sections": [
            {"title": each.title, "sentences": [_sentence(brief, s) for s in each.sentences]}
            for each in brief.sections
        ],
        "conflicts": [
            {
                "kind": each.kind,
                "text": each.text,
                "spans": [_span(brief, span) for span in each.spans],
                "sources": each.sources,
            }
            for each in brief.conflicts
        ],
        "documents": [_reading(brief, each) for each in brief.readings],
        "rules": list(brief.rules),
        "techniques": brief.techniques,
        "sources": [asdict(each) for each in brief.sources],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def _sentence(brief: Brief, sentence: Sentence) -> _Json:
    return {
        "text": sentence.text,
        "spans": [_span(brief, span) for span in sentence.spans],
        "sources": sentence.sources,
        "commands": sentence.commands,
        "general": sentence.general,
    }


def _span(brief: Brief, span: Span) -> _Json:
    document = brief.documents[span.document]
    whole = span == document.whole
    return {
        "document": span.document,
        "start": span.start,
        "end": span.end,
        "place": document.place(span.start),
        "text": None if whole else document.quote(span),
    }


def _reading(brief: Brief, reading: Reading) -> _Json:
    document = reading.document
    return {
        "id": document.id,
        "name": document.name,
        "format": document.format,
        "title": document.content.title,
        "published": document.content.published,
        "notes": document.content.notes,
        "provenance": {"hand": reading.provenance.hand, "chain": reading.provenance.chain},
        "entities": [asdict(each) for each in reading.entities],
        "claims": [{**asdict(each), "span": _span(brief, each.span)} for each in reading.claims],
        "techniques": [
            {**asdict(each), "span": _span(brief, each.span)} for each in reading.techniques
        ],
        "observables": [
            {**asdict(each), "span": _span(brief, each.span)} for each in reading.observables
        ],
    }
