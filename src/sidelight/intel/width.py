"""What is named so widely that looking for it would find everybody."""

import ipaddress
import re
from typing import Final

TOO_WIDE: Final = "too wide to look for"
"""Part of the remark on it."""
_PREFIXES: Final = {4: 16, 6: 32}
"""The shortest prefix that is still sought: what a registry gives to one operator."""
_SUFFIX: Final = re.compile(r"(?:co|com|net|org|gov|gob|gouv|edu|ac|mil|or|ne|go)\.[a-z]{2}")
"""Domains under which anybody registers; the public suffix list has more, rarely in reports."""


def too_wide(kind: str, value: str) -> str:
    """Say why *value* is too wide to look for; "" where it is not."""
    if kind in {"ipv4", "ipv6"} and "/" in value:
        network = _network(value)
        if network is None:
            return f"no network, {TOO_WIDE}"
        if network.prefixlen < _PREFIXES[network.version]:
            return f"a network {TOO_WIDE}"
    if kind == "domain" and _SUFFIX.fullmatch(value.lower()):
        return f"a domain under which anybody registers, {TOO_WIDE}"
    return ""


def _network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None
