"""In which logs, and in which field of them, a trace of each kind is sought.

Source: Sigma specification 2.1, taxonomy of log sources and fields.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sidelight.schema import Level
from sidelight.values import dataclass

_WILD: Final = re.compile(r"([*?])")
_ESCAPING: Final = re.compile(r"\\[\\*?]|\\$")
"""Where a backslash would mean something else than itself (Sigma 2.1, "Escaping")."""


@dataclass(frozen=True, slots=True)
class Log:
    """A log to look into, and how a value is sought in it.

    Args:
        below: how what lies below a name is sought; "" where nothing does.
    """

    source: Mapping[str, str]
    field: str
    level: Level
    value: Callable[[str], str] = str
    below: str = ""


def tail(value: str) -> str:
    r"""Give the end of a path on Windows: ``\name``."""
    return "\\" + value


def _hive(value: str) -> str:
    """Give a key without its hive, which logs spell otherwise."""
    return "\\" + value.partition("\\")[2]


def _path(value: str) -> str:
    return value[value.find("\\") :]


def windows(category: str) -> dict[str, str]:
    """Name a log source of Windows."""
    return {"product": "windows", "category": category}


def linux(category: str) -> dict[str, str]:
    """Name a log source of Linux."""
    return {"product": "linux", "category": category}


_NAMES: Final = (
    Log({"category": "dns_query"}, "QueryName", "medium", below="QueryName|endswith"),
    Log(
        {"category": "network_connection"},
        "DestinationHostname",
        "medium",
        below="DestinationHostname|endswith",
    ),
    Log({"category": "proxy"}, "cs-host", "medium", below="cs-host|endswith"),
)
_ADDRESSES: Final = (
    Log({"category": "network_connection"}, "DestinationIp|cidr", "medium"),
    Log({"category": "firewall"}, "dst_ip|cidr", "medium"),
)
_HASHES: Final = (
    Log(windows("process_creation"), "Hashes|contains", "high"),
    Log(windows("image_load"), "Hashes|contains", "high"),
)
LOGS: Final[Mapping[str, Sequence[Log]]] = {
    "file": (
        Log(windows("process_creation"), "Image|endswith", "low", tail),
        Log(windows("image_load"), "ImageLoaded|endswith", "low", tail),
        Log(windows("file_event"), "TargetFilename|endswith", "low", tail),
    ),
    "path": (
        Log(windows("process_creation"), "Image|endswith", "medium", _path),
        Log(windows("image_load"), "ImageLoaded|endswith", "medium", _path),
        Log(windows("file_event"), "TargetFilename|endswith", "medium", _path),
    ),
    "unix": (
        Log(linux("process_creation"), "Image", "medium"),
        Log(linux("file_event"), "TargetFilename", "medium"),
    ),
    "domain": _NAMES,
    "ipv4": _ADDRESSES,
    "ipv6": _ADDRESSES,
    "url": (Log({"category": "proxy"}, "c-uri|contains", "medium"),),
    "md5": _HASHES,
    "sha1": _HASHES,
    "sha256": _HASHES,
    "imphash": _HASHES,
    "registry-key": (Log(windows("registry_event"), "TargetObject|contains", "medium", _hive),),
    "command": (
        Log(windows("process_creation"), "CommandLine|contains", "medium"),
        Log(linux("process_creation"), "CommandLine|contains", "medium"),
    ),
}
"""By the kind of a value, as reports and indicators name it."""


def dotted(kind: str, value: str) -> str:
    """Write *value* of *kind* as Sigma takes it: an address as a network, all else for itself."""
    if kind in {"ipv4", "ipv6"}:
        return value if "/" in value else f"{value}/{32 if kind == 'ipv4' else 128}"
    return literal(value)


def literal(value: str) -> str:
    """Write *value* so that Sigma takes every character of it for itself."""
    if _ESCAPING.search(value):
        value = value.replace("\\", "\\\\")
    return _WILD.sub(r"\\\1", value)
