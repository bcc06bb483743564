"""Image loads as facts."""

import numpy as np
import pyarrow as pa

from sidelight.analytics.earliest import earliest, keep_earliest, numbered
from sidelight.analytics.paths import PROTECTED, zones
from sidelight.findings.actor import first_of, named, texts
from sidelight.findings.cells import Bools, Rows, cells, coded, listed, ranked
from sidelight.findings.facts import LOADS
from sidelight.findings.matches import fact_places
from sidelight.schema import Column, Frame

_NAMES = ("Signed", "Signature", "SignatureStatus", "OriginalFileName", "Company", "Hashes")


def load_rows(frame: Frame) -> pa.Table:
    """Give the image loads of *frame* as `LOADS`."""
    size = len(frame)
    library = texts(frame, ("ImageLoaded",), None, size)
    paths = listed(library.values)
    signed = texts(frame, ("Signed",), None, size)
    known = np.array([bool(path) for path in paths])[library.codes]
    rows = np.flatnonzero(known & _remarkable(paths, library, signed))
    plain = np.flatnonzero(known & ~_remarkable(paths, library, signed))
    image = texts(frame, ("Image",), None, size)
    plain = earliest(frame, plain, [image.codes, library.codes])
    rows = np.concatenate([rows, plain])
    if not len(rows):
        return LOADS.empty_table()
    return _table(frame, rows, library)


def start_rows(frame: Frame) -> pa.Table:
    """Give what starts of processes say of their executables, as loads of those by themselves."""
    image = texts(frame, ("Image",), None, len(frame))
    known = np.array([bool(path) for path in listed(image.values)])[image.codes]
    rows = earliest(frame, np.flatnonzero(known), [image.codes])
    return _table(frame, rows, image) if len(rows) else LOADS.empty_table()


def settle_loads(table: pa.Table) -> pa.Table:
    """Keep of united `LOADS` what one scan of everything at once would keep.

    A scan keeps of plain loads the earliest in each frame, so how often they are told of depends
    on how the evidence was cut; here it is forgotten again.
    """
    library, paths = ranked(table.column("library"))
    image, images = coded(table.column("image"))
    signed, said = coded(table.column("signed"))
    place, unsigned = listed(paths), [text.lower() for text in listed(said)]
    protected = np.isin(zones(place), [int(zone) for zone in PROTECTED])[library]
    not_false = np.array([text != "false" for text in unsigned], bool)[signed]
    untold = np.array([not text for text in unsigned], bool)[signed]
    number = {path: at for at, path in enumerate(place)}
    same = np.array([number.get(path, -1) for path in listed(images)], np.int64)[image]
    plain = (protected & not_false) | (untold & (same == library))
    names = ("source", "channel", "event_id", "host", "image", "library")
    return keep_earliest(table, plain, numbered(table, names))


def _table(frame: Frame, rows: Rows, library: Column) -> pa.Table:
    others = [cells(_as_written(frame, name, rows)) for name in _NAMES]
    return pa.table([*fact_places(frame, rows), cells(library, rows), *others], schema=LOADS)


def _as_written(frame: Frame, name: str, rows: Rows) -> Column:
    """Give a column with its dashes: they say that a file has no such information."""
    found = named(frame, (name,), rows)
    return first_of(len(rows), [(column, lambda values: values) for column in found])


def _remarkable(paths: list[str], library: Column, signed: Column) -> Bools:
    protected = np.isin(zones(paths), [int(zone) for zone in PROTECTED])
    false = np.array([text.lower() == "false" for text in listed(signed.values)], bool)
    marks: Bools = ~protected[library.codes] | false[signed.codes]
    return marks
