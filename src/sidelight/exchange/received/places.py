"""Where the properties that STIX patterns name are seen in logs.

Source: STIX 2.1, chapter 6 (observables and their properties); Sigma specification 2.1, taxonomy.
What no log here can tell of (mutexes, mails, certificates) is in no row.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sidelight.rules.traces import LOGS, Log, linux, tail, windows
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """How values of a property are sought.

    Args:
        kind: of a value, as warning lists have it; "" for what names nothing by itself, as a port.
        logs: where, in which field.
        fits: whether a value is one of this kind at all.
    """

    kind: str
    logs: Sequence[Log]
    fits: Callable[[str], bool] = bool


def place_of(kind: str, path: str, value: str) -> Place | None:
    """Give where a value of a property is sought; None where no log here tells of it."""
    if (kind, path) in _NAMED_FILES and ("\\" in value[1:] or value.startswith("/")):
        return _PATH if "\\" in value else _UNIX_PATH
    if (kind, path) in _ENDS:
        of = "domain" if not _is_address(value) else "ipv6" if ":" in value else "ipv4"
        return _ENDS[kind, path].get(of)
    if path.startswith(_HASHED):
        return _HASHES.get(path.rpartition(".")[2].upper().replace("-", ""))
    return _PLACES.get((kind, path))


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


def _of_digits(count: int) -> Callable[[str], bool]:
    return lambda value: re.fullmatch(rf"[0-9a-fA-F]{{{count}}}", value) is not None


def _folder(value: str) -> str:
    return value.rstrip("\\") + "\\"


def _files(value: Callable[[str], str], modifier: str) -> tuple[Log, ...]:
    return (
        Log(windows("process_creation"), f"Image|{modifier}", "low", value),
        Log(windows("image_load"), f"ImageLoaded|{modifier}", "low", value),
        Log(windows("file_event"), f"TargetFilename|{modifier}", "low", value),
    )


def _unix_name(value: str) -> str:
    return f"/{value}"


_PROGRAM: Final = Log(windows("process_creation"), "Image|endswith", "low", tail)
_UNIX_PROGRAM: Final = Log(linux("process_creation"), "Image|endswith", "low", _unix_name)
_NAME: Final = Place(
    "file",
    (
        *LOGS["file"],
        _UNIX_PROGRAM,
        Log(linux("file_event"), "TargetFilename|endswith", "low", _unix_name),
    ),
)
_PATH: Final = Place("path", LOGS["path"])
_UNIX_PATH: Final = Place("path", LOGS["unix"])
_CONNECTION: Final = {"category": "network_connection"}
_FIREWALL: Final = {"category": "firewall"}
_TO: Final = LOGS["ipv4"]
_FROM: Final = (
    Log(_CONNECTION, "SourceIp|cidr", "medium"),
    Log(_FIREWALL, "src_ip|cidr", "medium"),
    Log({"product": "windows", "service": "security"}, "IpAddress|cidr", "medium"),
)
_HOSTS: Final = tuple(Log(each.source, each.field, each.level) for each in LOGS["domain"])
_COMMAND: Final = (
    Log(windows("process_creation"), "CommandLine", "medium"),
    Log(linux("process_creation"), "CommandLine", "medium"),
)
_REQUEST: Final = (Log({"category": "proxy"}, "c-uri|contains", "medium"),)
_HASHED: Final = ("hashes.", "image_ref.hashes.", "binary_ref.hashes.")
_HASHES: Final[Mapping[str, Place]] = {
    "MD5": Place("md5", LOGS["md5"], _of_digits(32)),
    "SHA1": Place("sha1", LOGS["sha1"], _of_digits(40)),
    "SHA256": Place("sha256", LOGS["sha256"], _of_digits(64)),
    "IMPHASH": Place("imphash", LOGS["imphash"], _of_digits(32)),
}
_NAMED_FILES: Final = frozenset({("file", "name"), ("process", "name")})
_ENDS: Final[Mapping[tuple[str, str], Mapping[str, Place]]] = {
    ("network-traffic", "dst_ref.value"): {
        "ipv4": Place("ipv4", _TO),
        "ipv6": Place("ipv6", _TO),
        "domain": Place("domain", (_HOSTS[1],)),
    },
    ("network-traffic", "src_ref.value"): {
        "ipv4": Place("ipv4", _FROM),
        "ipv6": Place("ipv6", _FROM),
    },
    ("domain-name", "resolves_to_refs.value"): {
        of: Place(of, (Log({"category": "dns_query"}, "QueryResults|contains", "medium"),))
        for of in ("ipv4", "ipv6")
    },
}
_PLACES: Final[Mapping[tuple[str, str], Place]] = {
    ("ipv4-addr", "value"): Place("ipv4", (*_TO, *_FROM), _is_address),
    ("ipv6-addr", "value"): Place("ipv6", (*_TO, *_FROM), _is_address),
    ("domain-name", "value"): Place("domain", _HOSTS),
    ("url", "value"): Place(
        "url",
        (*LOGS["url"], *(Log(each.source, "CommandLine|contains", "medium") for each in _COMMAND)),
    ),
    ("file", "name"): _NAME,
    ("file", "parent_directory_ref.path"): Place("folder", _files(_folder, "contains")),
    ("directory", "path"): Place("folder", _files(_folder, "contains")),
    ("process", "name"): Place("file", (_PROGRAM, _UNIX_PROGRAM)),
    ("process", "image_ref.name"): Place("file", (_PROGRAM, _UNIX_PROGRAM)),
    ("process", "binary_ref.name"): Place("file", (_PROGRAM, _UNIX_PROGRAM)),
    ("process", "command_line"): Place("command", _COMMAND),
    ("process", "cwd"): Place(
        "folder", (Log(windows("process_creation"), "CurrentDirectory", "low"),)
    ),
    ("process", "parent_ref.command_line"): Place(
        "command", tuple(Log(each.source, "ParentCommandLine", each.level) for each in _COMMAND)
    ),
    ("process", "parent_ref.name"): Place(
        "file", (Log(windows("process_creation"), "ParentImage|endswith", "low", tail),)
    ),
    ("process", "parent_ref.image_ref.name"): Place(
        "file", (Log(windows("process_creation"), "ParentImage|endswith", "low", tail),)
    ),
    ("windows-registry-key", "key"): Place("registry-key", LOGS["registry-key"]),
    ("windows-registry-key", "values.name"): Place(
        "", (Log(windows("registry_event"), "TargetObject|endswith", "medium", tail),)
    ),
    ("windows-registry-key", "values.data"): Place(
        "command", (Log(windows("registry_event"), "Details", "medium"),)
    ),
    ("network-traffic", "dst_port"): Place(
        "",
        (Log(_CONNECTION, "DestinationPort", "medium"), Log(_FIREWALL, "dst_port", "medium")),
        str.isdecimal,
    ),
    ("network-traffic", "src_port"): Place(
        "",
        (Log(_CONNECTION, "SourcePort", "medium"), Log(_FIREWALL, "src_port", "medium")),
        str.isdecimal,
    ),
    ("network-traffic", "extensions.http-request-ext.request_value"): Place("url", _REQUEST),
    ("user-account", "account_login"): Place(
        "account", (Log({"product": "windows", "service": "security"}, "TargetUserName", "low"),)
    ),
}


def sought() -> list[tuple[str, tuple[Log, ...]]]:
    """Give every property that is sought, as a pattern spells it, and the logs it is sought in."""
    found: dict[str, dict[str, Log]] = {}
    rows = [(f"{kind}:{path}", place) for (kind, path), place in _PLACES.items()]
    rows += [
        (f"{kind}:{path}", place)
        for (kind, path), places in _ENDS.items()
        for place in places.values()
    ]
    rows += [(f"file:hashes.'{name}'", place) for name, place in _HASHES.items()]
    for name, place in (*rows, ("file:name", _PATH), ("file:name", _UNIX_PATH)):
        logs = found.setdefault(name, {})
        logs.update({f"{dict(log.source)} {log.field}": log for log in place.logs})
    return [(name, tuple(logs.values())) for name, logs in sorted(found.items())]
