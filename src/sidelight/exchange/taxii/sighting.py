"""Sightings that go back, at ``collections/ID/sightings/objects/``: an extension of this server.

A POST says with ``as`` (``own``, ``anonymous``) under which name, and with ``to`` (``creator``,
``circle``) to whom; with ``preview=yes`` it only says who would get them. A GET gives the sightings
that were sent to whoever asks, in pages like those of objects.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Final, TypeAlias

import orjson

from sidelight.exchange import instants
from sidelight.exchange.alliance import acquainted, is_hidden
from sidelight.exchange.intake import Arrival, Item, Standard, Unfit
from sidelight.exchange.policy import ALWAYS, Shared, Verdict
from sidelight.exchange.query import Query
from sidelight.exchange.shelf import Added, Receipt
from sidelight.exchange.sighting import (
    NAMES,
    REACHES,
    Json,
    Letter,
    Sender,
    addressed,
    foretold,
    letter,
    unfit,
)
from sidelight.exchange.taxii.adding import items_of, settled
from sidelight.exchange.taxii.cursor import seal, unseal
from sidelight.exchange.taxii.message import Refused, Request, Response, answered
from sidelight.exchange.taxii.query import read_query
from sidelight.exchange.taxii.reading import View
from sidelight.values import dataclass

_NOBODY: Final = "an anonymous member"
_CREATOR: Final = "goes to its creator, if the rules of the circle allow it"
_IN_ANOTHERS_NAME: Final = "made in another's name"
_AT_ONCE: Final = 400


def sight(view: View, request: Request, ident: str, largest: int) -> Response:
    """Send sightings to whom they are for, or say who would get them.

    Raises:
        Refused: 400 for a choice that there is not; 413, 415 or 422.
    """
    asked = dict(request.query)
    sender = _sender(view, asked)
    items = items_of(
        request, view.collection, view.caller, view.register, largest, view.shelf, view.now
    )
    read = [orjson.loads(each.body) if isinstance(each, Arrival) else {} for each in items]
    targets = _targets(view, [str(each.get("sighting_of_ref")) for each in read])
    judged = [
        _judged(view, each, said, targets, sender) for each, said in zip(items, read, strict=True)
    ]
    if asked.get("preview") == "yes":
        foreseen = [
            verdict
            for item, each in zip(items, judged, strict=True)
            for verdict in _said(item, each)
        ]
        return answered({"verdicts": foreseen})
    good = [each for each in judged if isinstance(each, _Sighting)]
    actor = _NOBODY if sender.name == "anonymous" else _named(view)
    alarms = [
        (each.id, each.version, _IN_ANOTHERS_NAME)
        for each in items
        if isinstance(each, Arrival) and _of_hidden(view, each.creator)
    ]
    letters = [each.letters for each in good]
    kept = iter(view.shelf.letters.send(view.collection.id, letters, actor, view.now, alarms))
    receipts = [
        each if isinstance(each, Unfit) else _receipt(item, each, next(kept), sender)
        for item, each in zip(items, judged, strict=True)
    ]
    status = settled(ident, receipts, view.now)
    body = orjson.dumps(status)
    view.shelf.keep_status(ident, view.caller.organisation, body, view.now)
    return Response(202, body)


def read(view: View, request: Request) -> Response:
    """Give the sightings that were sent to whoever asks.

    Raises:
        Refused: 400 for a malformed filter.
    """
    query = read_query(request.query, ())
    parts = ("sightings", view.collection.id, view.caller.organisation)
    bound = "\n".join(parts).encode() + b"\n" + query.signature()
    after = ALWAYS if query.added_after is None else query.added_after
    if query.next:
        after = max(after, unseal(query.next, bound, view.shelf.key))
    found, more = view.shelf.letters.receive(
        view.collection.id,
        view.caller,
        view.now,
        after=after,
        limit=query.limit,
        given=request.method != "HEAD",
    )
    last = found[-1].added if found else query.added_after or 0
    first = found[0].added if found else last
    body: dict[str, object] = {}
    if more:
        body = {"more": True, "next": seal(last, bound, view.shelf.key)}
    if found:
        body["objects"] = [orjson.Fragment(each.body) for each in found]
    dates = (
        ("X-TAXII-Date-Added-First", instants.show(first)),
        ("X-TAXII-Date-Added-Last", instants.show(last)),
    )
    return Response(200, orjson.dumps(body), dates)


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A sighting that is to go.

    Args:
        letters: first the copy that its sender keeps, to nobody.
        told: what the sender is told of where it goes.
    """

    letters: Sequence[Letter]
    told: Sequence[Verdict]


_Judged: TypeAlias = Unfit | _Sighting


