"""Stories: what is united follows from the rules, said here the slow and obvious way."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from process_starts import start
from sidelight.analytics.known import programs
from sidelight.analytics.story import tell
from sidelight.analytics.suspicion import Cited, Reason, Suspicion
from sidelight.findings.hits import HITS, PROCESSES

HOSTS = st.sampled_from(("H", "h", "k"))
IMAGES = (r"C:\x\a.exe", r"C:\x\b.exe", r"C:\Windows\System32\svchost.exe")
GENERATIONS = 3


@st.composite
def estates(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[Suspicion], list[dict[str, Any]]]:
    """Processes in trees on two hosts, suspicions about some, and hits of rules on some."""
    rows = [_process(draw, number) for number in range(draw(st.integers(1, 9)))]
    suspicions = []
    for number in range(draw(st.integers(1, 5))):
        host = draw(HOSTS)
        keys = st.sampled_from(_keys(rows, host))
        things = st.sampled_from((r"c:\x\l.dll", r"C:\X\L.dll", r"c:\x\m.dll", *_keys(rows, host)))
        actors = draw(st.lists(keys, max_size=2, unique=True))
        suspicions.append(
            _suspicion(number, host, actors, draw(st.lists(things, max_size=2, unique=True)))
        )
    hits = []
    for number in range(draw(st.integers(0, 4))):
        host = draw(HOSTS)
        hits.append(
            {
                "rule": "r", "host": host, "process": draw(st.sampled_from(_keys(rows, host))),
                "time": 50, "source": "s", "record": 500 + number, "channel": "c",
                "event_id": "1", "image": "", "window": "",
            }
        )  # fmt: skip
    return rows, suspicions, hits


def _process(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """Start a process: every third on host k, its parent an earlier one of that host, or none."""
    earlier = [each for each in range(number) if (each % 3 == 2) == (number % 3 == 2)]
    parent = draw(st.sampled_from([-1, *earlier]))
    return start(
        host="k" if number % 3 == 2 else "h",
        key=f"P{number}",
        pid=100 + number,
        time=number,
        image=draw(st.sampled_from(IMAGES)),
        parent_key=f"P{parent}" if parent >= 0 else "",
        record=number,
    )


def _keys(rows: Sequence[Mapping[str, Any]], host: str) -> list[str]:
    """Name the processes of a host, and one that nobody saw start."""
    return [*(row["key"] for row in rows if row["host"] == host.lower()), f"Q{host.lower()}"]


def _suspicion(number: int, host: str, actors: Sequence[str], things: Sequence[str]) -> Suspicion:
    rows = tuple(
        Cited("s", 10 * number + n, "c", "7", 40, key, "", ()) for n, key in enumerate(actors)
    )
    rows = rows or (Cited("s", 10 * number, "c", "7", 40, "", "", ()),)
    reason = Reason(40, f"{number}", rows)
    return Suspicion(
        "sideload.load", "sideload", f"{number}", host, tuple(actors), tuple(things), (reason,)
    )


def lines(rows: Sequence[Mapping[str, Any]], host: str, key: str) -> list[str]:
    """Name a process and its ancestors."""
    starts = {row["key"]: row for row in rows}
    found, at = [], key
    for _ in range(GENERATIONS + 1):
        found.append(f"{host}|{at}")
        row = starts.get(at)
        if row is None or not row["parent_key"]:
            break
        at = row["parent_key"]
    return found


def stories_of(rows: Any, suspicions: Any, hits: Any) -> list[tuple[list[str], list[int]]]:
    """Unite by every pair, again and again, until nothing changes."""
    mine = [[lines(rows, s.host.lower(), key) for key in s.actors] for s in suspicions]
    theirs = [lines(rows, hit["host"].lower(), hit["process"]) for hit in hits]
    suspects = {line[0] for each in mine for line in each}

    def marks(number: int) -> set[str]:
        one = suspicions[number]
        host = one.host.lower()
        found = {f"thing {host}|{thing.lower()}" for thing in one.things}
        found |= {line[0] for line in mine[number]}
        above = {name for line in mine[number] for name in line[1:] if not _is_root(images, name)}
        found |= above & suspects
        return found | {f"{host}|{thing}" for thing in one.things}

    images = {f"{row['host']}|{row['key']}": row["image"] for row in rows}
    groups = [({number}, marks(number)) for number in range(len(suspicions))]
    while True:
        pair = next(((a, b) for a, b in combinations(groups, 2) if a[1] & b[1]), None)
        if pair is None:
            break
        groups = [each for each in groups if each not in pair]
        groups.append((pair[0][0] | pair[1][0], pair[0][1] | pair[1][1]))
    told: dict[int, set[int]] = {}
    for number in range(len(hits)):
        line = theirs[number]
        passing = [name for n, name in enumerate(line) if n == 0 or not _is_root(images, name)]
        name = next((name for name in passing if name in suspects), None)
        if name is not None:
            told.setdefault(next(n for n, g in enumerate(groups) if name in g[1]), set()).add(
                number
            )
    return sorted(
        (sorted(suspicions[each].title for each in some), sorted(told.get(number, ())))
        for number, (some, _) in enumerate(groups)
    )


def _is_root(images: Mapping[str, str], name: str) -> bool:
    return images.get(name, "").lower().rpartition("\\")[2] in programs("roots")


def shown(stories: Any) -> list[tuple[list[str], list[int]]]:
    return sorted(
        (sorted(s.title for s in story.suspicions), list(story.hits)) for story in stories
    )


@settings(max_examples=120, deadline=None)
@given(estates(), st.randoms())
def test_stories_are_what_the_rules_say(estate: Any, random: Any) -> None:
    rows, suspicions, hits = estate
    processes = [pa.Table.from_pylist(rows, schema=PROCESSES)]
    table = pa.Table.from_pylist(hits, schema=HITS)
    found = shown(tell(suspicions, table, processes))
    assert found == stories_of(rows, suspicions, hits)
    mixed = random.sample(suspicions, len(suspicions))
    assert shown(tell(mixed, table, processes)) == found
