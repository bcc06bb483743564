"""What one was given may go on from here to others, or not.

A server keeps an ally's terms among its own members; another server does not know them. So what
was given to us under TLP:AMBER or stricter stays where it is, whatever was configured.

Source: FIRST, TLP 2.0 (AMBER: the organisation and its clients; AMBER+STRICT: the organisation;
wider sharing needs the explicit permission of the source).
"""

from collections.abc import Iterable
from typing import Final

from sidelight.exchange.alliance import Alliances
from sidelight.exchange.instants import Instant
from sidelight.exchange.policy import Grant, Terms, Verdict, settle
from sidelight.intel.markings import Marking, label

_OPEN: Final = frozenset({"clear", "green"})


def may_leave(terms: Terms, us: str, to: str) -> Verdict:
    """Say whether what may be read here by *to* may also be sent to its server."""
    if terms.owner == to:
        return Verdict(False, "own", "it came from there")
    if terms.owner == us:
        return Verdict(True, "own", "it is ours")
    if terms.marking in _OPEN:
        return Verdict(True, "open", f"{label(terms.marking)} may be passed on")
    return Verdict(False, "not-ours-to-forward", "its source shared it here, and nowhere else")


def may_be_kept(  # noqa: PLR0913 - what, from whom, to whom, where
    marking: Marking,
    giver: str,
    us: str,
    circles: Iterable[str],
    alliances: Alliances,
    *,
    now: Instant,
) -> Verdict:
    """Say whether what *giver* gave *us* may be put where members of *circles* see it."""
    audience = frozenset(circles)
    terms = Terms(marking, giver, audience)
    own = settle(terms, us, alliances, "objects", now=now)
    if isinstance(own, Verdict):
        return own
    if marking in _OPEN:
        return Verdict(True, own.rule, own.why)
    for each in alliances.organisations.values():
        ours = each.id in {giver, us} or (marking == "amber" and us in each.client_of)
        if not ours and isinstance(settle(terms, each.id, alliances, "objects", now=now), Grant):
            why = f"{label(marking)} was given to us alone, and {each.name} would see it there"
            return Verdict(False, "given-to-us-alone", why)
    for ident in audience & set(alliances.circles):
        if alliances.circles[ident].history == "all":
            why = f"{label(marking)} was given to us alone, and whoever joins there sees the past"
            return Verdict(False, "given-to-us-alone", why)
    return Verdict(True, own.rule, own.why)
