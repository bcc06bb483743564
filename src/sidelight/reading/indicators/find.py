"""All observables of a text: first what spans several tokens, then token by token."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from sidelight.intel.warning import Warnings
from sidelight.intel.width import too_wide
from sidelight.reading.indicators.context import Context, context
from sidelight.reading.indicators.digests import digests
from sidelight.reading.indicators.host import Stretch, commands, rules_in, stretches
from sidelight.reading.indicators.names import is_file, lookalike, may_be_file
from sidelight.reading.indicators.network import network
from sidelight.reading.indicators.observable import Observable, Role
from sidelight.reading.indicators.telecom import telecom
from sidelight.reading.indicators.tokens import Token, tokens
from sidelight.reading.view import View

_CVE: Final = re.compile(r"CVE-\d{4}-\d{4,7}", re.IGNORECASE)
_CANDIDATE: Final = re.compile(r"\w[.:@]\w|^\[?::|^[0-9a-fA-F]{32,}$|^CVE-|_", re.IGNORECASE)
"""What no token that is an observable lacks; most words of prose do."""
_PRIVATE: Final = frozenset(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_NETWORKED: Final = frozenset({"domain", "url", "ipv4", "ipv6"})
_ADDRESSES: Final = frozenset({"domain", "url", "email"})


def find_observables(view: View, warnings: Warnings) -> tuple[Observable, ...]:
    """Find what *view* names that could be looked for, in order, each mention once."""
    text = view.text
    mask = bytearray(len(text))
    found: list[Observable] = []
    for stretch in (*rules_in(text), *commands(text), *telecom(text), *stretches(text)):
        if not any(mask[stretch.start : stretch.end]):
            around = context(text, stretch.start, stretch.end)
            found.append(_observed(view, warnings, stretch, around))
            end = stretch.end if stretch.masks else _first_word(text, stretch)
            mask[stretch.start : end] = b"\1" * (end - stretch.start)
    for token in tokens(text):
        if not _CANDIDATE.search(token.plain) or any(mask[token.start : token.end]):
            continue
        around = context(text, token.start, token.end)
        for kind, value in _kinds(token, around):
            stretch = Stretch(kind, value, token.start, token.end)
            found.append(_observed(view, warnings, stretch, around, token))
            break
    return tuple(sorted(found, key=lambda each: (each.span, each.kind)))


def _is_private_range(stretch: Stretch) -> bool:
    """Tell a range that everybody uses inside, as advice on what to block or permit names it."""
    try:
        return "/" in stretch.value and ip_network(stretch.value, strict=False) in _PRIVATE
    except ValueError:
        return False


def _first_word(text: str, stretch: Stretch) -> int:
    blank = text.find(" ", stretch.start, stretch.end)
    return blank if blank >= 0 else stretch.end


def _kinds(token: Token, around: Context) -> Iterator[tuple[str, str]]:
    if match := _CVE.fullmatch(token.plain):
        yield "cve", match[0].upper()
    yield from digests(token, around)
    plain = token.plain
    if not token.defanged and may_be_file(plain) and is_file(plain, handled=around.is_handling):
        yield "file", plain
    yield from network(token, around)


def _observed(
    view: View, warnings: Warnings, stretch: Stretch, around: Context, token: Token | None = None
) -> Observable:
    remarks = []
    if view.hides(stretch.start, stretch.end):
        remarks.append("written with hidden characters inside")
    latin = lookalike(stretch.value) if stretch.kind in _ADDRESSES else ""
    if latin:
        remarks.append(f"letters of another script: it looks like {latin}")
    if wide := too_wide(stretch.kind, stretch.value):
        remarks.append(wide)
    lists = warnings.of(stretch.value)
    remarks += [each.title for each in lists]
    listed = any(each.reference for each in lists)
    role: Role = (
        "reference" if listed or (token and _points(stretch, token, around)) else "observed"
    )
    span = view.span(stretch.start, stretch.end)
    return Observable(stretch.kind, stretch.value, span, role, tuple(remarks), stretch.body)


def _points(stretch: Stretch, token: Token, around: Context) -> bool:
    """Tell an address that the reader is sent to from one that was seen in an intrusion."""
    if stretch.kind in _NETWORKED and (around.is_own or _is_private_range(stretch)):
        return True
    if stretch.kind == "email":
        return around.is_contact and not token.defanged
    if token.defanged or stretch.kind not in {"domain", "url"}:
        return False
    if token.linked or around.is_pointing:
        return True
    return not (around.is_network or around.is_listed or around.is_handling)
