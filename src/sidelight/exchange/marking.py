"""What the markings of a STIX object say about who may see it.

Sources: STIX 2.1 section 7.2 (object and granular markings; a granular marking overrides that of
the object for what it selects); OASIS, TLP 2.0 extension; STIX 2.1 section 7.2.1.4 for the four
fixed instances of TLP 1; MISP taxonomy ``tlp`` for labels.

Where the standard leaves a choice the stricter one is taken: several granular markings of one
property add up, and a selector that selects nothing still counts.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Final, TypeGuard

from sidelight.intel.markings import EXTENSION, FIRST_VERSION, MARKINGS, Marking, label
from sidelight.values import dataclass

Json = Mapping[str, object]

ORDER: Final[tuple[Marking, ...]] = ("clear", "green", "amber", "amber+strict", "red")
"""From open to strict."""

KNOWN: Final[Mapping[str, Marking]] = {
    **{ref: name for name, ref in MARKINGS.items()},
    **FIRST_VERSION,
}
"""Markings by id: those of TLP 2.0, and those of TLP 1 with what they became."""

_SPELLINGS: Final[Mapping[str, Marking]] = {
    **{name: name for name in ORDER},
    "white": "clear",
    "amber-strict": "amber+strict",
    "amber_strict": "amber+strict",
    "amber strict": "amber+strict",
}
_LABEL: Final = re.compile(r"\s*tlp\s*:\s*(.*?)\s*", re.IGNORECASE | re.ASCII | re.DOTALL)
_INDEX: Final = re.compile(r"\[(\d+)\]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Unclear:
    """Why nobody can say who may see an object."""

    rule: str
    why: str


def strictest(markings: Iterable[Marking]) -> Marking:
    """Give the marking with the fewest readers."""
    return max(markings, key=ORDER.index)


def spelled(text: str) -> Marking | None:
    """Read a marking as FIRST, MISP, TLP 1 or people spell it: ``TLP:AMBER+STRICT``, ``white``."""
    found = _LABEL.fullmatch(text)
    return _SPELLINGS.get((found[1] if found else text).strip().lower())


def defined(definition: Json) -> Marking | None:
    """Read which TLP marking a marking definition stands for, also one with an id of its own.

    One that claims two stands for the stricter.
    """
    if str(definition.get("id")) in KNOWN:
        return KNOWN[str(definition["id"])]
    claims = _claims(definition)
    return None if not claims or None in claims else strictest(each for each in claims if each)


def contradicts(definition: Json) -> bool:
    """Tell whether a definition has the id of a TLP marking and claims to be another."""
    known = KNOWN.get(str(definition.get("id")))
    return known is not None and any(each != known for each in _claims(definition))


def _claims(definition: Json) -> list[Marking | None]:
    """Give what a definition says it is, None for what is no TLP marking."""
    found = []
    extensions, inner = definition.get("extensions"), definition.get("definition")
    if isinstance(extensions, Mapping) and isinstance(extensions.get(EXTENSION), Mapping):
        found.append(spelled(str(extensions[EXTENSION].get("tlp_2_0"))))
    if str(definition.get("definition_type")).lower() == "tlp" and isinstance(inner, Mapping):
        found += [spelled(str(text)) for key, text in inner.items() if str(key).lower() == "tlp"]
    return found


def marking_of(item: Json, others: Mapping[str, Marking | None]) -> Marking | Unclear:
    """Give the strictest marking of any property of *item*.

    It is served whole or not at all (STIX 2.1, section 3.5: an omission makes another object),
    so this is the marking of the whole. *others* are the marking definitions known besides those
    of TLP, with what TLP they stand for: None for a statement, which says nothing about readers.
    """
    read = _read(item, others)
    if isinstance(read, Unclear):
        return read
    whole, parts = read
    return strictest((whole, *(marking for _, marking in parts)))


def effective(item: Json, others: Mapping[str, Marking | None]) -> dict[str, Marking] | Unclear:
    """Give the marking of each property at the top of *item*: the strictest inside it.

    A granular marking takes the place of the object's for a property that it selects whole.
    """
    read = _read(item, others)
    if isinstance(read, Unclear):
        return read
    whole, parts = read
    # What a selector that selects nothing was meant for, nobody can say: it is all.
    astray = [marking for selector, marking in parts if selector.partition(".")[0] not in item]
    whole = strictest((whole, *astray))
    parts = [(selector, strictest((marking, *astray))) for selector, marking in parts]
    found = {}
    for name in item:
        exact = [marking for selector, marking in parts if selector == name]
        within = [marking for selector, marking in parts if selector.startswith(name + ".")]
        found[name] = strictest((*(exact or (whole,)), *within))
    return found


def translated(
    item: Json,
    marking: Marking,
    others: Mapping[str, Marking | None],
    stays: Callable[[str], bool] = lambda _: False,
) -> Json:
    """Give *item* with its TLP markings as references to the five of OASIS.

    *item* itself is given where it has no other. A reference that *stays* is left as it is.
    """

    def foreign(ref: str) -> Marking | None:
        return None if stays(ref) else others.get(ref) or FIRST_VERSION.get(ref)

    refs = _texts(item.get("object_marking_refs"))
    parts = item.get("granular_markings")
    granular = [dict(part) for part in parts if isinstance(part, Mapping)] if _is(parts) else []
    outer = _of_object(item, others)
    own = MARKINGS[outer if not isinstance(outer, Unclear) else marking]
    wanted = [ref for ref in refs if not foreign(ref)]
    if not any(ref in KNOWN for ref in wanted):
        wanted.append(own)
    for part in granular:
        tlp = foreign(str(part.get("marking_ref")))
        if tlp:
            part["marking_ref"] = MARKINGS[tlp]
    changed = {**item, "object_marking_refs": wanted}
    if granular:
        changed["granular_markings"] = granular
    return item if changed == item else changed


def _read(
    item: Json, others: Mapping[str, Marking | None]
) -> tuple[Marking, list[tuple[str, Marking]]] | Unclear:
    """Give the marking of an object, and those of the parts that selectors name."""
    whole = _of_object(item, others)
    if isinstance(whole, Unclear):
        return whole
    parts = _of_parts(item, others)
    return parts if isinstance(parts, Unclear) else (whole, parts)


def _of_object(item: Json, others: Mapping[str, Marking | None]) -> Marking | Unclear:
    refs: object = item.get("object_marking_refs", [])
    if not _is(refs) or len(_texts(refs)) < len(refs):
        return Unclear("unreadable-marking", "object_marking_refs is no list of ids")
    stranger = _stranger(_texts(refs), others)
    if stranger:
        return stranger
    found = {tlp for ref in _texts(refs) if (tlp := KNOWN.get(ref) or others.get(ref))}
    labels: object = item.get("labels", [])
    if not _is(labels) or len(_texts(labels)) < len(labels):
        return Unclear("unreadable-marking", "labels is no list of texts, and may hold a marking")
    for text in _texts(labels):
        if _LABEL.fullmatch(text):
            tlp = spelled(text)
            if tlp is None:
                return Unclear("unknown-marking", f"label {text!r} is no TLP label")
            found.add(tlp)
    match sorted(found, key=ORDER.index):
        case []:
            return Unclear("unmarked", "it carries no TLP marking, so nobody may see it")
        case [only]:
            return only
        case several:
            named = " and ".join(map(label, several))
            return Unclear("two-markings", f"it is marked {named}: TLP wants exactly one")


def _of_parts(
    item: Json, others: Mapping[str, Marking | None]
) -> list[tuple[str, Marking]] | Unclear:
    parts = item.get("granular_markings", [])
    if not _is(parts):
        return Unclear("unreadable-marking", "granular_markings is no list")
    found: list[tuple[str, Marking]] = []
    for part in parts:
        if not isinstance(part, Mapping) or not _all_texts(part.get("selectors")):
            return Unclear("unreadable-marking", "a granular marking has no selectors")
        ref = part.get("marking_ref")
        if ref is None:
            if not isinstance(part.get("lang"), str):
                return Unclear("unreadable-marking", "a granular marking marks nothing")
            continue
        stranger = _stranger([str(ref)], others)
        if stranger:
            return stranger
        tlp = KNOWN.get(str(ref)) or others.get(str(ref))
        if tlp:
            found += [(_path(text), tlp) for text in _texts(part.get("selectors"))]
    return found


def _stranger(refs: Iterable[str], others: Container[str]) -> Unclear | None:
    for ref in refs:
        if ref not in KNOWN and ref not in others:
            return Unclear("unknown-marking", f"{ref} is not known here: send its definition, too")
    return None


def _path(selector: str) -> str:
    """Spell a selector with indices as names, so that prefixes of paths are prefixes of text."""
    return _INDEX.sub(r"\1", selector)


def _texts(value: object) -> list[str]:
    return [text for text in _items(value) if isinstance(text, str)]


def _all_texts(value: object) -> bool:
    return _is(value) and 0 < len(value) == len(_texts(value))


def _items(value: object) -> Iterator[object]:
    yield from value if isinstance(value, list | tuple) else ()


def _is(value: object) -> TypeGuard[list[object] | tuple[object, ...]]:
    return isinstance(value, list | tuple)
