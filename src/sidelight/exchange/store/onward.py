"""The tables of what goes on from here by itself: peers, and webhooks."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from sidelight.exchange.store.tables import METADATA

_Id = String(36)

reach: Final = Table(
    "peer_reach",
    METADATA,
    Column("peer", String(100), primary_key=True),
    Column("direction", String(4), primary_key=True),
    Column("theirs", String(250), primary_key=True),
    Column("ours", String(250), primary_key=True),
    Column("after", String(64), nullable=False),
    Column("seen", Text, nullable=False),
    Column("taken", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
)
"""How far a collection of a peer was pulled, or pushed to: the last good cursor."""
refusal: Final = Table(
    "peer_refusal",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("peer", String(100), nullable=False),
    Column("direction", String(4), nullable=False),
    Column("id", String(300), nullable=False),
    Column("version", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Index("peer_refusal_peer", refusal.c.peer, refusal.c.direction)
hook: Final = Table(
    "hook",
    METADATA,
    Column("id", _Id, primary_key=True),
    Column("organisation", _Id, nullable=False),
    Column("person", String(250), nullable=False),
    Column("collection", _Id, nullable=False),
    Column("url", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("after", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
)
"""Who is told of what is added: what was added up to *after* is settled."""
dead_letter: Final = Table(
    "hook_dead_letter",
    METADATA,
    Column("hook", _Id, primary_key=True),
    Column("added", BigInteger, primary_key=True, autoincrement=False),
    Column("object", String(300), nullable=False),
    Column("version", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""What a webhook did not take, however often it was tried."""
