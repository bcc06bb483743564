"""Steps from one host to another, where the evidence of both is at hand.

Rule 1. An address belongs to a host where that host's own connections say so, and no other's do.
Rule 2. A story follows another when its file came from the other's host after the other began.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from sidelight.analytics import MEDIUM
from sidelight.analytics.story import Story
from sidelight.analytics.suspicion import Reason, Suspicion
from sidelight.findings.cells import coded_texts
from sidelight.findings.order import numbered
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

_MAPPED = "::ffff:"
"""Begins an IPv4 address that is written as one of IPv6 (RFC 4291, 2.5.5.2)."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Stories with the steps between hosts spelled out, and the number that joins them.

    Args:
        stories: as given, with a reason more where a file came from a known host.
        joined: of each story, the number of the first story it belongs to.
    """

    stories: tuple[Story, ...]
    joined: tuple[int, ...]


def hosts_by_address(connects: pa.Table) -> Mapping[str, str]:
    """Tell which host has which address, from united `CONNECTS` (rule 1)."""
    owners: defaultdict[str, dict[str, str]] = defaultdict(dict)
    local_codes, addresses = coded_texts(connects.column("local"))
    host_codes, spelled = coded_texts(connects.column("host"))
    # Arrow groups too, but to load what it groups with takes longer.
    _, firsts = numbered([local_codes, host_codes])
    for row in np.sort(firsts).tolist():
        local, host = addresses[local_codes[row]], spelled[host_codes[row]]
        if local and not local.startswith(("127.", "::1", "fe80:", "0.")):
            owners[_bare(local)].setdefault(host.lower(), host)
    return {
        address: next(iter(names.values())) for address, names in owners.items() if len(names) == 1
    }


def link(stories: Sequence[Story], connects: pa.Table) -> Chain:
    """Join stories across hosts (rule 2)."""
    joined = list(range(len(stories)))
    if not any(one.origins for story in stories for one in story.suspicions):
        return Chain(tuple(stories), tuple(joined))
    hosts = hosts_by_address(connects)
    begun = [_begin(story) for story in stories]
    strong = _by_host(stories, begun)
    made: list[Story] = []
    for number, story in enumerate(stories):
        spelled = []
        for one in story.suspicions:
            known = (hosts[each] for each in map(_bare, one.origins) if each in hosts)
            origin = next(known, "")
            before = _source(strong.get(origin.lower(), []) if origin else [], begun[number])
            if before is not None:
                first, second = sorted((_first(joined, number), _first(joined, before)))
                joined[second] = first
            spelled.append(_spelled(one, origin, before))
        made.append(Story(tuple(spelled), story.hits))
    return Chain(tuple(made), tuple(_first(joined, number) for number in range(len(joined))))


def _bare(address: str) -> str:
    return address.lower().removeprefix(_MAPPED)


def _first(joined: list[int], number: int) -> int:
    """Follow what joins a story to the first it belongs to, and remember a part of the way."""
    while joined[number] != number:
        joined[number] = joined[joined[number]]
        number = joined[number]
    return number


def _begin(story: Story) -> int:
    times = [row.time for one in story.suspicions for row in one.rows if row.time != NO_TIME]
    return min(times, default=NO_TIME)


def _by_host(stories: Sequence[Story], begun: Sequence[int]) -> Mapping[str, list[tuple[int, int]]]:
    """Give when the strong stories of each host began, and their numbers, in order of time."""
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, story in enumerate(stories):
        lead = story.suspicions[0]
        if lead.points >= MEDIUM and begun[number] != NO_TIME:
            found[lead.host.lower()].append((begun[number], number))
    return {host: sorted(some) for host, some in found.items()}


def _source(strong: Sequence[tuple[int, int]], before: int) -> int | None:
    """Find the last of the stories that began before, if any."""
    at = bisect_left(strong, before, key=lambda each: each[0])
    return strong[at - 1][1] if at else None


def _spelled(one: Suspicion, origin: str, before: int | None) -> Suspicion:
    if not origin:
        return one
    told = ", where a finding of this story began before" if before is not None else ""
    rows = tuple(row for row in one.rows if row.channel.lower() == "security")[:3]
    return replace(
        one, reasons=(*one.reasons, Reason(0, f"The file came from {origin}{told}.", rows))
    )
