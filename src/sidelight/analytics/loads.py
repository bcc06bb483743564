"""Image loads as facts."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.analytics.earliest import earliest, keep_earliest, numbered
from sidelight.analytics.paths import PROTECTED, Places, place_of, zones
from sidelight.analytics.sieve import RUNTIMES, VALID
from sidelight.findings import order
from sidelight.findings.actor import first_of, named, texts
from sidelight.findings.cells import Bools, Rows, cells, coded, listed, ranked
from sidelight.findings.facts import LOADS
from sidelight.findings.matches import fact_places
from sidelight.schema import Column, Frame

_JUDGED = ("Signed", "Signature", "SignatureStatus", "OriginalFileName", "Company")
_NAMES = (*_JUDGED, "Hashes")
_SEEN: Final = ("library", "image", "signed", "status")
_ALIKE: Final = (
    *("source", "channel", "event_id", "host", "image", "library"),
    *("signed", "signer", "status", "original", "company"),
)


def load_rows(frame: Frame) -> pa.Table:
    """Give the image loads of *frame* as `LOADS`."""
    size = len(frame)
    library = texts(frame, ("ImageLoaded",), None, size)
    paths = listed(library.values)
    known = np.array([bool(path) for path in paths])[library.codes]
    marks = _remarkable(frame, paths, library)
    image = texts(frame, ("Image",), None, size)
    plain = _earliest(frame, np.flatnonzero(known & ~marks), [image, library])
    rows = np.concatenate([np.flatnonzero(known & marks), plain])
    if not len(rows):
        return LOADS.empty_table()
    return _table(frame, rows, library)


def start_rows(frame: Frame) -> pa.Table:
    """Give what starts of processes say of their executables, as loads of those by themselves.

    Only Windows has version information; elsewhere a start says nothing.
    """
    if frame.kind.product != "windows":
        return LOADS.empty_table()
    image = texts(frame, ("Image",), None, len(frame))
    known = np.array([bool(path) for path in listed(image.values)])[image.codes]
    rows = _earliest(frame, np.flatnonzero(known), [image])
    return _table(frame, rows, image) if len(rows) else LOADS.empty_table()


def settle_loads(table: pa.Table) -> pa.Table:
    """Keep of united `LOADS` what one scan of everything at once would keep.

    A scan keeps of plain loads the earliest in each frame, so how often they are told of depends
    on how the evidence was cut; here it is forgotten again.
    """
    keys = numbered(table, _ALIKE)
    number, _ = order.numbered(keys)
    repeated = np.flatnonzero(np.bincount(number)[number] > 1)  # nothing else can be left out
    marks = np.zeros(table.num_rows, bool)
    marks[repeated] = _plain(table.select(_SEEN).take(repeated))
    return keep_earliest(table, marks, keys)


def _plain(table: pa.Table) -> Bools:
    """Mark the loads of which a scan keeps the earliest only."""
    library, paths = ranked(table.column("library"))
    image, images = coded(table.column("image"))
    signed, said = coded(table.column("signed"))
    place, unsigned = listed(paths), [text.lower() for text in listed(said)]
    places = Places.of(place)
    protected = np.isin(places.zones, [int(zone) for zone in PROTECTED])[library]
    not_false = np.array([text != "false" for text in unsigned], bool)[signed]
    status, words = coded(table.column("status"))
    invalid = np.array([text.lower() not in VALID for text in listed(words)], bool)[status]
    true = np.array([text == "true" for text in unsigned], bool)[signed]
    runtime = np.array([name in RUNTIMES for name in places.names], bool)[library]
    untold = np.array([not text for text in unsigned], bool)[signed]
    index = {path: at for at, path in enumerate(place)}
    same = np.array([index.get(path, -1) for path in listed(images)], np.int64)[image]
    alone = untold & (same == library)
    marks: Bools = (protected & not_false & ~runtime & ~(true & invalid)) | alone
    return marks


def _earliest(frame: Frame, rows: Rows, columns: Sequence[Column]) -> Rows:
    """Keep the earliest of what is alike in *columns* and in all that is judged."""
    if not len(rows):
        return rows
    judged = [_as_written(frame, name, None) for name in _JUDGED if named(frame, (name,))]
    return earliest(frame, rows, [column.codes for column in (*columns, *judged)])


def _table(frame: Frame, rows: Rows, library: Column) -> pa.Table:
    others = [cells(_as_written(frame, name, rows)) for name in _NAMES]
    return pa.table([*fact_places(frame, rows), cells(library, rows), *others], schema=LOADS)


def _as_written(frame: Frame, name: str, rows: Rows | None) -> Column:
    """Give a column with its dashes: they say that a file has no such information."""
    found = named(frame, (name,), rows)
    size = len(frame) if rows is None else len(rows)
    return first_of(size, [(column, lambda values: values) for column in found])


def _remarkable(frame: Frame, paths: list[str], library: Column) -> Bools:
    """Mark what lies where users write, is not validly signed, or runs other code."""
    size = len(frame)
    signed = texts(frame, ("Signed",), None, size)
    status = texts(frame, ("SignatureStatus",), None, size)
    loose = ~np.isin(zones(paths), [int(zone) for zone in PROTECTED])
    runtime = np.array([place_of(path).name in RUNTIMES for path in paths], bool)
    words = [text.lower() for text in listed(signed.values)]
    false = np.array([word == "false" for word in words], bool)[signed.codes]
    true = np.array([word == "true" for word in words], bool)[signed.codes]
    invalid = np.array([text.lower() not in VALID for text in listed(status.values)], bool)
    marks: Bools = (loose | runtime)[library.codes] | false | (true & invalid[status.codes])
    return marks
