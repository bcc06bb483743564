"""What a receiver may do with an object, beside who may see it: PAP and IEP.

PAP (MISP taxonomy ``PAP``) limits what a receiver does, so that the adversary does not notice;
IEP (FIRST, Information Exchange Policy 2.0, framework and JSON specification) limits action,
attribution, notification and resale, for a span of time. Either comes as a label, as a marking
definition of its own, or within an extension of one.

What cannot be read is taken as the strictest there is: a value, a policy that is only referred to
by its address, a date. Several policies of one object add up, each field by its strictest.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sidelight.exchange import instants
from sidelight.exchange.instants import Instant
from sidelight.exchange.marking import spelled
from sidelight.intel.markings import Marking
from sidelight.values import dataclass

Json = Mapping[str, object]

ALWAYS_ENDED: Final[Instant] = 0
"""The end of a policy whose end cannot be read."""
_PAP: Final = ("clear", "green", "amber", "red")
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "encrypt_in_transit": ("may", "must"),
    "permitted_actions": (
        "externally-visible-direct-actions",
        "externally-visible-indirect-actions",
        "internally-visible-actions",
        "contact-for-instruction",
        "none",
    ),
    "affected_party_notifications": ("may", "must-not"),
    "attribution": ("may", "must", "must-not"),
    "unmodified_resale": ("may", "must-not"),
}
"""Fields of a policy with their values, from open to strict."""
_FORMER: Final[Mapping[str, str]] = {"provider_attribution": "attribution"}
_TEXTS: Final = frozenset(
    {"id", "iep_id", "name", "description", "iep_version", "version", "tlp", "start_date"}
    | {"end_date", "external_references", "external_reference", "extension_type", "pap"}
)
_PAP_LABEL: Final = re.compile(r"\s*pap\s*:\s*(.*?)\s*", re.IGNORECASE | re.ASCII | re.DOTALL)
_IEP_LABEL: Final = re.compile(
    r'\s*iep(?:2-policy|2-reference)?\s*:\s*([a-z_ -]+?)\s*=\s*"?(.*?)"?\s*',
    re.IGNORECASE | re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Handling:
    """What a receiver may do.

    Args:
        pap: ``clear``, ``green``, ``amber`` or ``red``; empty where nothing is said.
        fields: fields of IEP and their values; what is missing was not said.
        starts: from when on the policy holds; None where it always did.
        ends: when it ends; None where it does not.
        unread: what was not understood, and so was taken as the strictest there is.
    """

    pap: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    starts: Instant | None = None
    ends: Instant | None = None
    unread: tuple[str, ...] = ()

    def field(self, name: str) -> str:
        """Give a field of IEP; empty where nothing is said."""
        return dict(self.fields).get(name, "")

    @property
    def stays_in_house(self) -> bool:
        """Tell whether nothing may be done that is seen outside, such as asking a service."""
        inside = _FIELDS["permitted_actions"][2:]
        return self.pap in {"red", "amber"} or self.field("permitted_actions") in inside


UNSAID: Final = Handling()


def handling_of(item: Json, definitions: Mapping[str, Json]) -> Handling:
    """Read what an object says itself, and by the marking definitions it refers to."""
    refs = [ref for ref in _refs(item) if ref in definitions]
    return _together([_of_labels(item), *(_of_definition(definitions[ref]) for ref in refs)])


def policy_tlp(definition: Json) -> Marking | None:
    """Give the TLP marking that a policy of IEP has; None where it has none, or is none."""
    tlps = [
        found
        for policy in _policies(definition)
        if isinstance(text := policy.get("tlp"), str) and (found := spelled(text))
    ]
    return tlps[0] if tlps else None


def is_policy(definition: Json) -> bool:
    """Tell whether a marking definition is of PAP or IEP."""
    return any(True for _ in _policies(definition))


def said(handling: Handling) -> str:
    """Spell it for people; empty where nothing was said."""
    parts = [f"PAP:{handling.pap.upper()}"] if handling.pap else []
    parts += [f"IEP {name.replace('_', ' ')}: {value}" for name, value in handling.fields]
    if handling.starts is not None:
        parts.append(f"IEP from {instants.show(handling.starts)}")
    if handling.ends is not None:
        parts.append(f"IEP until {instants.show(handling.ends)}")
    parts += [f"not understood, so at its strictest: {each}" for each in handling.unread]
    return ", ".join(parts)


def is_label(text: str) -> bool:
    """Tell whether a label is of PAP or IEP."""
    return bool(_PAP_LABEL.fullmatch(text) or _IEP_LABEL.fullmatch(text))


def _of_labels(item: Json) -> Handling:
    paps, policy = list[str](), dict[str, list[str]]()
    for text in _texts(item.get("labels")):
        if found := _PAP_LABEL.fullmatch(text):
            paps.append(found[1])
        elif found := _IEP_LABEL.fullmatch(text):
            policy.setdefault(_key(found[1]), []).append(found[2])
    rows: list[Json] = [{"pap": each} for each in paps]
    rows += [{name: value} for name, values in policy.items() for value in values]
    return _together(_of_policy(each) for each in rows)


def _of_definition(definition: Json) -> Handling:
    return _together(_of_policy(each) for each in _policies(definition))


def _policies(definition: Json) -> Iterator[Json]:
    """Give the tables within a marking definition that are of PAP or IEP."""
    kind = str(definition.get("definition_type", "")).lower()
    inner = definition.get("definition")
    if kind in {"iep", "pap"}:
        yield inner if isinstance(inner, Mapping) else {"unreadable": kind}
    extensions = definition.get("extensions")
    for each in extensions.values() if isinstance(extensions, Mapping) else ():
        names = {_key(str(name)) for name in each} if isinstance(each, Mapping) else set()
        if names & {"pap", "iep_version", "permitted_actions", "id_ref"}:
            yield each
    if kind == "statement" and isinstance(inner, Mapping):
        found = _PAP_LABEL.fullmatch(str(inner.get("statement", "")))
        if found:
            yield {"pap": found[1]}


def _of_policy(policy: Json) -> Handling:
    pap, fields, unread = "", list[tuple[str, str]](), list[str]()
    dates: dict[str, Instant | None] = {"start_date": None, "end_date": None}
    for key, value in policy.items():
        name = _FORMER.get(_key(str(key)), _key(str(key)))
        text = _value(value)
        if name == "pap":
            pap = "clear" if text == "white" else text.removeprefix("pap:")
            if pap not in _PAP:
                pap, unread = "red", [*unread, f"PAP {text}"]
        elif name in _FIELDS:
            known = _FIELDS[name]
            fields.append((name, text if text in known else known[-1]))
            unread += [] if text in known else [f"{name} {text}"]
        elif name in dates and value is not None:
            found = instants.read(str(value))
            dates[name] = ALWAYS_ENDED if found is None and name == "end_date" else found
            unread += [] if found is not None else [f"{name} {text}"]
        elif name not in _TEXTS and value is not None:
            fields += [(each, values[-1]) for each, values in _FIELDS.items()]
            unread.append(name)
    return Handling(pap, tuple(fields), dates["start_date"], dates["end_date"], tuple(unread))


def _together(parts: Iterable[Handling]) -> Handling:
    """Add policies up, each field by its strictest."""
    some = list(parts)
    fields = {
        name: max((value for one, value in pairs), key=values.index)
        for name, values in _FIELDS.items()
        if (pairs := [pair for each in some for pair in each.fields if pair[0] == name])
    }
    starts = [each.starts for each in some if each.starts is not None]
    ends = [each.ends for each in some if each.ends is not None]
    return Handling(
        max((each.pap for each in some if each.pap), key=_PAP.index, default=""),
        tuple(fields.items()),
        max(starts, default=None),
        min(ends, default=None),
        tuple(dict.fromkeys(text for each in some for text in each.unread)),
    )


def _refs(item: Json) -> Iterator[str]:
    yield from _texts(item.get("object_marking_refs"))
    parts = item.get("granular_markings")
    for part in parts if isinstance(parts, list | tuple) else ():
        if isinstance(part, Mapping) and isinstance(part.get("marking_ref"), str):
            yield str(part["marking_ref"])


def _key(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def _value(value: object) -> str:
    return str(value).strip().lower().replace("_", "-").replace(" ", "-")


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
