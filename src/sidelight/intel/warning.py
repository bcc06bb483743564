"""Warning lists: what is named in reports and is no trace of an intrusion.

Our own, and the lists of MISP that the user has on disk. Source: MISP/misp-warninglists, README:
types ``string``, ``substring``, ``hostname``, ``cidr`` and ``regex``; the last is not read.
"""

import ipaddress
import json
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from sidelight.errors import UsageError
from sidelight.values import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MATCHES: Final = {"string": "name", "hostname": "suffix", "cidr": "network", "substring": "part"}


@dataclass(frozen=True, slots=True)
class WarningList:
    """A list; one of its collections is filled.

    Args:
        reference: whether what is on it is no observable of an intrusion at all.
        source: where its values are from, if that is said.
    """

    title: str
    names: frozenset[str] = frozenset()
    suffixes: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    parts: tuple[str, ...] = ()
    reference: bool = False
    source: str = ""

    def holds(self, value: str) -> bool:
        """Tell whether *value*, in lower case, is on the list."""
        if value in self.names or any(part in value for part in self.parts):
            return True
        if self.suffixes and any(tail in self.suffixes for tail in _tails(value)):
            return True
        return bool(self.networks) and _within(value, self.networks)


@dataclass(frozen=True, slots=True)
class Warnings:
    """Several lists.

    Args:
        notes: what of them could not be used.
    """

    lists: Sequence[WarningList]
    notes: tuple[str, ...] = ()
    _known: dict[str, tuple[WarningList, ...]] = field(default_factory=dict, compare=False)

    def of(self, value: str) -> tuple[WarningList, ...]:
        """Give the lists that *value* is on."""
        key = value.lower()
        if key not in self._known:
            self._known[key] = tuple(each for each in self.lists if each.holds(key))
        return self._known[key]


def _tails(value: str) -> Iterator[str]:
    host = value.partition("://")[2].partition("/")[0].partition(":")[0] or value
    host = host.rpartition("@")[2]
    labels = host.split(".")
    return (".".join(labels[at:]) for at in range(len(labels)))


def _within(value: str, networks: Iterable[Network]) -> bool:
    host = value.partition("://")[2].partition("/")[0].partition(":")[0] or value
    try:
        address = ipaddress.ip_network(host, strict=False)
    except ValueError:
        return False
    return any(
        address.version == each.version and address.subnet_of(each)  # type: ignore[arg-type]
        for each in networks
    )


def _list(title: str, match: str, values: Iterable[str], *, reference: bool) -> WarningList:
    lower = [value.lower().strip().strip(".") for value in values]
    match match:
        case "network":
            return WarningList(title, networks=tuple(_networks(lower)), reference=reference)
        case "suffix":
            return WarningList(title, suffixes=frozenset(lower), reference=reference)
        case "part":
            return WarningList(title, parts=tuple(filter(None, lower)), reference=reference)
        case _:
            return WarningList(title, names=frozenset(lower), reference=reference)


def _networks(values: Iterable[str]) -> Iterator[Network]:
    for value in values:
        try:
            yield ipaddress.ip_network(value, strict=False)
        except ValueError:
            continue


@cache
def own_lists(name: str = "reading/warning.toml") -> tuple[WarningList, ...]:
    """Give the lists of a file of ``content``."""
    text = files("sidelight").joinpath("content", *name.split("/")).read_text("utf-8")
    return tuple(
        replace(
            _list(row["title"], row["match"], row["values"], reference=bool(row.get("reference"))),
            source=row.get("source", ""),
        )
        for row in tomllib.loads(text).values()
    )


def read_warnings(folder: Path | None, *, also: tuple[WarningList, ...] = ()) -> Warnings:
    """Give our own lists, *also* others, and those of MISP under *folder*.

    Raises:
        UsageError: there is no list under *folder*.
    """
    if folder is None:
        return Warnings((*own_lists(), *also))
    paths = sorted(folder.rglob("list.json")) or sorted(folder.glob("*.json"))
    if not paths:
        raise UsageError("holds no warning list", where=str(folder), hint="files are list.json")
    found, notes = [], []
    for path in paths:
        read = _misp(path)
        if isinstance(read, str):
            notes.append(f"{path}: {read}")
        else:
            found.append(read)
    return Warnings((*own_lists(), *also, *found), tuple(notes))


def _misp(path: Path) -> WarningList | str:
    try:
        document = json.loads(path.read_bytes())
        match, values = _MATCHES.get(document["type"]), document["list"]
        title = f"on the warning list {document['name']!r}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"is no warning list: {error}"
    if match is None:
        return f"lists of type {document['type']!r} are not read"
    return _list(title, match, [str(value) for value in values], reference=False)
