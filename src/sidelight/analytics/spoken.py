"""Signals of one sort by one program, as one suspicion."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import orjson
import pyarrow as pa

from sidelight.analytics.catalogue import ANALYTICS
from sidelight.analytics.estate import Estate
from sidelight.analytics.paths import place_of
from sidelight.analytics.suspicion import Cited, Reason, Suspicion

_CITED: Final = 60
_ACTORS: Final = 50
_BY_RUNTIME: Final = frozenset(
    {"memory.access-unbacked-stub", "memory.access-unbacked-beside-runtime"}
)
_APART: Final = 20
_DAY: Final = 86_400_000_000_000

_Fact = dict[str, object]


def suspect_signals(signals: pa.Table, estate: Estate) -> Iterator[Suspicion]:
    """Group united `SIGNALS` by host, signal, executable, subject and process.

    Processes stand alone unless there are more than `_APART` of an executable, which then are one
    group. Where no process is known, a day of silence ends a group. The heaviest event of a group
    gives its points: repetition is counted, not weighed.
    """
    groups: defaultdict[tuple[str, str, str, str], list[_Fact]] = defaultdict(list)
    for row in signals.to_pylist():
        key = row["host"].lower(), row["signal"], row["image"].lower(), row["subject"]
        groups[key].append(row)
    for key in sorted(groups):
        for rows in _apart(groups[key]):
            yield _suspicion(rows, estate)


def _apart(rows: list[_Fact]) -> Iterator[list[_Fact]]:
    by_process: defaultdict[str, list[_Fact]] = defaultdict(list)
    for row in rows:
        by_process[str(row["process"])].append(row)
    if len(by_process) > _APART:
        yield rows
        return
    for process in sorted(by_process):
        mine = by_process[process]
        if process and not process.startswith("pid:"):
            yield mine
        else:
            yield from _days(mine)


def _days(rows: list[_Fact]) -> Iterator[list[_Fact]]:
    rows.sort(key=_time)
    begin = 0
    for at in range(1, len(rows)):
        if _time(rows[at]) - _time(rows[at - 1]) > _DAY:
            yield rows[begin:at]
            begin = at
    yield rows[begin:]


def _time(row: _Fact) -> int:
    return int(str(row["time"]))


def _suspicion(rows: list[_Fact], estate: Estate) -> Suspicion:
    rows.sort(key=lambda row: (-int(str(row["points"])), row["time"], row["source"], row["record"]))
    lead = rows[0]
    analytic = ANALYTICS[str(lead["signal"])]
    cited = tuple(_cited(row) for row in rows[:_CITED])
    text = str(lead["said"])
    if len(rows) > 1:
        text = f"{text} There are {len(rows):,} such events."
    reasons = [Reason(int(str(lead["points"])), text, cited)]
    if lead["against"]:
        reasons.append(Reason(0, str(lead["against"]), cited[:1]))
    if analytic.id in _BY_RUNTIME:
        reasons += _runtime(str(lead["host"]), str(lead["image"]), cited, estate)
    actors = dict.fromkeys(str(row["process"]) for row in rows if row["process"])
    others = dict.fromkeys(str(row["other"]) for row in rows if row["other"])
    return Suspicion(
        analytic=analytic.id,
        cls=analytic.cls,
        title=_title(analytic.title, str(lead["image"])),
        host=str(lead["host"]),
        actors=tuple(actors)[:_ACTORS],
        things=tuple(others)[:_ACTORS],
        reasons=tuple(reasons),
        image=str(lead["image"]),
    )


def _runtime(host: str, image: str, cited: tuple[Cited, ...], estate: Estate) -> Iterator[Reason]:
    """Weigh stubs by whether the program has a runtime that makes such stubs."""
    name = place_of(image).file
    match estate.is_managed(host, image):
        case True:
            yield Reason(-20, f"{name} loads .NET, whose stubs look like this.", cited[:1])
        case False:
            text = f"The loads of {name} are logged, and .NET with its stubs is not among them."
            yield Reason(15, text, cited[:1])
        case None:
            pass


def _title(title: str, image: str) -> str:
    name = image.rpartition("\\")[2].rpartition("/")[2]
    return f"{title}: {name}" if name else title


def _cited(row: _Fact) -> Cited:
    fields = orjson.loads(str(row["fields"]) or "{}")
    return Cited(
        str(row["source"]),
        int(str(row["record"])),
        str(row["channel"]),
        str(row["event_id"]),
        int(str(row["time"])),
        str(row["process"]),
        str(row["image"]),
        tuple(fields.items()),
    )
