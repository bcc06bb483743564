"""What a suspicious process did afterwards: connections, and shells that it started.

Log source: network connections (Sysmon 3 and alike) and starts of processes. What it catches: a
legitimate program that behaves unlike itself once it carries foreign code. It says nothing alone:
only of processes that another analytic suspects. Defeated by: work handed to another process.
"""

import ipaddress
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from sidelight.analytics.connects import EACH_HOUR, HOUR, is_sampled
from sidelight.analytics.known import programs
from sidelight.analytics.suspicion import Cited, Reason, Suspicion
from sidelight.schema import NO_TIME, strings
from sidelight.values import dataclass

LEAST: Final = 20
"""Points from which on a suspicion makes its process worth following."""

_SECOND: Final = 1_000_000_000
_BEATS: Final = 6
_STEADY: Final = 0.25
_SHOWN: Final = 20
_NAMED: Final = 3

_Key = tuple[str, str]
_Start = str | tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Followed:
    """A suspicious process, since when, and what it is suspected of."""

    since: int
    lead: Suspicion


def follow(
    suspicions: Sequence[Suspicion], connects: pa.Table, processes: Sequence[pa.Table]
) -> Iterator[Suspicion]:
    """Yield what the processes of *suspicions* did after what made them suspicious.

    Args:
        suspicions: of all other analytics.
        connects: united `CONNECTS`.
        processes: tables of `PROCESSES`.
    """
    followed = _followed(suspicions)
    if not followed:
        return
    yield from _connections(followed, connects)
    yield from _children(followed, processes)


def _followed(suspicions: Sequence[Suspicion]) -> dict[_Key, _Followed]:
    found: dict[_Key, _Followed] = {}
    for suspicion in sorted(suspicions, key=lambda one: -one.points):
        name = _name(suspicion.image)
        if suspicion.points < LEAST or name in programs("roots") | programs("shells"):
            continue  # to connect and to start others is their trade
        for row in suspicion.rows:
            key = suspicion.host.lower(), row.process
            if row.time == NO_TIME:
                continue  # what came after it cannot be told
            if row.process in suspicion.actors and not row.process.startswith("pid:"):
                known = found.setdefault(key, _Followed(row.time, suspicion))
                if row.time < known.since:
                    found[key] = _Followed(row.time, known.lead)
    return found


def _connections(followed: Mapping[_Key, _Followed], connects: pa.Table) -> Iterator[Suspicion]:
    groups: defaultdict[_Key, list[Mapping[str, object]]] = defaultdict(list)
    for row in _sampled(_named(connects, "process", followed).to_pylist()):
        key = str(row["host"]).lower(), str(row["process"])
        known = followed.get(key)
        if known is not None and _time(row) >= known.since and not _is_local(row["remote"]):
            groups[key].append(row)
    for key, rows in sorted(groups.items()):
        rows.sort(key=_place)
        yield _connected(key, followed[key].lead, rows)


