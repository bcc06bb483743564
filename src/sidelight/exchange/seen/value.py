"""Values that can be asked about, and which of them a hash does not hide.

A hash, keyed or not, hides a value only from who cannot try all there are. Whoever holds the key
of a group can try, so what has few values, or is listed somewhere, is *guessable*.
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import urlsplit

from sidelight.values import dataclass

TRIED: Final = 575_000
"""Keyed hashes (HMAC-SHA-256) that one thread of Python makes a second, measured on a shared core
of a small server; a graphics card makes some thousand times as many."""
LONG: Final = 24
"""Characters after the host that a URL must have not to be guessed."""


@dataclass(frozen=True, slots=True, order=True)
class Value:
    """A value of a kind, in its one spelling."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.text}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value.

    Args:
        spell: gives the one spelling of a text; "" for what is no value of the kind.
        guess: how it is guessed; "" where it cannot be.
        count: how many there are to try, where they can be counted.
    """

    spell: Callable[[str], str]
    guess: str = ""
    count: int = 0


def _hexadecimal(length: int) -> Callable[[str], str]:
    pattern = re.compile(rf"[0-9a-f]{{{length}}}", re.ASCII)
    return lambda text: text.lower() if pattern.fullmatch(text.lower()) else ""


def _matching(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: text if compiled.fullmatch(text) else ""


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        return ""


def _ipv6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        return ""
    return "" if address.ipv4_mapped or address.scope_id else str(address)


def _domain(text: str) -> str:
    folded = text.lower().rstrip(".")
    return (
        folded if re.fullmatch(r"(?=.{4,253}$)(?:[\w-]{1,63}\.)+[a-z][\w-]{1,62}", folded) else ""
    )


def _url(text: str) -> str:
    try:
        parts = urlsplit(text.strip())
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https", "ftp"} or not host:
        return ""
    # RFC 3986, section 6.2.2.1: scheme and host have no case, the rest has.
    where = parts.netloc.rpartition("@")[2].lower()
    asked = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme.lower()}://{where}{parts.path or '/'}{asked}"


def _number(text: str) -> str:
    digits = text.upper().removeprefix("AS")
    return str(int(digits)) if re.fullmatch(r"[0-9]{1,10}", digits, re.ASCII) else ""


def _email(text: str) -> str:
    return text.lower() if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) else ""


def _name(text: str) -> str:
    return text.strip().lower()


def _phone(text: str) -> str:
    digits = re.sub(r"[ ()-]", "", text).removeprefix("+")
    return digits if re.fullmatch(r"[0-9]{8,15}", digits, re.ASCII) else ""


KINDS: Final[Mapping[str, Kind]] = {
    "sha256": Kind(_hexadecimal(64)),
    "sha512": Kind(_hexadecimal(128)),
    "sha1": Kind(_hexadecimal(40)),
    "md5": Kind(_hexadecimal(32)),
    "imphash": Kind(_hexadecimal(32)),
    "ja3": Kind(_hexadecimal(32)),
    "ja4": Kind(_matching(r"[tqd]\d\d[di]\d{4}[a-z0-9]{2}_[0-9a-f]{12}_[0-9a-f]{12}")),
    "url": Kind(_url),
    "ipv4": Kind(_ipv4, "there are 2^32 (RFC 791)", 2**32),
    "ipv6": Kind(_ipv6, "those in use are listed"),
    "domain": Kind(_domain, "registries list theirs, 400 million or so", 400_000_000),
    "email": Kind(_email, "they are made of names and domains, which are listed"),
    "asn": Kind(_number, "there are 2^32 (RFC 6793), of which few are in use", 2**32),
    "imsi": Kind(
        _matching(r"\d{14,15}"), "a network has 10^10 (3GPP TS 23.003, 2.2)", 10_000_000_000
    ),
    "imei": Kind(
        _matching(r"\d{14,16}"), "a model has 10^6 (3GPP TS 23.003, 6.2), models are listed",
        1_000_000,
    ),
    "msisdn": Kind(_phone, "a country of ten digits has 10^10 (ITU-T E.164)", 10_000_000_000),
    "file": Kind(_name, "names are words, and words are listed"),
    "mutex": Kind(_name, "names are words, and words are listed"),
    "registry-key": Kind(_name, "most keys are the same on every host"),
}  # fmt: skip
"""Every kind, from what cannot be guessed to what can."""


def spelled(kind: str, text: str) -> Value | None:
    """Give a value in its one spelling; None where *text* is none of *kind*."""
    known = KINDS.get(kind)
    canonical = known.spell(text.strip()) if known and len(text) <= 4096 else ""
    return Value(kind, canonical) if canonical else None


def guessed(value: Value) -> str:
    """Say how a value is guessed, and how long all of its kind take; "" where it is hidden."""
    kind = KINDS[value.kind]
    if value.kind == "url":
        parts = urlsplit(value.text)
        rest = len(parts.path) + len(parts.query)
        if rest >= LONG:
            return ""
        return f"fewer than {LONG} characters after the host: short addresses are tried from lists"
    if not kind.guess or not kind.count:
        return kind.guess
    return f"{kind.guess}: one thread of Python tries them all in {_long(kind.count)}"


def _long(count: int) -> str:
    seconds = count / TRIED
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 1):.0f} seconds"
