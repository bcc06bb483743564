"""Recalls over the network: an extension of this server, beside the collections.

They are not in a collection, because they also reach those who may not read it any more.
"""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Final

import orjson

from sidelight.exchange.alliance import parties, seen_by
from sidelight.exchange.instants import Instant
from sidelight.exchange.policy import ALWAYS, Grant, Terms, settle
from sidelight.exchange.recall import (
    HOURS,
    LONGEST_TEXT,
    Recall,
    Recipient,
    accounted,
    is_again,
    noticed,
)
from sidelight.exchange.register import Register
from sidelight.exchange.shelf import Caller, Shelf
from sidelight.exchange.taxii.media import check_content_type
from sidelight.exchange.taxii.message import Json, Refused, Request, Response, answered
from sidelight.exchange.taxii.query import read_query
from sidelight.intel.markings import MARKINGS

LONGEST_HOURS: Final = 24 * 366


def notices(request: Request, caller: Caller, shelf: Shelf, now: Instant) -> Response:
    """Give the recalls that are for the caller, oldest first.

    Raises:
        Refused: 400 for a malformed filter.
    """
    query = read_query(request.query, ())
    after = ALWAYS if query.added_after is None else query.added_after
    limit = query.limit + 1
    found = shelf.notices(caller.organisation, after=after, limit=limit, now=now)
    more = {"more": True} if len(found) == limit else {}
    page = [noticed(each, now) for each in found[: query.limit]]
    return answered({**more, **({"recalls": page} if page else {})})


def recall(request: Request, caller: Caller, shelf: Shelf, largest: int, now: Instant) -> Response:
    """Take back an object that the caller shared.

    Raises:
        Refused: 413, 415 or 422; 404 for an object that the caller never shared.
    """
    said = _said(request, largest)
    ident, reason = _text(said, "object_id"), _text(said, "reason")
    hours, erase = said.get("hours", HOURS), said.get("erase", False)
    if isinstance(hours, bool) or not isinstance(hours, int) or not 1 <= hours <= LONGEST_HOURS:
        raise _unfit(f"hours is a whole number from 1 to {LONGEST_HOURS}")
    if not isinstance(erase, bool):
        raise _unfit("erase is true or false")
    before = {each.id for each, _ in shelf.recalled(now, caller.organisation, ident)}
    made = shelf.recall(ident, caller, now, reason=reason, hours=hours, erase=erase)
    if made is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such object that you shared")
    return answered(_again(_account(caller, shelf, now, made.id)[0], made.id in before), 202)


def made(caller: Caller, shelf: Shelf, now: Instant) -> Response:
    """Give the recalls that the caller made, and what became of them."""
    found = _account(caller, shelf, now)
    return answered({"recalls": found} if found else {})


def acknowledge(  # noqa: PLR0913 - all that one request needs
    request: Request, caller: Caller, ident: str, shelf: Shelf, largest: int, now: Instant
) -> Response:
    """Note that the caller acknowledges a recall.

    Raises:
        Refused: 413, 415 or 422; 404 for a recall that is not for the caller.
    """
    done = _text(_said(request, largest), "done", "")
    found = shelf.acknowledge(ident, caller, done, now)
    if not found:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such recall, or it is not for you")
    said = [_again(noticed(each, now), is_again(each, now)) for each in found]
    return answered({"recalls": said})


def _again(said: Json, before: bool) -> Json:
    """Say of what was done that it was done before: then it stays as it was."""
    return {**said, "again": True} if before else said


def named(
    recall: Recall, recipients: Iterable[Recipient], registers: Sequence[tuple[Instant, Register]]
) -> dict[str, str]:
    """Name the recipients of whom the owner could tell that they got it; newest register first.

    That is whoever a preview would have shown to it when they got it. Another is hidden from it,
    or has it by a way that is: to name it would tell so.
    """
    found = {}
    for each in recipients:
        for at, marking, collection in each.ways:
            register = next((one for since, one in registers if since <= at), None)
            if register and _foreseeable(
                recall.owner, each.organisation, marking, collection, register, at
            ):
                found[each.organisation] = register.alliances.organisations[each.organisation].name
    return found


def _foreseeable(  # noqa: PLR0913 - who from whom, what, where, when
    owner: str, to: str, marking: str, collection: str, register: Register, at: Instant
) -> bool:
    place = register.collection(collection)
    tlp = next((each for each in MARKINGS if each == marking), None)
    if place is None:
        return False
    seen = seen_by(owner, register.alliances)
    terms = Terms(tlp, owner, frozenset(place.circles))
    known = to in parties(place.circles, seen)
    return known and isinstance(settle(terms, to, seen, "objects", now=at), Grant)


def _account(caller: Caller, shelf: Shelf, now: Instant, ident: str = "") -> list[Json]:
    found = shelf.recalled(now, caller.organisation, ident)
    if not found:
        return []
    registers = [(at, each) for _, at, each in shelf.registers()]
    known = [(each, some, named(each, some, registers)) for each, some in found]
    # What left is told of only to those who had it: that there are any would tell of the hidden.
    shown = (each for each in known if each[2] or not each[0].is_departure)
    return [accounted(each, some, names, now) for each, some, names in shown]


def _said(request: Request, largest: int) -> Json:
    check_content_type(request.headers.get("content-type"))
    if len(request.body) > largest:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {largest} octets")
    try:
        said = orjson.loads(request.body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise _unfit("the body is no JSON object")
    return said


def _text(said: Json, name: str, default: str | None = None) -> str:
    text = said.get(name, default)
    if not isinstance(text, str) or "\0" in text or len(text) > LONGEST_TEXT:
        raise _unfit(f"{name} is a text of at most {LONGEST_TEXT} characters")
    if default is None and not text.strip():
        raise _unfit(f"{name} is missing")
    return text


def _unfit(why: str) -> Refused:
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, why)