def _sampled(rows: list[dict[str, object]]) -> Iterator[Mapping[str, object]]:
    """Take of the calls of each hour those that every way of reading the evidence keeps."""
    taken: Counter[tuple[object, ...]] = Counter()
    names = ("source", "host", "process", "remote", "port")
    for row in sorted(rows, key=_place):
        group = (*(row[name] for name in names), _time(row) // HOUR)
        if is_sampled(str(row["image"])):
            taken[group] += 1
            if taken[group] > EACH_HOUR:
                continue
        yield row


def _connected(key: _Key, lead: Suspicion, rows: Sequence[Mapping[str, object]]) -> Suspicion:
    name = _file(lead.image, rows)
    places: defaultdict[str, list[int]] = defaultdict(list)
    for row in rows:
        places[f"{row['remote']}:{row['port']}"].append(_time(row))
    named = ", ".join(list(places)[:_NAMED])
    cited = tuple(_cite(row, ("remote", "port")) for row in rows[:_SHOWN])
    reasons = [Reason(8, f"Afterwards {name} connected to {named}.", cited)]
    for place, times in sorted(places.items()):
        pause = _beat(times)
        if pause:
            least = "at least " if is_sampled(str(rows[0]["image"])) else ""
            number = f"{least}{len(times)} times"
            text = f"{name} called {place} {number}, every {pause:.0f} seconds or so."
            reasons.append(Reason(15, text, cited))
    title = f"{name} connects out after what made it suspicious"
    return _suspicion("behaviour.connects", title, key, lead, reasons)


def _beat(times: Sequence[int]) -> float:
    """Give the pause between calls that come at a steady beat, in seconds; else 0."""
    if len(times) < _BEATS or NO_TIME in times:
        return 0.0
    from statistics import median  # noqa: PLC0415 - few hunts get here

    calls = sorted(times)
    pauses = [(after - before) / _SECOND for before, after in pairwise(calls)]
    middle = median(pauses)
    if middle < 1 or median(abs(pause - middle) for pause in pauses) > _STEADY * middle:
        return 0.0
    return middle


def _children(
    followed: Mapping[_Key, _Followed], processes: Sequence[pa.Table]
) -> Iterator[Suspicion]:
    found: defaultdict[_Key, dict[_Start, Mapping[str, object]]] = defaultdict(dict)
    for table in processes:
        for row in _named(table, "parent_key", followed).to_pylist():
            key = row["host"].lower(), row["parent_key"]
            known = followed.get(key)
            shell = _name(row["image"]) in programs("shells")
            if known is not None and shell and not row["ended"] and row["time"] >= known.since:
                start = row["key"] or (row["pid"], row["time"])  # two copies may tell of it
                earlier = found[key].get(start)
                if earlier is None or _place(row) < _place(earlier):
                    found[key][start] = row
    for key, starts in sorted(found.items()):
        rows = sorted(starts.values(), key=_place)
        lead, first = followed[key].lead, rows[0]
        text = f"Afterwards it started {first['image']}: {str(first['command_line'])[:300]}"
        cited = tuple(_cite(row, ("image", "command_line")) for row in rows[:_SHOWN])
        name = _file(lead.image, ())
        title = f"{name} starts a shell after what made it suspicious"
        yield _suspicion("behaviour.shell", title, key, lead, [Reason(12, text, cited)])


def _suspicion(
    analytic: str, title: str, key: _Key, lead: Suspicion, reasons: list[Reason]
) -> Suspicion:
    return Suspicion(
        analytic=analytic,
        cls=lead.cls,
        title=title,
        host=lead.host,
        actors=(key[1],),
        things=(),
        reasons=tuple(reasons),
        image=lead.image,
    )


def _named(table: pa.Table, column: str, followed: Mapping[_Key, _Followed]) -> pa.Table:
    keys = strings(sorted({key for _, key in followed}))
    plain = table.column(column).cast(pa.string())
    return table.filter(pc.is_in(plain, value_set=keys))


def _time(row: Mapping[str, object]) -> int:
    return int(str(row["time"]))


def _place(row: Mapping[str, object]) -> tuple[int, str, int]:
    return _time(row), str(row["source"]), int(str(row["record"]))


def _cite(row: Mapping[str, object], names: Sequence[str]) -> Cited:
    known = row.get("process", row.get("key", ""))
    return Cited(
        str(row["source"]),
        int(str(row["record"])),
        str(row.get("channel", "")),
        str(row.get("event_id", "")),
        _time(row),
        str(known),
        str(row["image"]),
        tuple((name, str(row[name])) for name in names if row[name]),
    )


def _is_local(address: object) -> bool:
    try:
        one = ipaddress.ip_address(str(address))
    except ValueError:
        return False
    return one.is_loopback or one.is_multicast or one.is_link_local or one.is_unspecified


def _name(path: str) -> str:
    return path.lower().rpartition("\\")[2]


def _file(path: str, rows: Sequence[Mapping[str, object]]) -> str:
    shown = str(rows[0]["image"]) if rows else path
    return shown.rpartition("\\")[2] or "The process"
