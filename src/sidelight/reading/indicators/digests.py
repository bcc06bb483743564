"""Hashes and fingerprints, by their length and by the word before them."""

import re
from collections.abc import Iterator
from typing import Final

from sidelight.reading.indicators.context import Context
from sidelight.reading.indicators.tokens import Token

_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_LENGTHS: Final = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_JA4: Final = re.compile(r"[tqd]\d\d[di]\d{4}[a-z0-9]{2}_[0-9a-f]{12}_[0-9a-f]{12}")
_SSDEEP: Final = re.compile(r"\d{1,7}:[A-Za-z0-9/+]{6,}:[A-Za-z0-9/+]{6,}")
_IMPHASH: Final = re.compile(r"\bimp(?:ort)?[- ]?hash\b[^.]{0,12}$", re.IGNORECASE)
_JA3: Final = re.compile(r"\bja3s?\b[^.]{0,16}$", re.IGNORECASE)
_NO_FILE: Final = re.compile(
    r"\b(?:commit|build|git|image|licen[cs]e|revision|uuid|guid|api[- ]key|token|session"
    r"|serial(?: number)?|thumbprint)(?: hash| id| key| digest)?\b\W*$",
    re.IGNORECASE,
)


def digests(token: Token, around: Context) -> Iterator[tuple[str, str]]:
    """Yield kind and value of the hash that *token* is, if it is one."""
    plain = token.plain.rpartition(":")[2] if token.plain.count(":") == 1 else token.plain
    label = token.plain.partition(":")[0] if ":" in token.plain else ""
    before = f"{around.before}{label} "
    kind = _LENGTHS.get(len(plain))
    if kind and _HEX.fullmatch(plain) and len(set(plain.lower())) > 4:
        if _NO_FILE.search(around.before):
            return
        if kind == "md5":
            kind = "imphash" if _IMPHASH.search(before) else "ja3" if _JA3.search(before) else kind
        yield kind, plain.lower()
    elif _JA4.fullmatch(token.plain):
        yield "ja4", token.plain
    elif _SSDEEP.fullmatch(token.plain):
        yield "ssdeep", token.plain
