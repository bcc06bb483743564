"""Names under which organisations are known to those who may not know who they are.

A pseudonym is a keyed derivation (HMAC, RFC 2104, with SHA-256) for one organisation, one onlooker
and one circle. The same organisation is always the same to one onlooker in one circle, so what it
says can be put together; to the next onlooker, and in the next circle, it is another, so nobody
can compare notes. Only whoever has the key of the server can tell who it is, or that two are one.
"""

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import Final
from uuid import UUID

import orjson

_DIGITS: Final = 16


def pseudonym(organisation: str, onlooker: str, circle: str, key: bytes) -> str:
    """Name *organisation* to *onlooker* as a member of *circle*; all three are ids."""
    return f"member-{_derived('name', organisation, onlooker, circle, key).hex()[:_DIGITS]}"


def pseudonymous_identity(organisation: str, onlooker: str, circle: str, key: bytes) -> str:
    """Give the id of the STIX identity that stands for the same pair and circle.

    It looks like any id of an identity (a UUID of version 4; STIX 2.1, section 2.9): without the
    key its bits cannot be told from random ones.
    """
    data = _derived("identity", organisation, onlooker, circle, key)[:16]
    return f"identity--{UUID(bytes=data, version=4)}"


def named_by(
    name: str, organisations: Iterable[str], onlooker: str, circle: str, key: bytes
) -> str | None:
    """Tell which of *organisations* a pseudonym stands for, for whoever has the key.

    *name* is either form; None where it is of none of them, of another onlooker or circle.
    """
    for each in organisations:
        for form in (pseudonym, pseudonymous_identity):
            if hmac.compare_digest(form(each, onlooker, circle, key), name):
                return each
    return None


def _derived(purpose: str, organisation: str, onlooker: str, circle: str, key: bytes) -> bytes:
    # As a list: parts that were only put behind each other could be cut in another place.
    text = orjson.dumps(["sidelight pseudonym", purpose, circle, onlooker, organisation])
    return hmac.digest(key, text, sha256)
