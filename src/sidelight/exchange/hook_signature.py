"""Signatures of webhooks: who gets one can tell that it is ours, whole, and not a replay.

The form is that of Standard Webhooks (standardwebhooks.com, specification 1.0.0): HMAC-SHA-256
over ``id.timestamp.body``, in base64 after ``v1,``; libraries for it exist in most languages.

A receiver refuses what is older than `TOLERANCE_S`, and keeps every id that it acted upon: a
delivery that is tried again has a new timestamp, and the id of before. Ids are to be kept for as
long as deliveries are tried again (two days) or for good, as one wants; then each has its effect
once.
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from sidelight.errors import ExchangeError

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
TOLERANCE_S: Final = 300
_PREFIX: Final = "whsec_"


def derived(key: bytes, hook: str) -> bytes:
    """Give the secret of a hook; whoever has *key* has those of all."""
    return hmac.digest(key, f"webhook\n{hook}".encode(), sha256)


def spelled(secret: bytes) -> str:
    """Spell a secret as Standard Webhooks does."""
    return _PREFIX + b64encode(secret).decode()


def sign(secret: bytes, ident: str, second: int, body: bytes) -> dict[str, str]:
    """Give the headers of a delivery that is sent at *second* of 1970."""
    text = "v1," + b64encode(_digest(secret, ident, str(second), body)).decode()
    return {ID: ident, TIMESTAMP: str(second), SIGNATURE: text}


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, second: int) -> str:
    """Give the id of a delivery that came at *second* of 1970, with headers named in any case.

    The caller still has to see whether the id came before.

    Raises:
        ExchangeError: it is not signed with *secret*, or is too old, or of the future.
    """
    found = {name.lower(): value for name, value in headers.items()}
    ident, at = found.get(ID, ""), found.get(TIMESTAMP, "")
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (NoBase64, ValueError):
        raise ExchangeError("is no secret of a webhook", where="secret") from None
    if not ident or not (at.isascii() and at.isdecimal()):
        raise ExchangeError("has no id or no timestamp", where="webhook")
    if abs(int(at[:20]) - second) > TOLERANCE_S:
        raise ExchangeError("is too old, or of the future: it may be a replay", where=ident)
    wanted = b64encode(_digest(key, ident, at, body)).decode()
    given = [each.removeprefix("v1,") for each in found.get(SIGNATURE, "").split(" ")]
    if not any(hmac.compare_digest(each.encode(), wanted.encode()) for each in given):
        raise ExchangeError("is not signed with this secret", where=ident)
    return ident


def _digest(secret: bytes, ident: str, second: str, body: bytes) -> bytes:
    return hmac.digest(secret, f"{ident}.{second}.".encode() + body, sha256)
