"""Places beside TAXII's where allies ask whether something was seen; none is in the standard.

``seen/setup/`` and ``seen/questions/`` are private set intersection, for the members of the
circles it was prepared for; to others they are not there. ``seen/report/`` takes keyed hashes of a
member, ``seen/counts/`` gives the table of the day. What goes over them is JSON.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from sidelight.errors import UsageError
from sidelight.exchange import instants
from sidelight.exchange.answering import Declined, answered
from sidelight.exchange.instants import Instant
from sidelight.exchange.register import Register
from sidelight.exchange.seen import envelope, reports
from sidelight.exchange.seen.epoch import Epoch
from sidelight.exchange.seen.prevalence import USUAL
from sidelight.exchange.shelf import Caller, Shelf
from sidelight.exchange.taxii.message import Refused, Request, Response
from sidelight.exchange.taxii.message import answered as resource

METHODS: Final[Mapping[str, str]] = {
    "setup": "GET",
    "questions": "POST",
    "report": "POST",
    "counts": "GET",
}
"""Which method each place has."""
_SCOPES: Final[Mapping[str, str]] = {"report": "write"}
_HERE: Final = "the body"


def seen(  # noqa: PLR0913 - all that one request needs
    what: str, request: Request, caller: Caller, register: Register, shelf: Shelf, now: Instant
) -> Response:
    """Answer a request at one of `METHODS`.

    Raises:
        Refused: it is not for this caller, is damaged, or asks too much.
    """
    if _SCOPES.get(what, "read") not in caller.scopes:
        raise Refused(HTTPStatus.FORBIDDEN, "this token does not allow that")
    try:
        return _PLACES[what](request, caller, register, shelf, now)
    except UsageError as error:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, error.reason) from None


def _setup(
    request: Request, caller: Caller, register: Register, shelf: Shelf, now: Instant
) -> Response:
    del request
    running = _running(caller, register, shelf, now)
    ends = instants.show(running.ends)
    told = envelope.Setup(running.id, ends, running.quota, running.setup)
    return Response(200, envelope.spell(told))


def _question(
    request: Request, caller: Caller, register: Register, shelf: Shelf, now: Instant
) -> Response:
    _running(caller, register, shelf, now)
    question = envelope.read(request.body, envelope.Question, _HERE)
    match answered(shelf, question, caller, now):
        case Declined(why):
            raise Refused(HTTPStatus.FORBIDDEN, why)
        case reply, _:
            return Response(200, envelope.spell(reply))


def _report(
    request: Request, caller: Caller, register: Register, shelf: Shelf, now: Instant
) -> Response:
    del register
    new, gone = shelf.report(caller, reports.read(request.body, _HERE), now)
    return resource({"new": new, "gone": gone})


def _counts(
    request: Request, caller: Caller, register: Register, shelf: Shelf, now: Instant
) -> Response:
    del request, caller, register
    return Response(200, shelf.counts(USUAL, now).document)


def _running(caller: Caller, register: Register, shelf: Shelf, now: Instant) -> Epoch:
    """Give the epoch that a caller may ask in.

    Raises:
        Refused: there is none for them.
    """
    running = shelf.epoch(now)
    circles = register.alliances.circles
    ours = [circles[each] for each in running.circles if each in circles] if running else []
    members = {one.organisation for each in ours for one in each.members}
    if running is None or caller.organisation not in members:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such place, or it is not for you")
    return running


_PLACES: Final[Mapping[str, Callable[[Request, Caller, Register, Shelf, Instant], Response]]] = {
    "setup": _setup,
    "questions": _question,
    "report": _report,
    "counts": _counts,
}
