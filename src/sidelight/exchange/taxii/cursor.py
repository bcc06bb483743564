"""Cursors: where a page ended, signed.

A cursor holds all that the next page needs, so a server keeps nothing for it, a lost reply can be
asked for again, and writes in between change nothing before it. It is bound to the endpoint, the
filters and the reader: with another of them it is refused, not misunderstood.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from sidelight.exchange.instants import Instant
from sidelight.exchange.taxii.message import Refused

_TAG: Final = 16
_SIZE: Final = 8


def seal(instant: Instant, bound: bytes, key: bytes) -> str:
    """Make a cursor that goes on after *instant*.

    *bound* is what it holds for, *key* the secret of the server.
    """
    place = instant.to_bytes(_SIZE, "big", signed=True)
    return urlsafe_b64encode(place + _tag(place, bound, key)).decode()


def unseal(cursor: str, bound: bytes, key: bytes) -> Instant:
    """Read a cursor.

    Raises:
        Refused: 400, it was not made here for this request.
    """
    try:
        data = urlsafe_b64decode(cursor.encode("ascii"))
    except (Error, ValueError):
        data = b""
    place, tag = data[:_SIZE], data[_SIZE:]
    # What decodes to the same bytes is not the same cursor, so the text is compared, too.
    whole = urlsafe_b64encode(data).decode() == cursor
    if not hmac.compare_digest(tag, _tag(place, bound, key)) or not whole:
        why = "next was not made for this request: send it with the filters of the first page"
        raise Refused(HTTPStatus.BAD_REQUEST, why)
    return int.from_bytes(place, "big", signed=True)


def _tag(place: bytes, bound: bytes, key: bytes) -> bytes:
    return hmac.digest(key, sha256(bound).digest() + place, sha256)[:_TAG]
