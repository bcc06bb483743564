"""Deleting an object (TAXII 2.1, section 5.7).

Without ``match[version]`` all versions go: the section speaks of the object, and whoever deletes
it would find the version before in its place otherwise.
"""

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus

from sidelight.exchange.policy import ALWAYS
from sidelight.exchange.query import Query
from sidelight.exchange.shelf import Grants, Held
from sidelight.exchange.taxii.message import Refused, Request, Response
from sidelight.exchange.taxii.query import LARGEST_LIMIT, read_query
from sidelight.exchange.taxii.reading import View


def delete(view: View, request: Request, ident: str) -> Response:
    """Delete an object, or the versions that filters name; only its owner may.

    Raises:
        Refused: 403 for an object of somebody else, 404 for one that the caller does not see.
    """
    query = read_query(request.query, ("spec_version", "version"))
    named = {name for name, _ in request.query}
    versions = query.versions if "match[version]" in named else ("all",)
    specs = query.spec_versions
    if not specs and "match[version]" not in named:
        specs = ("2.0", "2.1")
    query = replace(query, ids=(ident,), versions=versions, spec_versions=specs, next="")
    grants = view.grants("object")
    if not view.shelf.has(view.collection.id, grants, ident):
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such object, or it is not for you")
    owners = {ident: terms.owner for ident, terms in view.shelf.terms().items()}
    own = [(each, since) for each, since in grants if owners[each] == view.caller.organisation]
    if not view.shelf.has(view.collection.id, own, ident):
        raise Refused(HTTPStatus.FORBIDDEN, "only whoever shared an object deletes it")
    found = list(_found(view, own, query))
    for start in range(0, len(found), LARGEST_LIMIT):
        some = found[start : start + LARGEST_LIMIT]
        view.shelf.delete(view.collection.id, some, view.caller, view.now)
    return Response(200)


def _found(view: View, own: Grants, query: Query) -> Iterator[Held]:
    """Give what is to go, without its bodies: together they may be more than memory holds."""
    after = ALWAYS
    while page := view.shelf.page(view.collection.id, own, query, after=after, limit=LARGEST_LIMIT):
        yield from (replace(each, body=b"") for each in page)
        after = page[-1].added
