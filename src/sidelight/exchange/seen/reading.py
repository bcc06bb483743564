"""Values out of STIX objects and out of lists.

Of a pattern the values of its equalities are taken (STIX 2.1, chapter 9): to have seen one of
them is not to have seen all that a pattern asks for, and an answer never says so.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final, TypeAlias

from sidelight.exchange.intake import Unfit, parsed
from sidelight.exchange.seen.value import KINDS, Value, spelled
from sidelight.values import dataclass

Json: TypeAlias = Mapping[str, object]

_HASHES: Final[Mapping[str, str]] = {
    "MD5": "md5", "SHA-1": "sha1", "SHA1": "sha1", "SHA-256": "sha256", "SHA256": "sha256",
    "SHA-512": "sha512", "SHA512": "sha512",
}  # fmt: skip
_PROPERTIES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "file": (("name", "file"),),
    "ipv4-addr": (("value", "ipv4"),),
    "ipv6-addr": (("value", "ipv6"),),
    "domain-name": (("value", "domain"),),
    "url": (("value", "url"),),
    "email-addr": (("value", "email"),),
    "autonomous-system": (("number", "asn"),),
    "mutex": (("name", "mutex"),),
    "windows-registry-key": (("key", "registry-key"),),
}
_COMPARED: Final = re.compile(
    r"""([a-z0-9-]+):([a-z_]+)(?:\.'?([A-Za-z0-9-]+)'?)?\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\d+))""",
    re.ASCII,
)
_NEGATED: Final = re.compile(r"\bNOT\b|!=")
_LENGTHS: Final[Mapping[int, str]] = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}


@dataclass(slots=True)
class Values:
    """Values, each with what named it, and why other things gave none."""

    named: dict[Value, list[str]] = field(default_factory=dict)
    silent: Counter[str] = field(default_factory=Counter)

    def add(self, value: Value, where: str) -> None:
        """Remember that *where* names *value*."""
        places = self.named.setdefault(value, [])
        if where not in places:
            places.append(where)


def of_objects(objects: Sequence[bytes], into: Values, where: str) -> None:
    """Take the values of STIX objects."""
    for index, data in enumerate(objects):
        item = parsed(data, index)
        if isinstance(item, Unfit):
            into.silent[f"{where}: {item.why}"] += 1
            continue
        of_item(item, into, where)


def of_item(item: Json, into: Values, where: str) -> None:
    """Take the values of one STIX object; withdrawn ones have none."""
    kind, name = str(item.get("type")), item.get("name")
    if item.get("revoked") is True:
        into.silent[f"{where}: withdrawn"] += 1
        return
    place = f"{where} {item.get('id')}"
    if kind == "indicator":
        found = list(_of_pattern(item))
        place += f" {name}" if isinstance(name, str) else ""
        if not found:
            into.silent[f"{where}: indicator without a value that could be compared"] += 1
    else:
        found = list(_of_observable(kind, item))
    for value in found:
        into.add(value, place)


def _of_observable(kind: str, item: Json) -> Iterator[Value]:
    hashes = item.get("hashes")
    if kind == "file" and isinstance(hashes, dict):
        for name, text in hashes.items():
            yield from _one(_HASHES.get(str(name).upper(), ""), text)
    for name, mine in _PROPERTIES.get(kind, ()):
        yield from _one(mine, item.get(name))


def _of_pattern(item: Json) -> Iterator[Value]:
    pattern = item.get("pattern")
    if item.get("pattern_type", "stix") != "stix" or not isinstance(pattern, str):
        return
    if _NEGATED.search(re.sub(r"'(?:[^'\\]|\\.)*'", "''", pattern)):
        return
    for found in _COMPARED.finditer(pattern):
        kind, path, inner, text, number = found.groups()
        value = number or re.sub(r"\\(.)", r"\1", text or "")
        if (kind, path) == ("file", "hashes"):
            yield from _one(_HASHES.get(str(inner).upper(), ""), value)
        else:
            for name, mine in _PROPERTIES.get(kind, ()):
                if name == path and inner is None:
                    yield from _one(mine, value)


def _one(kind: str, text: object) -> Iterator[Value]:
    value = spelled(kind, str(text)) if kind and isinstance(text, str | int) else None
    if value is not None:
        yield value


def of_lines(text: str, into: Values, where: str) -> None:
    """Take a list: a kind and a value on each line, or a value that tells its kind itself."""
    for number, line in enumerate(text.splitlines(), 1):
        content = line.partition(" #")[0].strip()
        if not content or content.startswith("#"):
            continue
        kind, _, rest = content.replace("\t", " ").partition(" ")
        value = spelled(kind.lower(), rest) if kind.lower() in KINDS and rest else _guess(content)
        if value is None:
            into.silent[f"{where}, line {number}: no value, or its kind is missing"] += 1
        else:
            into.add(value, f"{where}, line {number}")


def _guess(text: str) -> Value | None:
    kind = "url" if "://" in text else "ja4" if text.count("_") == 2 else _LENGTHS.get(len(text))
    return (spelled(kind, text) if kind else None) or spelled("ipv4", text)
