"""Entries of the audit log as people and programs read them."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, TypeGuard

from sidelight.cli.moments import seconds
from sidelight.cli.names import beside
from sidelight.plural import many

if TYPE_CHECKING:
    from sidelight.exchange.store.audit import Entry

_TIMES: Final = frozenset({"expires", "created", "ends", "due", "at"})
"""Keys of details whose numbers are instants."""
_SHOWN: Final = 3


def lines_of(entry: "Entry", names: Mapping[str, str]) -> Iterator[str]:
    """Give an entry as lines: when, what and who, then the details with names beside ids."""
    who = beside(entry.actor, names)
    yield f"{entry.number}  {seconds(entry.at)}  {entry.action}, by {who}"
    said = [f"{key} {_spelled(key, value, names)}" for key, value in _detail(entry).items()]
    if said:
        yield f"    {'; '.join(said)}"


def record_of(entry: "Entry", names: Mapping[str, str]) -> dict[str, object]:
    """Give an entry as a JSON object: instants as text, and the names of the ids in it."""
    detail = {
        key: seconds(value) if _is_time(value, key) else value
        for key, value in _detail(entry, whole=True).items()
    }
    text = f"{entry.actor} {entry.detail}"
    return {
        "number": entry.number,
        "at": seconds(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "detail": detail,
        "names": {ident: name for ident, name in names.items() if ident in text},
        "hash": entry.hash,
    }


def is_by(entry: "Entry", who: str, names: Mapping[str, str]) -> bool:
    """Tell whether a text is in the name or id of who did it, upper case or lower."""
    return who.casefold() in beside(entry.actor, names).casefold()


def is_about(entry: "Entry", what: str, names: Mapping[str, str]) -> bool:
    """Tell whether a text is in what was done, or in a name, id or word of its details."""
    text = f"{entry.action} {beside(entry.detail, names)}"
    return what.casefold() in text.casefold()


def _detail(entry: "Entry", *, whole: bool = False) -> Mapping[str, object]:
    """Read the details; a register, which is long, only where the *whole* is wanted."""
    found = json.loads(entry.detail)
    if not isinstance(found, dict):
        return {"detail": found}
    if isinstance(found.get("register"), str):
        found["register"] = json.loads(found["register"])
        if not whole:
            del found["register"]
    return found


def _spelled(key: str, value: object, names: Mapping[str, str]) -> str:
    if _is_time(value, key):
        return seconds(value)
    match value:
        case bool():
            return "yes" if value else "no"
        case list() if not value:
            return "nothing"
        case list():
            some = ", ".join(_item(each) for each in value[:_SHOWN])
            more = len(value) - _SHOWN
            return f"{many(len(value), 'object')}: {some}" + (f", and {more} more" * (more > 0))
        case str():
            return beside(value, names) or "none"
    return str(value)


def _item(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _is_time(value: object, key: str) -> TypeGuard[int]:
    return key in _TIMES and isinstance(value, int) and not isinstance(value, bool)
