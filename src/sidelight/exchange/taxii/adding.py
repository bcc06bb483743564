"""Adding objects, and asking beforehand who would see them (TAXII 2.1, section 5.5)."""

from collections.abc import Collection as Group
from http import HTTPStatus
from typing import Final

import orjson

from sidelight.exchange import instants
from sidelight.exchange.alliance import veiled
from sidelight.exchange.instants import Instant
from sidelight.exchange.intake import (
    EnvelopeError,
    Item,
    Unfit,
    admit,
    read_envelope,
    references,
    unnamed,
)
from sidelight.exchange.policy import ALWAYS
from sidelight.exchange.preview import foresee, foreseen
from sidelight.exchange.query import Query
from sidelight.exchange.register import Collection, Register
from sidelight.exchange.shelf import Added, Caller, Grants, Receipt, Shelf
from sidelight.exchange.taxii.media import check_content_type
from sidelight.exchange.taxii.message import Json, Refused, Request, Response, answered
from sidelight.exchange.taxii.reading import granted

_MOST_VERDICTS: Final = 250_000


def add(  # noqa: PLR0913 - all that one request needs
    request: Request,
    collection: Collection,
    caller: Caller,
    ident: str,
    largest: int,
    shelf: Shelf,
    now: Instant,
) -> Response:
    """Hold the objects of an envelope; the response is 202 with the status of each.

    All of them are settled at once, so the status is always ``complete``.

    Raises:
        Refused: 413, 415 or 422.
    """
    items = items_of(request, collection, caller, shelf.register(), largest, shelf, now)
    receipts = shelf.add(collection.id, collection.circles, items, caller, now)
    status = settled(ident, receipts, now)
    body = orjson.dumps(status)
    shelf.keep_status(ident, caller.organisation, body, now)
    return Response(202, body)


def preview(  # noqa: PLR0913 - all that one request needs
    request: Request,
    collection: Collection,
    caller: Caller,
    register: Register,
    largest: int,
    shelf: Shelf,
    now: Instant,
) -> Response:
    """Say who would see the objects of an envelope, and why; an extension of this server.

    Raises:
        Refused: 413, 415 or 422.
    """
    items = items_of(request, collection, caller, register, largest, shelf, now)
    if len(items) * len(register.alliances.organisations) > _MOST_VERDICTS:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "ask about fewer objects at a time")
    found = foresee(items, collection, caller.organisation, register.alliances, now=now)
    return answered({"verdicts": foreseen(found)})


def items_of(  # noqa: PLR0913 - all that one request needs
    request: Request,
    collection: Collection,
    caller: Caller,
    register: Register,
    largest: int,
    shelf: Shelf,
    now: Instant,
) -> list[Item]:
    """Read the objects of a request, each fit to be held or not.

    Raises:
        Refused: 413, 415 or 422.
    """
    check_content_type(request.headers.get("content-type"))
    if len(request.body) > largest:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {largest} octets")
    try:
        objects = read_envelope(request.body)
    except EnvelopeError as error:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, error.reason) from None
    # A statement that the caller does not see is not known: to say so would tell that it is held.
    wanted = references(objects)
    grants = granted(shelf, register, caller.organisation, "object", now) if wanted else ()
    known = definitions_held(shelf, collection.id, grants, wanted)
    items = admit(objects, known, now=now)
    veil = veiled(caller.organisation, collection.circles, register.alliances)
    return unnamed(items, veil)


def definitions_held(shelf: Shelf, collection: str, grants: Grants, ids: Group[str]) -> list[bytes]:
    """Give those of these marking definitions that are seen in a collection."""
    there = tuple(sorted(shelf.statements(collection, grants, ids)))
    query = Query(ids=there, versions=("all",))
    if not there:
        return []
    found = shelf.page(collection, grants, query, after=ALWAYS, limit=len(there))
    return [each.body for each in found]


def settled(ident: str, receipts: list[Receipt], now: Instant) -> Json:
    """Give the status resource of a request that is settled (section 4.3)."""
    good = [_detail(each) for each in receipts if isinstance(each, Added)]
    bad = [_detail(each) for each in receipts if isinstance(each, Unfit)]
    return {
        "id": ident,
        "status": "complete",
        "request_timestamp": instants.show(now),
        "total_count": len(receipts),
        "success_count": len(good),
        **({"successes": good} if good else {}),
        "failure_count": len(bad),
        **({"failures": bad} if bad else {}),
        "pending_count": 0,
    }


def _detail(receipt: Receipt) -> Json:
    match receipt:
        case Added(ident, version, _, note):
            return {"id": ident, "version": version, **({"message": note} if note else {})}
        case Unfit(ident, version, rule, why):
            return {"id": ident, "version": version, "message": f"{rule}: {why}"}
