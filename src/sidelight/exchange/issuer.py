"""Bearer tokens of other issuers: signed claims (RFC 7519) instead of tokens of our own.

What is not said to hold does not: an issuer, its audience, its algorithms, and which claims stand
for which organisation are all written down. Algorithms are asymmetric, so whoever can verify a
token cannot make one.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Final

import orjson
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from sidelight.errors import UsageError
from sidelight.values import dataclass

ALGORITHMS: Final[Mapping[str, type]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), RSAKey),
    **dict.fromkeys(("ES256", "ES384", "ES512"), ECKey),
    **dict.fromkeys(("EdDSA", "Ed25519"), OKPKey),
}
"""Signatures that may be allowed (RFC 7518, section 3; RFC 8037), and the keys that make them."""
_DEFAULT: Final = ("RS256", "PS256", "ES256")
_SCOPES: Final = ("read", "write")
_TYPES: Final = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})
_LONGEST: Final = 16 << 10
_PERSON: Final = 250
_JOINTS: Final = (JoseError, ValueError, TypeError, RecursionError)
"""What a token may be made of that is none."""
Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Grant:
    """Tokens with all of these claims stand for an organisation, of this name or id."""

    claims: Mapping[str, str]
    organisation: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whoever signs tokens that are believed.

    Args:
        name: its ``iss``.
        audience: what ``aud`` has to be, or hold.
        grants: whom its tokens stand for.
        jwks_file: where its keys are.
        jwks_url: where they are fetched from instead.
        algorithms: those that it signs with.
        skew_s: seconds that its clock and ours may be apart.
        longest_s: seconds after which a token has to have ended.
        person: the claim that names the person or program.
    """

    name: str
    audience: str
    grants: tuple[Grant, ...]
    jwks_file: str = ""
    jwks_url: str = ""
    algorithms: tuple[str, ...] = _DEFAULT
    skew_s: int = 30
    longest_s: int = 86_400
    person: str = "sub"


@dataclass(frozen=True, slots=True)
class Entitled:
    """What a token is good for; the organisation is named as the grant names it."""

    organisation: str
    person: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Signed:
    """A token before its signature is verified: nothing in it is believed yet."""

    text: str = field(repr=False)
    issuer: str
    algorithm: str
    key: str


def read_signed(text: str) -> Signed | None:
    """Take a token apart; None for what is none, or wants something that is not understood."""
    if len(text) > _LONGEST or text.count(".") != 2:
        return None
    try:
        found = jws.extract_compact(text.encode("ascii"))
        claims, header = orjson.loads(found.payload), found.headers()
    except _JOINTS:
        return None
    names = [claims.get("iss") if isinstance(claims, dict) else None, header.get("alg")]
    names.append(header.get("kid", ""))
    if not all(isinstance(each, str) for each in names) or {"crit", "b64"} & header.keys():
        return None
    if str(header.get("typ", "")).lower() not in _TYPES:
        return None
    return Signed(text, *map(str, names))


def fitting(signed: Signed, keys: Sequence[Key]) -> Key | None:
    """Choose the key that a token says it is signed with.

    A key that says what it is for is for nothing else, and a token that names no key is of the
    only one that could be it.
    """
    kind = ALGORITHMS.get(signed.algorithm)
    fit = [
        key
        for key in keys
        if kind
        and isinstance(key, kind)
        and key.get("use", "sig") == "sig"
        and key.get("alg", signed.algorithm) == signed.algorithm
        and (not signed.key or key.get("kid") == signed.key)
    ]
    return fit[0] if len(fit) == 1 else None


def verify(signed: Signed, issuer: Issuer, key: Key, now_s: float) -> Claims | None:
    """Give the claims of a token that holds now; None for one that does not."""
    if signed.algorithm not in issuer.algorithms:
        return None
    asked = jwt.JWTClaimsRegistry(
        now=int(now_s),
        leeway=issuer.skew_s,
        iss={"essential": True, "value": issuer.name},
        aud={"essential": True, "value": issuer.audience},
        exp={"essential": True},
    )
    try:
        claims = jwt.decode(signed.text, key, algorithms=[signed.algorithm]).claims
        asked.validate(claims)
    except _JOINTS:
        return None
    return claims if claims["exp"] <= now_s + issuer.longest_s + issuer.skew_s else None


