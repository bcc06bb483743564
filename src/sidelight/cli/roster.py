"""A register as lines: who is there, what circles agreed, and what of that has ended."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sidelight.exchange.alliance import Alliances, Ceiling, Circle, Role
    from sidelight.exchange.instants import Instant
    from sidelight.exchange.register import Register

_DAY: Final = 86_400 * 1_000_000


def roster(register: "Register", now: "Instant") -> Iterator[str]:
    """Give a line for each organisation, circle and collection, and for what each agreed."""
    known = register.alliances
    for each in known.organisations.values():
        of = ", ".join(
            known.organisations[one].name for one in each.client_of if one in known.organisations
        )
        line = f"organisation  {each.id}  {each.name}  {each.country}  {each.role}"
        yield line + (f"  client of {of}" if of else "")
        if each.ceilings:
            yield f"  gives: {_ceilings(each.ceilings)}"
    for circle in known.circles.values():
        yield from _circle(circle, known, now)
    for place in register.collections:
        named = ", ".join(known.circles[one].name for one in place.circles if one in known.circles)
        alias = f" ({place.alias})" if place.alias else ""
        shared = f"circles: {named or 'none'}"
        yield f"collection  {place.id}  {place.title}{alias}  {shared}"


def ended(register: "Register", now: "Instant") -> Iterator[str]:
    """Warn of each circle whose legal basis has ended."""
    for each in register.alliances.circles.values():
        if each.has_ended(now):
            yield (
                f"circle {each.name}: its legal basis ended {_end(each)}: "
                "only TLP:CLEAR crosses a border in it"
            )


def _circle(circle: "Circle", known: "Alliances", now: "Instant") -> Iterator[str]:
    from sidelight.exchange.alliance import CEILINGS  # noqa: PLC0415 - not for --help

    members = ", ".join(
        known.organisations[one.organisation].name + (" (hidden)" if one.hidden else "")
        for one in circle.members
    )
    yield f"circle  {circle.id}  {circle.name}: {members or 'nobody'}"
    yield f"  history: {circle.history}"
    until = f", until {_end(circle)}" if circle.legal_until is not None else ""
    over = " (ended)" if circle.has_ended(now) else ""
    yield f"  legal basis: {circle.legal_basis or 'none'}{until}{over}"
    yield f"  gives: {_ceilings({**CEILINGS, **circle.ceilings})}"


def _end(circle: "Circle") -> str:
    """Spell the end as it was written: of a day, which still counts, or an instant."""
    from sidelight.exchange import instants  # noqa: PLC0415 - not for --help

    end = circle.legal_until or 0
    return instants.show(end) if end % _DAY else instants.show(end - 1)[:10]


def _ceilings(found: "Mapping[Role, Ceiling]") -> str:
    return ", ".join(f"{role} {ceiling}" for role, ceiling in found.items())
