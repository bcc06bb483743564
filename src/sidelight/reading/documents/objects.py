"""STIX bundles and MISP events, as the sentences they stand for: one line an object.

Sources: STIX 2.1 part 4 and 5 (objects, relationship), MISP core format (Event, Attribute, Object).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from sidelight.errors import EvidenceError
from sidelight.reading.document import Content, Piece

_Object: TypeAlias = Mapping[str, object]

_NOUNS: Final = {
    "intrusion-set": "The group",
    "threat-actor": "The group",
    "malware": "The malware",
    "tool": "The tool",
    "campaign": "The campaign",
    "attack-pattern": "The technique",
    "vulnerability": "The vulnerability",
}
_VERBS: Final = {
    "uses": "uses",
    "targets": "targets",
    "attributed-to": "is attributed to",
    "delivers": "delivers",
    "drops": "drops",
    "variant-of": "is a variant of",
    "related-to": "is associated with",
    "exploits": "exploits",
}


def is_stix(value: object) -> bool:
    """Tell a bundle of STIX 2."""
    return isinstance(value, dict) and value.get("type") == "bundle"


def is_misp(value: object) -> bool:
    """Tell an event of MISP, alone or in the answer of a server."""
    return isinstance(value, dict) and isinstance(value.get("Event"), dict)


def read_stix(data: bytes, name: str) -> Content:
    """Read a bundle: names, descriptions, patterns and relationships."""
    bundle = _object(_parsed(data, name))
    objects = [each for each in _list(bundle.get("objects")) if each.get("id")]
    named = {str(each["id"]): _spoken(each) for each in objects}
    lines = [
        (number, line) for number, each in enumerate(objects, 1) for line in _stix(each, named)
    ]
    report = next((each for each in objects if each.get("type") == "report"), {})
    return _content(lines, str(report.get("name", "")), str(report.get("published", "")))


def read_misp(data: bytes, name: str) -> Content:
    """Read an event: its info, its attributes with their comments, its tags."""
    event = _object(_object(_parsed(data, name)).get("Event"))
    lines = [(0, f"{event.get('info', '')}.")]
    attributes = [*_list(event.get("Attribute"))]
    for each in _list(event.get("Object")):
        attributes += _list(each.get("Attribute"))
    for number, each in enumerate(attributes, 1):
        comment = f" ({each['comment']})" if each.get("comment") else ""
        lines.append((number, f"{each.get('type', '')}: {each.get('value', '')}{comment}"))
    lines += [(0, f"Tag: {tag.get('name', '')}") for tag in _list(event.get("Tag"))]
    return _content(lines, str(event.get("info", "")), str(event.get("date", "")))


def _content(lines: list[tuple[int, str]], title: str, published: str) -> Content:
    pieces, size = [Piece(0, "object", 0)], 0
    for number, line in lines:
        pieces.append(Piece(size, "object", number))
        size += len(line) + 1
    text = "\n".join(line for _, line in lines)
    return Content(text, pieces, title=title, published=published)


def _stix(each: _Object, named: Mapping[str, str]) -> Iterator[str]:
    kind = str(each.get("type", ""))
    if kind == "relationship":
        ends = (named.get(str(each.get("source_ref"))), named.get(str(each.get("target_ref"))))
        verb = _VERBS.get(str(each.get("relationship_type")))
        if all(ends) and verb:
            yield f"{ends[0]} {verb} {ends[1]}."
    elif each.get("name"):
        yield f"{_NOUNS.get(kind, kind.title())} {each['name']}."
    for key in ("value", "pattern", "description", "abstract", "content"):
        if isinstance(each.get(key), str):
            yield str(each[key])
    hashes = each.get("hashes")
    if isinstance(hashes, dict):
        yield from (f"{name}: {value}" for name, value in hashes.items())


def _spoken(each: _Object) -> str:
    return str(each.get("name") or each.get("value") or "")


def _parsed(data: bytes, name: str) -> object:
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"is no JSON: {error}", where=name) from None
    return value


def _object(value: object) -> _Object:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[_Object]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
