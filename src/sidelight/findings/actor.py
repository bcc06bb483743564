"""Who acted: the process that did what an event tells.

Rule 1. A process is named by its GUID, folded, or by ``pid:<decimal>``; "" where not known.
Rule 2. A PID names a process only together with a host and a time (`sidelight.findings.lineage`).
Rule 3. The process that wrote an event (System/Execution) is the actor only where a provider
logs from inside the process it tells about. For Sysmon it is Sysmon itself.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sidelight.findings.cells import EMPTY, Rows, Texts, chosen, listed, spoken
from sidelight.schema import Column, Frame, Kind, constant, strings
from sidelight.values import dataclass

_SYSMON: Final = "microsoft-windows-sysmon/operational"
_NO_GUID: Final = "00000000-0000-0000-0000-000000000000"
_GUID_LENGTH: Final = len(_NO_GUID)
_NO_GUIDS: Final = strings([_NO_GUID, "-"])
_DASH: Final = pa.scalar("-", pa.string())


@dataclass(frozen=True, slots=True)
class Actor:
    """Which columns name the acting process; of each, the first that an event has counts."""

    guid: tuple[str, ...] = ()
    pid: tuple[str, ...] = ()
    image: tuple[str, ...] = ()


_PLAIN: Final = Actor(
    ("ProcessGuid",),
    ("ProcessId", "pid", "ClientProcessId"),
    ("Image", "ProcessName", "exe", "Application"),
)
_SOURCE: Final = Actor(
    ("SourceProcessGuid",), ("SourceProcessId",), ("SourceImage", "Image", "ProcessName")
)
_CREATED: Final = Actor((), ("NewProcessId",), ("NewProcessName",))
_WRITER: Final = Actor(
    ("ProcessGuid",), ("ProcessId", "Execution_ProcessID"), ("Image", "ProcessName")
)

_BY_CATEGORY: Final[Mapping[str, Actor]] = {
    "create_remote_thread": _SOURCE,
    "process_access": _SOURCE,
}
_BY_EVENT: Final[Mapping[tuple[str, str], Actor]] = {
    (_SYSMON, "8"): _SOURCE,
    (_SYSMON, "10"): _SOURCE,
    ("security", "4688"): _CREATED,
    ("security", "4690"): _SOURCE,
}
_BY_CHANNEL: Final[Mapping[str, Actor]] = {
    "microsoft-windows-powershell/operational": _WRITER,
    "powershellcore/operational": _WRITER,
    "microsoft-windows-dotnetruntime/operational": _WRITER,
}


def actor_of(kind: Kind) -> Actor:
    """Tell which columns name the acting process of events of *kind*."""
    channel = kind.channel.lower()
    return (
        _BY_CATEGORY.get(kind.category)
        or _BY_EVENT.get((channel, kind.event_id))
        or _BY_CHANNEL.get(channel, _PLAIN)
    )


def actor_columns(kind: Kind) -> frozenset[str]:
    """Name the columns that `process_keys` and `images` read; case does not matter."""
    actor = actor_of(kind)
    return frozenset(actor.guid + actor.pid + actor.image)


def process_keys(frame: Frame, rows: Rows | None = None) -> Column:
    """Name the acting process of events: of *rows*, or of all.

    Returns:
        A column without absent cells, "" where the process is not known.
    """
    actor = actor_of(frame.kind)
    return first_of(
        len(frame) if rows is None else len(rows),
        [(column, guid_texts) for column in named(frame, actor.guid, rows)]
        + [(column, _pid_keys) for column in named(frame, actor.pid, rows)],
    )


def images(frame: Frame, rows: Rows | None = None) -> Column:
    """Give the acting process's executable as the events name it, "" where they do not."""
    size = len(frame) if rows is None else len(rows)
    return texts(frame, actor_of(frame.kind).image, rows, size)


def texts(frame: Frame, names: tuple[str, ...], rows: Rows | None, size: int) -> Column:
    """Take of each event the first of the named cells that says something, else ""."""
    return first_of(size, [(column, _but_dash) for column in named(frame, names, rows)])


def named(frame: Frame, names: tuple[str, ...], rows: Rows | None = None) -> list[Column]:
    """Find columns by name without regard to case, in the order of *names*."""
    if not names:
        return []
    folded = {name.lower(): column for name, column in frame.columns.items()}
    found = [folded[name.lower()] for name in names if name.lower() in folded]
    return found if rows is None else [chosen(column, rows) for column in found]


def first_of(size: int, choices: Sequence[tuple[Column, Callable[[Texts], Texts]]]) -> Column:
    """Combine columns row by row: the first whose text, once read, is not empty; else ""."""
    if len(choices) == 1 and (whole := _whole(*choices[0])):
        return whole
    codes = np.zeros(size, np.int32)
    dictionary, offset = [strings([""])], 1
    for column, read in reversed(choices):
        values = read(column.values)
        says = np.append(spoken(values), False)[column.codes]  # -1, absent, takes the last
        codes = np.where(says, column.codes + np.int32(offset), codes)
        dictionary.append(values)
        offset += len(values)
    if len(dictionary) == 1:
        return constant("", size)
    return Column(codes, pa.concat_arrays(dictionary))


def _whole(column: Column, read: Callable[[Texts], Texts]) -> Column | None:
    """Give what is read of a column without copying its texts, if all say something."""
    values = read(column.values)
    whole = len(values) and spoken(values).all() and (column.codes >= 0).all()
    return Column(column.codes, values) if whole else None


def guid_texts(values: Texts) -> Texts:
    """Write GUIDs in upper case without braces; what is none stays, the zero GUID is ""."""
    bare = pc.utf8_trim(values, "{} ")
    length = pc.binary_length(bare).to_numpy()
    plain = pc.if_else(pa.array(length == _GUID_LENGTH), pc.ascii_upper(bare), bare)
    return cast("Texts", pc.if_else(pc.is_in(plain, _NO_GUIDS), EMPTY, plain))


def _pid_keys(values: Texts) -> Texts:
    numbers = (pid_of(text) for text in listed(values))
    return strings([f"pid:{number}" if number > 0 else "" for number in numbers])


def pid_of(text: str) -> int:
    """Read a process number, decimal or 0x…; -1 where it is none."""
    try:
        number = int(text, 16 if text[:2].lower() == "0x" else 10)
    except ValueError:
        return -1
    return number if 0 <= number < 1 << 32 else -1


def _but_dash(values: Texts) -> Texts:
    dashes = pc.equal(values, _DASH)
    return cast("Texts", pc.if_else(dashes, EMPTY, values)) if pc.any(dashes).as_py() else values
