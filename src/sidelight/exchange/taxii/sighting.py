"""Sightings that go back, at ``collections/ID/sightings/objects/``: an extension of this server.

A POST says with ``as`` (``own``, ``anonymous``) under which name, and with ``to`` (``creator``,
``circle``) to whom; with ``preview=yes`` it only says who would get them. A GET gives the sightings
that were sent to whoever asks, in pages like those of objects.
"""

from collections import Counter
from collections.abc import Collection as Group
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

import orjson

from sidelight.exchange import instants
from sidelight.exchange.alliance import parties, seen_by
from sidelight.exchange.intake import Arrival, Item, Standard, Unfit
from sidelight.exchange.policy import ALWAYS, Shared, Verdict
from sidelight.exchange.preview import Foreseen, foreseen, others
from sidelight.exchange.query import Query
from sidelight.exchange.shelf import Added, Receipt
from sidelight.exchange.sighting import (
    NAMES,
    REACHES,
    Json,
    Letter,
    Reach,
    Sender,
    addressed,
    letter,
    unfit,
)
from sidelight.exchange.taxii.adding import items_of, settled
from sidelight.exchange.taxii.cursor import seal, unseal
from sidelight.exchange.taxii.message import Refused, Request, Response, answered
from sidelight.exchange.taxii.query import read_query
from sidelight.exchange.taxii.reading import View

_NOBODY: Final = "an anonymous member"
_NOBODY_KNOWN: Final = Verdict(False, "not-in-audience", "it reaches nobody that you may know of")
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
            for verdict in _said(item, each, sender.reach)
        ]
        return answered({"verdicts": foreseen})
    letters = [one for each in judged if isinstance(each, _Going) for one in each.letters]
    actor = _NOBODY if sender.name == "anonymous" else _named(view)
    kept = iter(view.shelf.letters.send(view.collection.id, letters, actor, view.now))
    receipts: list[Receipt] = []
    for item, each in zip(items, judged, strict=True):
        if isinstance(each, Unfit):
            receipts.append(each)
        else:
            receipts.append(_receipt(item, each, [next(kept) for _ in each.letters]))
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
class _Going:
    """A sighting that goes to somebody.

    Args:
        told: the verdicts on those that its sender may know of.
    """

    letters: list[Letter]
    told: list[Verdict]


_Judged = Unfit | _Going


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
    identity = known.identity or f"identity--{own}"
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
    found = addressed(item.marking, sighted, sender, view.register.alliances, view.now)
    if not found:
        return Unfit(item.id, item.version, "own", "what was sighted is your own")
    known = _known(view, sender, found)
    told = [verdict for to, verdict in found if to in known]
    if not any(verdict.allow for verdict in told):
        # That only somebody who is hidden would get it is not told, so it goes to nobody.
        verdict = told[0] if told else _NOBODY_KNOWN
        return Unfit(item.id, item.version, verdict.rule, verdict.why)
    letters = [letter(item, said, to, sender) for to, verdict in found if verdict.allow]
    return _Going(letters, told)


def _known(view: View, sender: Sender, found: Sequence[tuple[str, Verdict]]) -> Group[str]:
    """Give of whom a sender is told what becomes of a sighting.

    In a circle those are its parties, without who is hidden: not even how many there are.
    """
    if sender.reach == "creator":
        return {to for to, _ in found}
    alliances = seen_by(sender.organisation, view.register.alliances)
    return parties(view.collection.circles, alliances)


def _of_another(view: View, identity: str) -> bool:
    known = view.register.alliances.organisations.values()
    return any(
        identity and each.identity == identity and each.id != view.caller.organisation
        for each in known
    )


def _targets(view: View, ids: Sequence[str]) -> Mapping[str, list[Shared]]:
    """Give the newest version of objects, as far as the sender sees them."""
    found: dict[str, list[Shared]] = {}
    grants, known = view.grants("sighting"), view.shelf.terms()
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), _AT_ONCE):
        query = replace(Query(), ids=tuple(wanted[start : start + _AT_ONCE]))
        # An object has one newest version in each version of the format, of which there are two.
        limit = 2 * _AT_ONCE
        held = view.shelf.page(view.collection.id, grants, query, after=ALWAYS, limit=limit)
        for each in held:
            found.setdefault(each.id, []).append(Shared(known[each.terms], each.added))
    return found


def _receipt(item: Item, going: _Going, receipts: list[Receipt]) -> Receipt:
    """Make one receipt of those of all letters, under the id that the sender knows."""
    version = item.version
    refused = next((each for each in receipts if isinstance(each, Unfit)), None)
    if refused:
        return Unfit(item.id, version, refused.rule, refused.why)
    again = all(isinstance(each, Added) and each.again for each in receipts)
    count = sum(verdict.allow for verdict in going.told)
    return Added(item.id, version, again, f"goes to {count} recipient{'s' * (count != 1)}")


def _said(item: Item, judged: _Judged, reach: Reach) -> list[Json]:
    """Say who would get a sighting; who its creator is, or who is in a circle, is not told."""
    if isinstance(judged, Unfit):
        return foreseen([Foreseen(item.id, "", Verdict(False, judged.rule, judged.why))])
    counts = Counter((each.allow, each.rule, each.why) for each in judged.told)
    rows = [
        Foreseen(item.id, f"{count} of its recipients", Verdict(*verdict))
        for verdict, count in sorted(counts.items())
    ]
    if reach == "circle" and isinstance(item, Arrival):
        rows.append(others(item))
    return foreseen(rows)


def _named(view: View) -> str:
    return f"{view.caller.person} of {view.caller.organisation}"
