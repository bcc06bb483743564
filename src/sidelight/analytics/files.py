"""Files on a disk as facts."""

from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.findings.actor import first_of, named
from sidelight.findings.cells import cells
from sidelight.findings.facts import FILES
from sidelight.findings.matches import fact_places
from sidelight.schema import Frame

FILE_FIELDS: Final = (
    "FileType",
    "Machine",
    "Certificates",
    "OriginalFileName",
    "Company",
    "Product",
    "Imports",
    "DelayImports",
    "LibraryNames",
    "Members",
    "TracePath",
)


def file_rows(frame: Frame) -> pa.Table:
    """Give the files of *frame* as `FILES`."""
    size = len(frame)
    rows = np.arange(size, dtype=np.intp)
    columns = [
        first_of(size, [(column, lambda values: values) for column in named(frame, (name,))])
        for name in FILE_FIELDS
    ]
    return pa.table([*fact_places(frame, rows), *map(cells, columns)], schema=FILES)
