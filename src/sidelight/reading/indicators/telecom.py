"""Numbers and names of signalling and of the mobile core, each behind the word that names it.

Sources: 3GPP TS 23.003 (IMSI, MSISDN, PLMN, APN, realms), ITU-T E.212, Q.704 and Q.713.
"""

import re
from collections.abc import Iterator
from typing import Final

from sidelight.reading.indicators.host import Stretch

_LINK: Final = (
    r"[^\w+]{0,3}(?:(?:is|was|of|range|prefix|numbers?|code|address|the|from"
    r"|value)[^\w+]{1,3}){0,3}"
)
_PATTERNS: Final = (
    (
        "imsi",
        rf"\b(?:IMSIs?|SUPIs?){_LINK}(\d{{5,15}}[xX*]{{1,10}}|\d{{14,15}}(?:\s?[-\u2013]\s?\d{{14,15}})?)\b",
    ),
    (
        "msisdn",
        rf"\bMSISDNs?{_LINK}(\+?\d{{7,15}}(?:[xX*]{{1,8}})?(?:\s?[-\u2013]\s?\+?\d{{7,15}})?)",
    ),
    ("gt", rf"\b(?:global titles?|GTs?|SCCP address){_LINK}(\+?\d{{5,15}}[xX*]{{0,8}})\b"),
    (
        "point-code",
        rf"\b(?:point codes?|SPCs?|OPC|DPC|ISPC|NSPC){_LINK}(\d{{1,3}}-\d{{1,3}}-\d{{1,3}}"
        rf"|\d{{1,5}})\b",
    ),
    (
        "plmn",
        rf"\b(?:PLMN(?:[ -]?IDs?)?|MCC[-/ ]?MNC|network code){_LINK}(\d{{3}}[-/ ]?\d{{2,3}})\b",
    ),
    ("apn", rf"\bAPNs?{_LINK}[\"'\u201c`]?((?=[\w.-]*[.\d])[A-Za-z][\w.-]{{2,99}}\w)"),
    (
        "diameter-realm",
        r"\b((?:[\w-]{1,63}\.){1,8}mnc\d{2,3}\.mcc\d{3}\.3gppnetwork\.org)\b",
    ),
    (
        "diameter-realm",
        rf"\b(?:origin|destination|diameter)[- ](?:realm"
        rf"|host){_LINK}((?:[\w-]{{1,63}}\.){{1,8}}[A-Za-z]{{2,24}})\b",
    ),
    ("apn", r"\b((?:[\w-]{1,63}\.){1,8}mnc\d{2,3}\.mcc\d{3}\.gprs)\b"),
)
_COMPILED: Final = tuple(
    (kind, re.compile(pattern, re.IGNORECASE if kind != "gt" else re.ASCII))
    for kind, pattern in _PATTERNS
)


def telecom(text: str) -> Iterator[Stretch]:
    """Yield what *text* names of signalling and the mobile core."""
    for kind, pattern in _COMPILED:
        for match in pattern.finditer(text):
            value = match[1].rstrip(".")
            yield Stretch(kind, value, match.start(1), match.start(1) + len(value))
            if kind in _COUNTED:
                yield from _further(kind, text, match.end(1))


_COUNTED: Final = frozenset({"imsi", "msisdn", "gt", "point-code"})
_FURTHER: Final = re.compile(
    r"(?:,? (?:and|or|to|through|until|und|bis|et)|,|;) "
    r"(\+?\d{10,15}|\d{1,3}-\d{1,3}-\d{1,3})\b(?![-.]\d)",
    re.ASCII,
)


def _further(kind: str, text: str, at: int) -> Iterator[Stretch]:
    """Yield the numbers that follow one of the same kind in a list."""
    while match := _FURTHER.match(text, at):
        if ("-" in match[1]) != (kind == "point-code"):
            return
        yield Stretch(kind, match[1], *match.span(1))
        at = match.end()