def _sender(view: View, asked: Mapping[str, str]) -> Sender:
    name = next((each for each in NAMES if each == asked.get("as")), None)
    reach = next((each for each in REACHES if each == asked.get("to", "creator")), None)
    if name is None or reach is None:
        why = f"as is one of {', '.join(NAMES)}, and to one of {', '.join(REACHES)}"
        raise Refused(HTTPStatus.BAD_REQUEST, why)
    own = view.caller.organisation
    circles = view.register.alliances.circles
    audience = sorted(each for each in view.collection.circles if each in circles)
    circle = next((each for each in audience if circles[each].member(own)), "")
    known = view.register.alliances.organisations[own]
    hidden = is_hidden(own, audience, view.register.alliances)
    identity = "" if hidden else known.identity or f"identity--{own}"
    return Sender(own, identity, frozenset(audience), name, reach, circle, view.shelf.key)


def _judged(
    view: View, item: Item, said: Json, targets: Mapping[str, list[Shared]], sender: Sender
) -> _Judged:
    """Write the letters of a sighting, each with its verdict; none where that denies it."""
    match item:
        case Unfit():
            return item
        case Standard(ident, version):
            return Unfit(ident, version, "no-sighting", "a marking-definition is no sighting")
        case Arrival():
            refused = unfit(item, said, sender.name)
            if refused:
                return refused
            if _of_another(view, item.creator):
                why = "it says that another organisation made it"
                return Unfit(item.id, item.version, "not-creator", why)
    sighted = targets.get(str(said.get("sighting_of_ref")), [])
    if not sighted:
        why = "what was sighted is not here, or not for you"
        return Unfit(item.id, item.version, "unknown-object", why)
    alliances, now = view.register.alliances, view.now
    told = foretold(item.marking, sighted, sender, alliances, now)
    if not told:
        return Unfit(item.id, item.version, "own", "what was sighted is your own")
    if not any(each.allow for each in told):
        return Unfit(item.id, item.version, told[0].rule, told[0].why)
    found = addressed(item.marking, sighted, sender, alliances, now)
    to = ["", *(each for each, verdict in found if verdict.allow)]
    return _Sighting([letter(item, said, each, sender) for each in to], told)


def _of_another(view: View, identity: str) -> bool:
    """Tell whether an identity is that of another, as far as one may know."""
    alliances, own = view.register.alliances, view.caller.organisation
    known = acquainted(own, alliances) - {own} if identity else ()
    return any(alliances.organisations[each].identity == identity for each in known)


def _of_hidden(view: View, identity: str) -> bool:
    """Tell whether an identity is that of another whom one may not know of.

    To say so would tell of it, so whoever runs the server is told.
    """
    alliances, own = view.register.alliances, view.caller.organisation
    others = alliances.organisations.keys() - acquainted(own, alliances) - {own}
    return bool(identity) and any(
        alliances.organisations[each].identity == identity for each in others
    )


def _targets(view: View, ids: Sequence[str]) -> Mapping[str, list[Shared]]:
    """Give the newest version of objects, as far as the sender sees them."""
    found: dict[str, list[Shared]] = {}
    grants, known = view.grants("sighting"), view.shelf.terms()
    wanted = sorted(each for each in set(ids) if "\0" not in each)  # which no database takes
    for start in range(0, len(wanted), _AT_ONCE):
        query = replace(Query(), ids=tuple(wanted[start : start + _AT_ONCE]))
        # An object has one newest version in each version of the format, of which there are two.
        limit = 2 * _AT_ONCE
        held = view.shelf.page(view.collection.id, grants, query, after=ALWAYS, limit=limit)
        for each in held:
            found.setdefault(each.id, []).append(Shared(known[each.terms], each.added))
    return found


def _receipt(item: Item, sighting: _Sighting, kept: Receipt, sender: Sender) -> Receipt:
    """Make a receipt of that of the sender's own copy, under the id that it knows."""
    if isinstance(kept, Unfit):
        return Unfit(item.id, item.version, kept.rule, kept.why)
    note = _CREATOR
    if sender.reach == "circle":
        count = sum(each.allow for each in sighting.told) - 1
        note = f"goes to {count} that you may know of, and to others if there are any"
    return Added(item.id, item.version, isinstance(kept, Added) and kept.again, note)


def _said(item: Item, judged: _Judged) -> list[Json]:
    """Say who would get a sighting; who its creator is, or who is in a circle, is not told."""
    if isinstance(judged, Unfit):
        return [{"id": item.id, "allow": False, "rule": judged.rule, "why": judged.why}]
    counts = Counter((verdict.allow, verdict.rule, verdict.why) for verdict in judged.told)
    return [
        {
            "id": item.id,
            "recipient": f"{count} of its recipients",
            "allow": allow,
            "rule": rule,
            "why": why,
        }
        for (allow, rule, why), count in sorted(counts.items())
    ]


def _named(view: View) -> str:
    return f"{view.caller.person} of {view.caller.organisation}"
