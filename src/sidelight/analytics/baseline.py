"""Which program loads which library on quiet days, remembered between runs.

Rule 1. A pair is a program's name, a library's name, who validly signed the library, and the
kind of folder it lies in: not its path, so that versions and users fall together.
Rule 2. Baselines unite like sets: in any order, in any grouping, more than once.
Rule 3. Equal baselines are equal bytes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from sidelight.analytics.paths import place_of
from sidelight.analytics.sieve import VALID
from sidelight.findings.cells import listed, plain
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

VERSION: Final = 1
_KIND: Final = "sidelight-baseline"
_BY: Final = ("host", "image", "library", "signed", "signer", "status")


class Pair(NamedTuple):
    """What is remembered, all of it folded.

    Args:
        signer: "" where the library is not validly signed, or that is not known.
        zone: name of a `sidelight.analytics.paths.Zone`, in lower case.
    """

    program: str
    library: str
    signer: str
    zone: str


@dataclass(frozen=True, slots=True)
class Habit:
    """Where and when a pair was seen.

    Args:
        hosts: folded.
        first, last: days as ISO 8601 has them; "" where no event has a time. Hunts keep the
            earliest of many equal loads, so the last may lie before the last load of all.
    """

    hosts: frozenset[str]
    first: str
    last: str


@dataclass(frozen=True)
class Baseline:
    """Pairs, and where they were seen."""

    pairs: Mapping[Pair, Habit]

    @cached_property
    def programs(self) -> Mapping[str, int]:
        """With how many libraries each program is known."""
        return Counter(program for program, _ in {pair[:2] for pair in self.pairs})

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """All hosts, sorted."""
        return tuple(sorted(frozenset().union(*(each.hosts for each in self.pairs.values()))))


def learn(loads: pa.Table) -> Baseline:
    """Remember what `LOADS` say."""
    columns: dict[str, object] = {name: plain(loads.column(name)) for name in _BY}
    table = pa.table({**columns, "time": loads.column("time")})
    grouped = table.group_by(list(_BY)).aggregate([("time", "min"), ("time", "max")])
    cells = [listed(plain(grouped.column(name))) for name in _BY]
    times = [grouped.column(name).to_numpy().tolist() for name in ("time_min", "time_max")]
    pairs: dict[Pair, Habit] = {}
    for host, image, library, signed, signer, status, first, last in zip(
        *cells, *times, strict=True
    ):
        program, loaded = place_of(image), place_of(library)
        if not program.name or not loaded.name or program.path == loaded.path:
            continue
        trusted = signed.lower() == "true" and status.lower() in VALID
        pair = pair_of(program.name, loaded.name, signer if trusted else "", loaded.zone.name)
        habit = Habit(frozenset({host.lower()}), _day(first), _day(last))
        pairs[pair] = _joined(pairs.get(pair), habit)
    return Baseline(dict(sorted(pairs.items())))


def pair_of(program: str, library: str, signer: str, zone: str) -> Pair:
    """Name a pair."""
    return Pair(program.lower(), library.lower(), signer.strip().lower(), zone.lower())


def _day(time: int) -> str:
    return "" if time == NO_TIME else str(np.datetime64(time, "ns").astype("datetime64[D]"))


def _joined(one: Habit | None, other: Habit) -> Habit:
    if one is None:
        return other
    known = [day for day in (one.first, one.last, other.first, other.last) if day]
    return Habit(one.hosts | other.hosts, min(known, default=""), max(known, default=""))


def united(one: Baseline, other: Baseline) -> Baseline:
    """Give what either remembers."""
    pairs = dict(one.pairs)
    for pair, habit in other.pairs.items():
        pairs[pair] = _joined(pairs.get(pair), habit)
    return Baseline(dict(sorted(pairs.items())))


def spelled(baseline: Baseline) -> Iterator[bytes]:
    """Write a baseline as lines of JSON: a head, then a line for each pair, sorted.

    Hosts of a pair are a hexadecimal number whose bit n stands for host n of the head.
    """
    hosts = baseline.hosts
    number = {host: 1 << n for n, host in enumerate(hosts)}
    head = {"kind": _KIND, "version": VERSION, "pairs": len(baseline.pairs), "hosts": hosts}
    yield orjson.dumps(head, option=orjson.OPT_APPEND_NEWLINE)
    for pair, habit in sorted(baseline.pairs.items()):
        bits = sum(number[host] for host in habit.hosts)
        row = [*pair, habit.first, habit.last, f"{bits:x}"]
        yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def parsed(lines: Iterable[bytes]) -> Baseline:
    """Read what `spelled` wrote.

    Raises:
        ValueError: it is no baseline, of another version, cut short or damaged; says which line.
    """
    hosts: list[str] = []
    pairs: dict[Pair, Habit] = {}
    expected = -1
    for number, line in enumerate(lines, 1):
        try:
            if number == 1:
                hosts, expected = _head(orjson.loads(line))
            else:
                pair, habit = _row(orjson.loads(line), hosts)
                pairs[pair] = _joined(pairs.get(pair), habit)
        except (ValueError, TypeError, LookupError) as error:
            raise ValueError(f"line {number}: {error}") from None
    if expected != len(pairs):
        raise ValueError("it is cut short" if expected >= 0 else "it is empty")
    return Baseline(dict(sorted(pairs.items())))


def _head(head: object) -> tuple[list[str], int]:
    if not isinstance(head, dict) or head.get("kind") != _KIND:
        raise ValueError("this is no baseline")
    if head["version"] != VERSION:
        raise ValueError(f"version {head['version']} of baselines is not known here")
    return [str(host) for host in head["hosts"]], int(head["pairs"])


def _row(row: object, hosts: list[str]) -> tuple[Pair, Habit]:
    if not isinstance(row, list) or len(row) != 7 or not all(isinstance(c, str) for c in row):
        raise ValueError("this is no pair")
    *names, first, last, bits = row
    left, mine = int(bits, 16), []
    while left:
        low = left & -left
        mine.append(hosts[low.bit_length() - 1])
        left ^= low
    return Pair(*names), Habit(frozenset(mine), first, last)
