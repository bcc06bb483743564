"""What scripts of responders copy out of /proc for one process, as one JSON object.

Recognised by members that are files of /proc: ``maps`` as its lines, ``status`` by its names,
``cmdline`` and ``environ`` as lists, ``tasks`` with the line of ``syscall`` of each.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from sidelight.host.collect import LOADER, parse_maps
from sidelight.host.process import Process, Region
from sidelight.host.record import Json, integer, members, text

_NUMBER: Final = re.compile(r"\d{1,18}", re.ASCII)


def is_snapshot(record: Json) -> bool:
    """Tell whether an object is of this shape."""
    maps = record.get("maps")
    return isinstance(maps, list) and isinstance(record.get("pid"), int) and "exe" in record


def snapshot_of(record: Json) -> Process:
    """Build a process.

    Raises:
        RecordError: a member is of another type than /proc would give.
    """
    status = record.get("status")
    names = status if isinstance(status, Mapping) else {}
    lines = [line for line in members(record, "maps") if isinstance(line, str)]
    mapped = [r for r in parse_maps("\n".join(lines)) if "x" in r.perms]
    regions = tuple(Region(r.start, r.end, r.perms, r.path) for r in mapped)
    words = [word for word in members(record, "cmdline") if isinstance(word, str)]
    start = record.get("stat_starttime")
    return Process(
        pid=integer(record, "pid"),
        origin="snapshot",
        ppid=_number(names.get("PPid")),
        start=_number(start),
        uid=_number(names.get("Uid")),
        user=str(_number(names.get("Uid"))),
        comm=text(record, "comm"),
        exe=text(record, "exe") or None,
        argv=tuple(words) if "cmdline" in record else None,
        loader=_loader(record) if "environ" in record else None,
        regions=regions,
        halted=tuple(_halted(record.get("tasks"))),
        tracer=max(0, _number(names.get("TracerPid"))),
    )


def _number(value: object) -> int:
    found = _NUMBER.match(str(value)) if isinstance(value, str | int) else None
    return int(found[0]) if found else -1


def _loader(record: Json) -> dict[str, str]:
    words = [word for word in members(record, "environ") if isinstance(word, str)]
    pairs = [word.partition("=") for word in words if LOADER.match(word.encode("utf-8", "replace"))]
    return {name: value for name, _, value in pairs}


def _halted(tasks: object) -> Iterator[tuple[int, int]]:
    for name, task in tasks.items() if isinstance(tasks, Mapping) else ():
        call = task.get("syscall") if isinstance(task, Mapping) else None
        words = call.split() if isinstance(call, str) else []
        if len(words) > 2 and re.fullmatch("0x[0-9a-f]{1,16}", words[-1]):
            yield _number(name), int(words[-1], 16)
