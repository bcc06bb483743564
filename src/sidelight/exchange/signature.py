"""Signatures of authors, carried by STIX objects themselves.

A signature is a JSON Web Signature with detached content (RFC 7515, appendix F) by an Ed25519 key
(RFC 8037) over the canonical JSON (RFC 8785) of the object without it. It stands in an extension
property, so whoever knows nothing of it reads the object all the same.

Rule 1. Everything but the signature's own text is signed: marking, author and time, too.
Rule 2. One algorithm. A header that says anything else is refused, not interpreted.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import orjson
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sidelight.exchange.base64url import decoded, encoded
from sidelight.exchange.extension import SIGNATURE
from sidelight.exchange.keys import PrivateKey, PublicKey, Trusted
from sidelight.values import dataclass

Json: TypeAlias = Mapping[str, object]

_PROPERTY: Final = "signature"
_ALGORITHM: Final = "EdDSA"


@dataclass(frozen=True, slots=True)
class Signed:
    """It is as its author signed it, and that author is trusted here."""

    by: PublicKey


@dataclass(frozen=True, slots=True)
class Unsigned:
    """Nobody signed it."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """It is signed by a key that nobody trusts here, so whose it is cannot be told."""

    fingerprint: str


@dataclass(frozen=True, slots=True)
class Void:
    """Its signature counts for nothing, and why."""

    why: str


Verdict: TypeAlias = Signed | Unsigned | Stranger | Void


class UnsignableError(ValueError):
    """An object has no canonical form, so it cannot be signed."""


def signed(item: Json, key: PrivateKey) -> dict[str, object]:
    """Give *item* with the signature of *key*.

    Raises:
        UnsignableError: it holds what RFC 8785 has no form for, such as a number beyond 2^53.
    """
    header = rfc8785.dumps({"alg": _ALGORITHM, "kid": key.public.fingerprint})
    protected = encoded(header)
    mark = encoded(key.sign(_input(protected, item)))
    return _with(item, f"{protected}..{mark}")


def verified(item: Json, find: Callable[[str], Trusted | None]) -> Verdict:
    """Say whose *item* is; *find* gives a trusted key by its fingerprint."""
    text = _text(item)
    if text is None:
        return Unsigned()
    try:
        protected, mark = text.split("..")
        header = orjson.loads(decoded(protected))
        signature = decoded(mark)
    except ValueError:
        return Void("its signature is no JSON Web Signature with detached content")
    if not isinstance(header, dict) or header.keys() != {"alg", "kid"}:
        return Void("its signature has a header that is not understood here")
    if header["alg"] != _ALGORITHM or not isinstance(header["kid"], str):
        return Void("its signature is not by an Ed25519 key")
    trusted = find(header["kid"])
    if trusted is None:
        return Stranger(header["kid"])
    try:
        point = Ed25519PublicKey.from_public_bytes(trusted.key.x)
        point.verify(signature, _input(protected, item))
    except (InvalidSignature, UnsignableError):
        return Void(f"it is not what {trusted.key.author} signed: it was changed")
    if trusted.revoked:
        return Void(f"the key of {trusted.key.author} was revoked {trusted.revoked[:10]}")
    if str(item.get("created_by_ref", trusted.key.identity)) != trusted.key.identity:
        return Void(f"{trusted.key.author} signed it, but it says that somebody else made it")
    return Signed(trusted.key)


def _text(item: Json) -> str | None:
    extensions = item.get("extensions")
    mine = extensions.get(SIGNATURE) if isinstance(extensions, Mapping) else None
    if mine is None:
        return None
    text = mine.get(_PROPERTY) if isinstance(mine, Mapping) else None
    return text if isinstance(text, str) else ""


def _with(item: Json, text: str) -> dict[str, object]:
    before = item.get("extensions")
    extensions = dict(before) if isinstance(before, Mapping) else {}
    mine = {"extension_type": "property-extension", _PROPERTY: text}
    return {**item, "extensions": {**extensions, SIGNATURE: mine}}


def _input(protected: str, item: Json) -> bytes:
    """Give what is signed (RFC 7515, section 5.1): the header, and the object without its text."""
    before = item.get("extensions")
    extensions = dict(before) if isinstance(before, Mapping) else {}
    mine = extensions.get(SIGNATURE, {"extension_type": "property-extension"})
    if isinstance(mine, Mapping):
        extensions[SIGNATURE] = {name: each for name, each in mine.items() if name != _PROPERTY}
    bare: Any = {**item, "extensions": extensions}  # any JSON, which the library checks itself
    try:
        payload = rfc8785.dumps(bare)
    except (ValueError, RecursionError) as error:
        raise UnsignableError(str(error)) from None
    return f"{protected}.{encoded(payload)}".encode("ascii")
