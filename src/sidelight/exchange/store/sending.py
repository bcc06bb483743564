"""Who adds objects, and what it may know of what is held."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import orjson
from sqlalchemy import Connection, select

from sidelight.exchange.alliance import acquainted
from sidelight.exchange.instants import Instant
from sidelight.exchange.policy import Grant, Terms, settle
from sidelight.exchange.register import Register
from sidelight.exchange.shelf import Caller
from sidelight.exchange.store import tables
from sidelight.values import dataclass

Sees: TypeAlias = Callable[[str, int, Instant], bool]
"""Tells of a collection, terms and an instant whether what was added so is seen."""


@dataclass(frozen=True, slots=True)
class Sending:
    """Somebody who adds.

    Args:
        knows: ids of organisations it may know of.
        identities: ids of STIX identities and of the organisations that make objects as them.
    """

    by: Caller
    sees: Sees
    knows: frozenset[str]
    identities: Mapping[str, str]


def all_terms(connection: Connection) -> dict[int, Terms]:
    """Give all terms that objects are held under."""
    return {
        row.id: Terms(row.marking, row.owner, frozenset(orjson.loads(row.audience)), row.ends)
        for row in connection.execute(select(tables.terms))
    }


def sending(connection: Connection, register: Register, by: Caller, now: Instant) -> Sending:
    """Say what whoever adds may know."""
    own, known = by.organisation, register.alliances
    identities = {each.identity: each.id for each in known.organisations.values()}
    identities.pop("", None)
    since = {
        ident: outcome.since
        for ident, terms in all_terms(connection).items()
        if isinstance(outcome := settle(terms, own, known, "object", now=now), Grant)
    }
    readable = {each.id for each in register.collections if register.can_read(own, each)}

    def sees(collection: str, terms: int, added: Instant) -> bool:
        return collection in readable and terms in since and added >= since[terms]

    return Sending(by, sees, acquainted(own, known), identities)
