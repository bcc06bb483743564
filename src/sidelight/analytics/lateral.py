"""Steps from one host to another, where the evidence of both is at hand.

Rule 1. An address belongs to a host where that host's own connections say so, and no other's do.
Rule 2. A story follows another when its file came from the other's host after the other began.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from sidelight.analytics.story import Story
from sidelight.analytics.suspicion import Reason, Suspicion
from sidelight.schema import NO_TIME

_STRONG = 40


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
    pairs = connects.select(["local", "host"]).group_by(["local", "host"]).aggregate([])
    for row in pairs.to_pylist():
        local, host = row["local"], row["host"]
        if local and not local.startswith(("127.", "::1", "fe80:", "0.")):
            owners[local.lower()].setdefault(host.lower(), host)
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
    made: list[Story] = []
    for number, story in enumerate(stories):
        spelled = []
        for one in story.suspicions:
            origin = next((hosts[each] for each in one.origins if each in hosts), "")
            before = _source(origin, begun[number], stories, begun) if origin else None
            if before is not None and before != number:
                joined[number] = min(joined[number], joined[before])
            spelled.append(_spelled(one, origin, before))
        made.append(Story(tuple(spelled), story.hits))
    return Chain(tuple(made), tuple(_settled(joined)))


def _settled(joined: list[int]) -> list[int]:
    for number in range(len(joined)):
        while joined[joined[number]] != joined[number]:
            joined[number] = joined[joined[number]]
    return joined


def _begin(story: Story) -> int:
    times = [row.time for one in story.suspicions for row in one.rows if row.time != NO_TIME]
    return min(times, default=NO_TIME)


def _source(host: str, before: int, stories: Sequence[Story], begun: Sequence[int]) -> int | None:
    """Find the last strong story of *host* that began before."""
    found = [
        (begun[number], number)
        for number, story in enumerate(stories)
        if story.suspicions[0].host.lower() == host.lower()
        and story.suspicions[0].points >= _STRONG
        and NO_TIME < begun[number] <= before
    ]
    return max(found)[1] if found else None


def _spelled(one: Suspicion, origin: str, before: int | None) -> Suspicion:
    if not origin:
        return one
    told = ", where a finding of this story began before" if before is not None else ""
    rows = tuple(row for row in one.rows if row.channel.lower() == "security")[:3]
    return replace(
        one, reasons=(*one.reasons, Reason(0, f"The file came from {origin}{told}.", rows))
    )
