"""Files that were written, as facts."""

from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.analytics.earliest import earliest, keep_earliest, numbered
from sidelight.analytics.paths import WRITABLE, place_of
from sidelight.analytics.signals import field_texts
from sidelight.findings.actor import process_keys, texts
from sidelight.findings.cells import Coded, Rows, cells, coded, dictionary, listed, repeat
from sidelight.findings.facts import WRITES
from sidelight.findings.matches import fact_places
from sidelight.schema import Frame, strings

CODE: Final = (".dll", ".exe", ".ocx", ".cpl", ".sys", ".drv", ".scr", ".ax", ".tsp", ".acm")
"""Names of what Windows loads as code."""

_PLAIN: Final = (".txt", ".log", ".tmp", ".lnk", ".pf", ".ini", ".xml")

_WRITE_DATA: Final = 0x2
_SHARES: Final = {"\\admin$": "C:\\Windows\\", "\\c$": "C:\\", "\\print$": ""}


def write_rows(frame: Frame) -> pa.Table:
    """Give the files that events of file creation tell of, as `WRITES`.

    Of files that may hold code that is not of Windows' making (`is_blob`), in folders that users
    write to, the earliest of each process and folder is kept; elsewhere none.
    """
    target = texts(frame, ("TargetFilename",), None, len(frame))
    places = [place_of(text) for text in listed(target.values)]
    code = np.array([place.name.endswith(CODE) for place in places], bool)[target.codes]
    data = np.array([place.zone in WRITABLE and is_blob(place.name) for place in places], bool)
    folders = {place.folder: 0 for place in places}
    number = {folder: each for each, folder in enumerate(folders)}
    folder = np.array([number[place.folder] for place in places], np.int64)[target.codes]
    others = earliest(
        frame, np.flatnonzero(data[target.codes]), [process_keys(frame).codes, folder]
    )
    rows = np.concatenate([np.flatnonzero(code), others])
    if not len(rows):
        return WRITES.empty_table()
    return _table(frame, rows, cells(target, rows), "file", repeat("", len(rows)))


def settle_writes(table: pa.Table) -> pa.Table:
    """Keep of united `WRITES` what one scan of everything at once would keep."""
    if not table.num_rows:
        return table
    target, paths = coded(table.column("target"))
    via, ways = coded(table.column("via"))
    places = [place_of(text) for text in listed(paths)]
    folders = {folder: at for at, folder in enumerate(dict.fromkeys(p.folder for p in places))}
    data = [place.zone in WRITABLE and is_blob(place.name) for place in places]
    files = np.array([way == "file" for way in listed(ways)], bool)[via]
    folder = np.array([folders[place.folder] for place in places], np.int64)[target]
    keys = [*numbered(table, ("source", "host", "process")), folder]
    return keep_earliest(table, np.array(data, bool)[target] & files, keys)


def is_blob(name: str) -> bool:
    """Tell whether a file of this folded name is neither code nor what programs write all day."""
    return not name.endswith((*CODE, *_PLAIN))


def share_rows(frame: Frame) -> pa.Table:
    """Give the code that events 5145 say was written over the network, as `WRITES`.

    Source: Microsoft, event 5145: AccessMask bit 1 is WriteData; RelativeTargetName is relative
    to ShareLocalPath.
    """
    size = len(frame)
    relative = texts(frame, ("RelativeTargetName",), None, size)
    code = np.array([text.lower().endswith(CODE) for text in listed(relative.values)], bool)
    mask = texts(frame, ("AccessMask",), None, size)
    written = np.array([_mask(text) & _WRITE_DATA != 0 for text in listed(mask.values)], bool)
    rows = np.flatnonzero(code[relative.codes] & written[mask.codes])
    if not len(rows):
        return WRITES.empty_table()
    names = [
        _share_path(*parts)
        for parts in zip(
            field_texts(frame, "ShareLocalPath", rows),
            field_texts(frame, "ShareName", rows),
            field_texts(frame, "RelativeTargetName", rows),
            strict=True,
        )
    ]
    distinct = list(dict.fromkeys(names))
    at = {name: index for index, name in enumerate(distinct)}
    codes = np.array([at[name] for name in names], np.int32)
    origin = cells(texts(frame, ("IpAddress",), rows, len(rows)))
    return _table(frame, rows, dictionary(codes, strings(distinct)), "share", origin)


def _mask(text: str) -> int:
    try:
        return int(text, 16 if text[:2].lower() == "0x" else 10)
    except ValueError:
        return 0


def _share_path(local: str, share: str, relative: str) -> str:
    base = local.removeprefix("\\??\\")
    if not base or base == "\\":
        name = "\\" + share.lower().replace("\\\\*\\", "").strip("\\")
        base = _SHARES.get(name, "")
    return f"{base.rstrip(chr(92))}\\{relative}" if base else relative


def _table(frame: Frame, rows: Rows, target: Coded, via: str, origin: Coded) -> pa.Table:
    columns = [*fact_places(frame, rows), target, repeat(via, len(rows)), origin]
    return pa.table(columns, schema=WRITES)
