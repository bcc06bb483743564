"""Objects, manifests and versions (TAXII 2.1, sections 5.3, 5.4, 5.6 and 5.8).

What a page needs is decided once for each set of terms, and storage applies it as a filter, so a
page costs the same at the end of a collection as at its start.
"""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Final

import orjson

from sidelight.exchange import instants
from sidelight.exchange.instants import Instant
from sidelight.exchange.policy import ALWAYS, Grant, Route, settle
from sidelight.exchange.query import PAGE_OCTETS, Query
from sidelight.exchange.register import Collection, Register
from sidelight.exchange.shelf import Caller, Grants, Held, Shelf
from sidelight.exchange.taxii.cursor import seal, unseal
from sidelight.exchange.taxii.message import Refused, Request, Response
from sidelight.exchange.taxii.query import read_query
from sidelight.values import dataclass

STIX: Final = "application/stix+json"
_ROUTES: Final[dict[str, Route]] = {
    "objects": "objects",
    "object": "object",
    "manifest": "manifest",
    "versions": "versions",
    "stream": "stream",
}
_FIELDS: Final = {
    "objects": ("id", "spec_version", "type", "version"),
    "manifest": ("id", "spec_version", "type", "version"),
    "object": ("spec_version", "version"),
    "versions": ("spec_version",),
}


@dataclass(frozen=True, slots=True)
class View:
    """A collection as one caller sees it at one instant."""

    shelf: Shelf
    register: Register
    collection: Collection
    caller: Caller
    now: Instant

    def grants(self, route: Route) -> Grants:
        """Give the terms that the caller sees objects under."""
        return granted(self.shelf, self.register, self.caller.organisation, route, self.now)


def granted(
    shelf: Shelf, register: Register, organisation: str, route: Route, now: Instant
) -> Grants:
    """Give the terms that an organisation sees objects under."""
    found = []
    for ident, terms in shelf.terms().items():
        outcome = settle(terms, organisation, register.alliances, route, now=now)
        if isinstance(outcome, Grant):
            found.append((ident, outcome.since))
    return found


def read(view: View, request: Request, kind: str, ident: str = "") -> Response:
    """Answer a GET of ``objects``, ``object``, ``manifest`` or ``versions``.

    Raises:
        Refused: 400 for a malformed filter, 404 for an object that the caller does not see.
    """
    query = read_query(request.query, _FIELDS[kind])
    if kind == "versions":
        query = replace(query, versions=("all",))
    if ident:
        query = replace(query, ids=(ident,))
    bound = _bound(view, kind, query)
    after = ALWAYS if query.added_after is None else query.added_after
    if query.next:
        after = max(after, unseal(query.next, bound, view.shelf.key))
    route = _ROUTES[kind]
    grants = view.grants(route)
    if ident and not view.shelf.has(view.collection.id, grants, ident):
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such object, or it is not for you")
    found = view.shelf.page(view.collection.id, grants, query, after=after, limit=query.limit + 1)
    page = _fitting(found[: query.limit])
    more = len(found) > len(page)
    if request.method != "HEAD":  # which gives nobody an object
        view.shelf.deliver(view.collection.id, page, view.caller, route, view.now)
    last = page[-1].added if page else 0
    cursor = seal(last, bound, view.shelf.key) if more else ""
    return Response(200, _SHAPES[kind](page, cursor), _dates(page, query))


def _fitting(found: Sequence[Held]) -> Sequence[Held]:
    """Give as many as fit into a page, and one at least."""
    octets = 0
    for number, each in enumerate(found):
        octets += len(each.body)
        if octets > PAGE_OCTETS and number:
            return found[:number]
    return found


def following(view: View, after: Instant, limit: int) -> list[Held]:
    """Give what a stream sends next: every version, as they were added."""
    query = Query(versions=("all",))
    grants = view.grants("stream")
    found = view.shelf.page(view.collection.id, grants, query, after=after, limit=limit)
    view.shelf.deliver(view.collection.id, found, view.caller, "stream", view.now)
    return found


def resumed(view: View, request: Request) -> Instant:
    """Read from where a stream goes on: after ``Last-Event-ID``, or ``added_after``, or all.

    With ``from=now`` and neither, it is after what the caller sees already: that tells nothing of
    what others added, and what is added from then on is later, whatever any clock says.

    Raises:
        Refused: 400, it is no timestamp.
    """
    asked = dict(request.query)
    text = request.headers.get("last-event-id") or asked.get("added_after")
    if text is None:
        new = asked.get("from") == "now"
        return view.shelf.newest_shown(view.collection.id, view.grants("stream")) if new else ALWAYS
    found = instants.read(text)
    if found is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "Last-Event-ID is the id of an event of this stream")
    return found


def _bound(view: View, kind: str, query: Query) -> bytes:
    parts = (kind, view.collection.id, view.caller.organisation)
    return "\n".join(parts).encode() + b"\n" + query.signature()


def _dates(page: Sequence[Held], query: Query) -> tuple[tuple[str, str], ...]:
    """Give the two headers (section 3.2).

    The text does not say what an empty page has: here the instant that was asked from, so that a
    client that goes on from it stays where it is.
    """
    asked = query.added_after or 0
    first, last = (page[0].added, page[-1].added) if page else (asked, asked)
    return (
        ("X-TAXII-Date-Added-First", instants.show(first)),
        ("X-TAXII-Date-Added-Last", instants.show(last)),
    )


def _envelope(page: Sequence[Held], cursor: str) -> bytes:
    parts = [_more(cursor)] if cursor else []
    if page:
        parts.append(b'"objects":[' + b",".join(each.body for each in page) + b"]")
    return b"{" + b",".join(parts) + b"}"


def _manifest(page: Sequence[Held], cursor: str) -> bytes:
    records = [
        {
            "id": each.id,
            "date_added": instants.show(each.added),
            "version": each.version,
            "media_type": f"{STIX};version={each.spec_version}",
        }
        for each in page
    ]
    return _list("objects", records, cursor)


def _versions(page: Sequence[Held], cursor: str) -> bytes:
    return _list("versions", [each.version for each in page], cursor)


def _list(name: str, entries: Sequence[object], cursor: str) -> bytes:
    # The text gives next to envelopes only; without it here, real clients never get to page two.
    going_on = {"more": True, "next": cursor} if cursor else {}
    return orjson.dumps({**going_on, **({name: entries} if entries else {})})


def _more(cursor: str) -> bytes:
    return b'"more":true,"next":' + orjson.dumps(cursor)


_SHAPES: Final = {
    "objects": _envelope,
    "object": _envelope,
    "manifest": _manifest,
    "versions": _versions,
}
