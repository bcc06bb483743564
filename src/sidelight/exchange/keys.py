"""Keys of authors: one's own, and those of allies that somebody here vouched for.

A key is a JSON Web Key of type OKP (RFC 8037); its fingerprint is its thumbprint (RFC 7638, and
RFC 8037 appendix A.3). With it stand the author's name and STIX identity.

Rule 1. A private key is readable by its owner only, and is written once.
Rule 2. A key is trusted because a person compared its fingerprint, and the record says who and
when. Nothing that is received adds one.
Rule 3. A revoked key stays in the store, so that it is refused by name.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

import msgspec
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sidelight.errors import UsageError, reason_of
from sidelight.exchange.base64url import decoded, encoded
from sidelight.exchange.secret import read_secret, write_secret
from sidelight.replacement import replace_file
from sidelight.values import dataclass

_IDENTITIES: Final = UUID("a2c4b1f3-2e5d-4f79-8a8b-5d1f0c3e7b92")
_IDENTITY: Final = re.compile(r"identity--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What an author is known by.

    Args:
        x: the 32 octets of the Ed25519 key.
        identity: id of the STIX identity that the author makes objects as.
        made: when, as a STIX timestamp.
    """

    x: bytes
    author: str
    identity: str
    made: str

    @property
    def fingerprint(self) -> str:
        """Give the thumbprint: 43 characters of base64url."""
        # RFC 7638, section 3.2: the required members in order of name, without white space.
        text = f'{{"crv":"Ed25519","kty":"OKP","x":"{encoded(self.x)}"}}'
        return encoded(sha256(text.encode("ascii")).digest())

    @property
    def own_identity(self) -> bool:
        """Tell whether the identity follows from the key, and is no other that there was."""
        return self.identity == identity_of(self.x)


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """An author's own key; *seed* is the secret."""

    seed: bytes
    public: PublicKey

    def __repr__(self) -> str:
        return f"PrivateKey({self.public.fingerprint})"

    def sign(self, data: bytes) -> bytes:
        """Give the signature of *data*, 64 octets."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(data)


class Trusted(msgspec.Struct, frozen=True):
    """A key that somebody here vouched for.

    Args:
        by: who vouched for it, and *at* when.
        revoked: when it was; empty while it holds.
        reason: why it was revoked.
    """

    x: str
    author: str
    identity: str
    made: str
    by: str
    at: str
    revoked: str = ""
    reason: str = ""

    @property
    def key(self) -> PublicKey:
        """Give the key itself."""
        return PublicKey(_octets(self.x, "the trust store"), self.author, self.identity, self.made)


def identity_of(x: bytes) -> str:
    """Name the identity of an author who has no other."""
    return f"identity--{uuid5(_IDENTITIES, x.hex())}"


def made_key(seed: bytes, author: str, identity: str, made: str) -> PrivateKey:
    """Make a key out of 32 random octets; without an *identity* it gets one of its own.

    Raises:
        UsageError: the author has no name, or the identity is no STIX id of one.
    """
    if not author.strip():
        raise UsageError("must not be empty", where="AUTHOR")
    if identity and not _IDENTITY.fullmatch(identity):
        raise UsageError("is no id of a STIX identity", where=identity)
    x = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return PrivateKey(seed, PublicKey(x, author.strip(), identity or identity_of(x), made))


def write_key(path: Path, key: PrivateKey) -> None:
    """Write a private key for its owner only; a file that is there is never replaced.

    Raises:
        UsageError: it is there, or cannot be written.
    """
    document = {**document_of(key.public), "d": encoded(key.seed)}
    write_secret(path, orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))


def read_key(path: Path) -> PrivateKey:
    """Read a private key.

    Raises:
        UsageError: it cannot be read, is none, or others than its owner may read it.
    """
    read_secret(path)
    document = _document(path)
    public = _public(document, path)
    key = made_key(_octets(document.get("d"), str(path)), public.author, public.identity, "")
    if key.public.x != public.x:
        raise UsageError("holds two halves that do not belong together", where=str(path))
    return replace(key, public=public)


def read_public_key(path: Path) -> PublicKey:
    """Read what an ally is known by.

    Raises:
        UsageError: it cannot be read, is no Ed25519 key, or holds the private half.
    """
    document = _document(path)
    if "d" in document:
        hint = "tell its owner: it is to be revoked, and a new one made"
        raise UsageError(
            "holds a private key, which nobody should send", where=str(path), hint=hint
        )
    return _public(document, path)


def document_of(key: PublicKey) -> dict[str, str]:
    """Give a public key as a JSON Web Key."""
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": encoded(key.x),
        "kid": key.fingerprint,
        "author": key.author,
        "identity": key.identity,
        "made": key.made,
    }


def read_trust(path: Path) -> dict[str, Trusted]:
    """Read the trust store, by fingerprint; none where there is no file.

    Raises:
        UsageError: it is damaged: nothing is trusted on the strength of half of it.
    """
    if not path.exists():
        return {}
    try:
        found = msgspec.json.decode(path.read_bytes(), type=list[Trusted])
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"cannot be read: {reason_of(error)}", where=str(path)) from None
    return {each.key.fingerprint: each for each in found}


def trust(path: Path, key: PublicKey, by: str, at: str) -> None:
    """Trust a key from now on.

    Raises:
        UsageError: it was revoked, or another author's key already speaks for its identity.
    """
    store = read_trust(path)
    before = store.get(key.fingerprint)
    if before is not None and before.revoked:
        reason = f"was revoked {before.revoked[:10]}: {before.reason}"
        raise UsageError(reason, where=key.fingerprint, hint="ask its owner for a new one")
    for each in store.values():
        if each.identity == key.identity and each.author != key.author:
            reason = f"speaks for the identity of {each.author}, under another name"
            raise UsageError(reason, where=key.fingerprint)
    x = encoded(key.x)
    store[key.fingerprint] = Trusted(x, key.author, key.identity, key.made, by, at)
    _write_trust(path, store)


def revoke(path: Path, fingerprint: str, reason: str, at: str) -> Trusted:
    """Refuse from now on what a key signed, also what it signed before.

    Raises:
        UsageError: no such key is trusted.
    """
    store = read_trust(path)
    found = store.get(fingerprint)
    if found is None:
        raise UsageError("is no key of the trust store", where=fingerprint)
    if not found.revoked:
        store[fingerprint] = msgspec.structs.replace(found, revoked=at, reason=reason)
        _write_trust(path, store)
    return store[fingerprint]


def _write_trust(path: Path, store: Mapping[str, Trusted]) -> None:
    replace_file(path, [msgspec.json.format(msgspec.json.encode(list(store.values())))], 0o644)


def _document(path: Path) -> Mapping[str, object]:
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except ValueError as error:
        raise UsageError(f"is no JSON: {error}", where=str(path)) from None
    if not isinstance(document, dict) or (document.get("kty"), document.get("crv")) != (
        "OKP",
        "Ed25519",
    ):
        hint = "sidelight share key show prints one"
        raise UsageError("is no Ed25519 key (RFC 8037)", where=str(path), hint=hint)
    return document


def _public(document: Mapping[str, object], path: Path) -> PublicKey:
    author, identity, made = (document.get(name) for name in ("author", "identity", "made"))
    if not isinstance(author, str) or not author.strip() or not isinstance(made, str):
        raise UsageError("says not whose it is, or since when", where=str(path))
    if not isinstance(identity, str) or not _IDENTITY.fullmatch(identity):
        raise UsageError("has no STIX identity", where=str(path))
    return PublicKey(_octets(document.get("x"), str(path)), author.strip(), identity, made)


def _octets(text: object, where: str) -> bytes:
    try:
        data = decoded(str(text))
    except ValueError:
        data = b""
    if not isinstance(text, str) or len(data) != 32:
        raise UsageError("holds a key that has not 32 octets in base64url", where=where)
    return data