def entitled(claims: Claims, issuer: Issuer) -> Entitled | None:
    """Say whom claims stand for; None where no grant says it, or two say otherwise."""
    grants = [
        grant
        for grant in issuer.grants
        if all(_holds(claims, name, value) for name, value in grant.claims.items())
    ]
    person = _claim(claims, issuer.person)
    named = isinstance(person, str) and person.isprintable() and 0 < len(person) <= _PERSON
    if not named or len({grant.organisation for grant in grants}) != 1:
        return None
    scopes = frozenset(scope for grant in grants for scope in grant.scopes)
    return Entitled(grants[0].organisation, str(person), scopes)


def _holds(claims: Claims, name: str, value: str) -> bool:
    found = _claim(claims, name)
    return value in found if isinstance(found, list) else found == value


def _claim(claims: Claims, name: str) -> object:
    """Give a claim by its name, or by its path with dots between."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def read_issuers(text: str, where: str) -> tuple[Issuer, ...]:
    """Read issuers that a person wrote in TOML.

    *where* names the text in errors.

    Raises:
        UsageError: it is no TOML, leaves something open, or allows what is not safe.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"is no TOML: {error}", where=where) from None
    _only(document, {"issuer"}, where)
    found = tuple(_issuer(each, where) for each in _tables(document, "issuer", where))
    if len({each.name for each in found}) < len(found):
        raise UsageError("has an issuer twice", where=where)
    return found


def _issuer(table: Mapping[str, object], where: str) -> Issuer:
    known = {"issuer", "audience", "jwks_file", "jwks_url", "algorithms", "skew_s", "grant"}
    _only(table, known | {"longest_hours", "person"}, where)
    name = _text(table, "issuer", where)
    where = f"{where}: {name}"
    file, url = _text(table, "jwks_file", where, ""), _text(table, "jwks_url", where, "")
    if bool(file) == bool(url):
        raise UsageError("give jwks_file or jwks_url", where=where)
    algorithms = table.get("algorithms", list(_DEFAULT))
    if not isinstance(algorithms, list) or not algorithms or set(algorithms) - set(ALGORITHMS):
        hint = f"known: {', '.join(ALGORITHMS)}"
        raise UsageError("algorithms is no list of safe signatures", where=where, hint=hint)
    grants = tuple(_grant(each, where) for each in _tables(table, "grant", where))
    return Issuer(
        name,
        _text(table, "audience", where),
        grants,
        file,
        url,
        tuple(algorithms),
        _number(table, "skew_s", 30, 300, where),
        _number(table, "longest_hours", 24, 24 * 366, where) * 3600,
        _text(table, "person", where, "sub"),
    )


def _grant(table: Mapping[str, object], where: str) -> Grant:
    _only(table, {"claims", "organisation", "scopes"}, where)
    claims, scopes = table.get("claims"), table.get("scopes", list(_SCOPES))
    if not isinstance(claims, dict) or not claims:
        hint = "such as claims = {groups = 'soc'}"
        raise UsageError("a grant says which claims it is for", where=where, hint=hint)
    if not all(isinstance(value, str) and value for value in claims.values()):
        raise UsageError("claims of a grant are texts", where=where)
    if not isinstance(scopes, list) or not scopes or set(scopes) - set(_SCOPES):
        raise UsageError("scopes is a list of read and write", where=where)
    return Grant(claims, _text(table, "organisation", where), frozenset(scopes))


def _tables(document: Mapping[str, object], name: str, where: str) -> list[dict[str, object]]:
    found = document.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise UsageError(f"has no [[{name}]]", where=where)
    return found


def _text(table: Mapping[str, object], key: str, where: str, default: str | None = None) -> str:
    found = table.get(key, default)
    if not isinstance(found, str) or (default is None and not found.strip()):
        raise UsageError(f"{key} is missing, or is no text", where=where)
    return found


def _number(table: Mapping[str, object], key: str, default: int, most: int, where: str) -> int:
    found = table.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= most:
        raise UsageError(f"{key} is no whole number up to {most}", where=where)
    return found


def _only(table: Mapping[str, object], known: set[str], where: str) -> None:
    for key in table.keys() - known:
        hint = f"known: {', '.join(sorted(known))}"
        raise UsageError(f"unknown key {key!r}", where=where, hint=hint)
