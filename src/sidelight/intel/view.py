"""The knowledge of a store and of the bundled files, made once for each state of both."""

from contextlib import suppress
from typing import Final

import msgspec

from sidelight import __version__
from sidelight.errors import IntelError
from sidelight.intel.claim import Claim, NameClaim
from sidelight.intel.derive import derive
from sidelight.intel.entity import Entity
from sidelight.intel.knowledge import Knowledge, join
from sidelight.intel.source import Source
from sidelight.intel.statements import bundled_digest, load_bundled
from sidelight.intel.store import Store
from sidelight.values import dataclass

_REVISION: Final = 1
"""Counts up when the same objects give other claims."""


@dataclass(frozen=True, slots=True)
class _Kept:
    sources: dict[str, Source]
    entities: dict[str, Entity]
    names: list[NameClaim]
    claims: list[Claim]


def knowledge_of(store: Store) -> Knowledge:
    """Give all that *store* holds, joined with what comes with Sidelight."""
    key = f"{_REVISION} {__version__} {store.state()} {bundled_digest()}"
    if (data := store.recall(key)) is not None:
        return _decoded(data)
    knowledge = join(load_bundled(), derive(store.current()))
    kept = _Kept(
        dict(knowledge.sources),
        dict(knowledge.entities),
        list(knowledge.names),
        list(knowledge.claims),
    )
    # Whoever may only read the store, or reads while another writes, makes it again.
    with suppress(IntelError):
        store.remember(key, msgspec.msgpack.encode(kept))
    return knowledge


def _decoded(data: bytes) -> Knowledge:
    kept = msgspec.msgpack.decode(data, type=_Kept)
    return Knowledge(kept.sources, kept.entities, tuple(kept.names), tuple(kept.claims))
