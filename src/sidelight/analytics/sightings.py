"""One file, seen on several surfaces: which sightings are of the same file, where they disagree.

Rule 1. Sightings are of one file when they agree in host and path, or in host and a digest. A
drive letter is no part of a path, since a disk that is looked at elsewhere has none.
Rule 2. Evidence that names no host is of the one host whose evidence has a file with the same
path and digest; where there are several such hosts, of none. Where nothing names a host, path and
digest both have to agree.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations
from typing import Final

from sidelight.analytics.estate import Load
from sidelight.analytics.suspicion import Sighting, Suspicion
from sidelight.findings.reasons import instant
from sidelight.findings.surface import SURFACES, Surface, surface_of
from sidelight.schema import NO_TIME

_DIGEST: Final = re.compile(
    r"\b(?:(MD5)=([0-9a-f]{32})|(SHA1)=([0-9a-f]{40})|(SHA256)=([0-9a-f]{64}))\b", re.IGNORECASE
)
_NOTHING: Final = frozenset(
    hashlib.new(name, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")
)
"""Digests of no content, which any two files may have."""

_DRIVE: Final = re.compile(r"^(?:/{2}[?.]/)?[a-z]:(?=/)")
_SHORT: Final = 16


def digests_of(text: str) -> tuple[tuple[str, str], ...]:
    """Read the digests of a file's content out of Sysmon's ``Hashes``, in order.

    Those of nothing, and zeros for what could not be read, are left out.
    """
    pairs = [[*filter(None, found)] for found in _DIGEST.findall(text)]
    read = [(name.lower(), digits.lower()) for name, digits in pairs]
    return tuple(pair for pair in read if pair[1] not in _NOTHING and pair[1].strip("0"))


def sighting(load: Load) -> Sighting:
    """Give what the earliest of alike loads says of the library."""
    fields = dict(load.cited.fields)
    signed = None if load.signed is None else load.trusted
    digests = digests_of(fields.get("Hashes", ""))
    surface, library = taken_at(load.cited.channel, fields), load.library.written
    return Sighting(surface, library, load.cited, digests, signed, load.signer)


def taken_at(channel: str, fields: Mapping[str, object]) -> Surface:
    """Tell where an event was taken; of loads only memory tells on the channel of looks."""
    origin = str(fields.get("Origin", "minidump" if "ImageLoaded" in fields else ""))
    return surface_of(channel, origin)


def file_key(path: str) -> str:
    """Fold a path so that those of one file are alike, however a surface spells it."""
    return _DRIVE.sub("", path.replace("\\", "/").lower())


def shared(suspicions: Sequence[Suspicion]) -> list[frozenset[str]]:
    """Name, for each suspicion, the files that are seen on more than one surface.

    The names are no more than that: suspicions that have one in common are about one file.
    """
    homes = _homes(suspicions)
    named = [
        [(name, each.surface) for each in one.files for name in _names(one.host, each, homes)]
        for one in suspicions
    ]
    spoken: defaultdict[str, set[Surface]] = defaultdict(set)
    for name, surface in chain.from_iterable(named):
        spoken[name].add(surface)
    return [frozenset(name for name, _ in some if len(spoken[name]) > 1) for some in named]


def disagreements(sightings: Iterable[Sighting]) -> tuple[str, ...]:
    """Say where surfaces tell different things of one file, a sentence each, in canonical order.

    Args:
        sightings: of one host.
    """
    by_path: defaultdict[str, list[Sighting]] = defaultdict(list)
    for each in sightings:
        by_path[file_key(each.path)].append(each)
    said: dict[str, None] = {}
    for _, some in sorted(by_path.items()):
        alike: dict[tuple[object, ...], Sighting] = {}
        for each in sorted(some, key=_order):
            what = each.surface, each.path, each.digests, each.signed, each.signer, each.state
            alike.setdefault(what, each)
        for one, other in combinations(alike.values(), 2):
            if one.surface != other.surface and _may_be_one(one.path, other.path):
                said.update(dict.fromkeys(_between(one, other)))
    return tuple(said)


def _may_be_one(one: str, other: str) -> bool:
    """Tell whether no drive letters tell the paths apart."""
    drives = [_DRIVE.match(path.replace("\\", "/").lower()) for path in (one, other)]
    letters = {drive[0][-2] for drive in drives if drive}
    return len(letters) < 2


def _homes(suspicions: Sequence[Suspicion]) -> Mapping[tuple[str, str], set[str]]:
    """Give, for a path with a digest, the hosts that are named with it."""
    homes: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in suspicions:
        for each in one.files if one.host else ():
            for _, digits in each.digests:
                homes[file_key(each.path), digits].add(one.host.lower())
    return homes


def _names(
    host: str, sighted: Sighting, homes: Mapping[tuple[str, str], set[str]]
) -> Iterator[str]:
    key = file_key(sighted.path)
    if not host:
        found = {one for _, digits in sighted.digests for one in homes.get((key, digits), ())}
        host = found.pop() if len(found) == 1 else ""
    if host:
        yield f"{host.lower()}|{key}"
    for name, digits in sighted.digests:
        yield f"{host.lower()}|{'' if host else key}{name}={digits}"


def _order(sighted: Sighting) -> tuple[int, tuple[int, str, int]]:
    return list(SURFACES).index(sighted.surface), sighted.row.place


def _between(one: Sighting, other: Sighting) -> Iterator[str]:
    """Compare two sightings; the surface of *one* is told first."""
    here, there = SURFACES[one.surface], SURFACES[other.surface]
    theirs = dict(other.digests)
    for name, digits in one.digests:
        if theirs.get(name, digits) != digits:
            yield (
                f"{one.path} has the {name.upper()} {digits[:_SHORT]}… for {here}{_at(one)} "
                f"and {theirs[name][:_SHORT]}… for {there}{_at(other)}: it was replaced in between."
            )
            break
    if one.signed is not None and other.signed is not None and one.signed != other.signed:
        yield f"{one.path} is {_signed(one)} for {here} and {_signed(other)} for {there}."
    for changed, sound in ((one, other), (other, one)):
        if changed.state == "changed" and not sound.state:
            yield (
                f"{sound.path} is {'validly signed' if sound.signed else 'there'} for "
                f"{SURFACES[sound.surface]}, and its code in memory is another."
            )
        if changed.state == "deleted" and sound.surface == "disk":
            yield f"{sound.path} was deleted for {SURFACES[changed.surface]} and is on the disk."


def _signed(sighted: Sighting) -> str:
    if not sighted.signed:
        return "not validly signed"
    return f"validly signed by {sighted.signer}" if sighted.signer else "validly signed"


def _at(sighted: Sighting) -> str:
    return "" if sighted.row.time == NO_TIME else f" at {instant(sighted.row.time)}"
