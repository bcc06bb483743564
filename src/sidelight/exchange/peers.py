"""Peers: servers of others that ours is kept in step with, as a person writes them down."""

import tomllib
from typing import Final

from sidelight.errors import UsageError
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Way:
    """A collection of theirs and one of ours that it is kept in step with; ids, aliases, titles."""

    theirs: str
    ours: str


@dataclass(frozen=True, slots=True)
class Peer:
    """A server.

    Args:
        organisation: whose it is: name or id in our register.
        token_file: file that its token is in; *token_env* an environment variable instead.
        user: whose password the token is, where the server knows HTTP Basic only.
        authority: file with certificates to trust; empty for those of the system.
        client_cert: file with the certificate that we show; *client_key* its key, if elsewhere.
    """

    name: str
    organisation: str
    url: str
    token_file: str = ""
    token_env: str = ""
    user: str = ""
    authority: str = ""
    client_cert: str = ""
    client_key: str = ""
    pull: tuple[Way, ...] = ()
    push: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Peers:
    """All peers, and which organisation of the register we are."""

    us: str
    peers: tuple[Peer, ...]


_TEXTS: Final = ("name", "organisation", "url", "token_file", "token_env", "user", "ca")
_CERTIFICATE: Final = ("client_cert", "client_key")


def read_peers(text: str, *, where: str) -> Peers:
    """Read peers that a person wrote in TOML; *where* names the text in errors.

    Raises:
        UsageError: the text names no such peers.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"is no TOML: {error}", where=where) from None
    us, tables = document.pop("us", ""), document.pop("peer", [])
    if document:
        raise UsageError(f"unknown key {min(document)!r}", where=where, hint="known: us, peer")
    if not isinstance(us, str) or not us:
        hint = 'write us = "Operator A"'
        raise UsageError("does not say which organisation we are", where=where, hint=hint)
    if not isinstance(tables, list) or not tables:
        raise UsageError("names no peers: they are written as [[peer]]", where=where)
    found = [_peer(each, where) for each in tables]
    names = [each.name for each in found]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"peer {name!r} occurs more than once", where=where)
    return Peers(us, tuple(found))


def _peer(table: object, where: str) -> Peer:
    if not isinstance(table, dict):
        raise UsageError("peer is written as [[peer]]", where=where)
    where = f"{where}: peer {table.get('name', '')}".rstrip()
    for key in table:
        if key not in {*_TEXTS, *_CERTIFICATE, "pull", "push"}:
            hint = "known: " + ", ".join((*_TEXTS, *_CERTIFICATE, "pull", "push"))
            raise UsageError(f"unknown key {key!r}", where=where, hint=hint)
    texts = {key: table.get(key, "") for key in (*_TEXTS, *_CERTIFICATE)}
    for key, text in texts.items():
        if not isinstance(text, str) or (key in _TEXTS[:3] and not text.strip()):
            raise UsageError(f"{key} is missing, or is no text", where=where)
    if texts["client_key"] and not texts["client_cert"]:
        raise UsageError("client_key is for client_cert, which is missing", where=where)
    tokens = bool(texts["token_file"]) + bool(texts["token_env"])
    if tokens > 1 or not (tokens or texts["client_cert"]):
        hint = "or a client_cert"
        raise UsageError("needs one of token_file and token_env", where=where, hint=hint)
    texts["authority"] = texts.pop("ca")
    pull, push = (_ways(table.get(key, []), key, where) for key in ("pull", "push"))
    if not pull and not push:
        raise UsageError("neither pulls nor pushes anything", where=where)
    return Peer(**texts, pull=pull, push=push)


def _ways(tables: object, key: str, where: str) -> tuple[Way, ...]:
    found = []
    for each in tables if isinstance(tables, list) else [None]:
        way = each if isinstance(each, dict) else {}
        theirs, ours = way.get("theirs"), way.get("ours")
        if not (isinstance(theirs, str) and isinstance(ours, str)) or len(way) != 2:
            hint = f'write {key} = [{{theirs = "finds", ours = "finds"}}]'
            raise UsageError(f"{key} is no list of ways", where=where, hint=hint)
        found.append(Way(theirs, ours))
    return tuple(found)
