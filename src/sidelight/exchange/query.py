"""What is asked of a collection."""

from dataclasses import replace
from typing import Final

import orjson

from sidelight.exchange.instants import Instant
from sidelight.values import dataclass

DEFAULT_LIMIT: Final = 100
PAGE_OCTETS: Final = 16 << 20
"""A page that has so many octets ends there, whatever its limit is; it has one object at least."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a request asks for.

    Args:
        added_after: only what was added later.
        limit: at most so many.
        next: the cursor it goes on from; empty for the first page.
        versions: ``first``, ``last``, ``all`` or keys of `sidelight.exchange.instants.order`.
        spec_versions: empty for the latest of each object.
    """

    added_after: Instant | None = None
    limit: int = DEFAULT_LIMIT
    next: str = ""
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    versions: tuple[str, ...] = ("last",)
    spec_versions: tuple[str, ...] = ()

    def signature(self) -> bytes:
        """Give what a cursor is bound to: all but how many come at a time, and from where."""
        bound = replace(self, limit=0, next="")
        lists = (bound.ids, bound.types, bound.versions, bound.spec_versions)
        return orjson.dumps([bound.added_after, *map(sorted, lists)])
