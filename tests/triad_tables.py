"""Facts of files that are nowhere but in memory, as reading and the second look would give them."""

import hashlib
from collections.abc import Mapping

import pyarrow as pa

from sidelight.evidence.disk.rows import image_event
from sidelight.findings.facts import FILES
from sidelight.pe.examined import Examined, examine
from sidelight.pe.image import read_image
from sidelight.pe.layout import begins
from sidelight.pe.trust import Trust
from sidelight.schema import NO_TIME, SEPARATOR

_COLUMNS = {
    "sort": "FileType",
    "machine": "Machine",
    "certified": "Certificates",
    "original": "OriginalFileName",
    "company": "Company",
    "product": "Product",
    "imports": "Imports",
    "delayed": "DelayImports",
    "named": "LibraryNames",
}


def table(*rows: Mapping[str, object]) -> pa.Table:
    """Give facts; a row names only what matters."""
    blank = dict.fromkeys(FILES.names, "") | {"time": NO_TIME, "record": 1}
    return pa.Table.from_pylist([blank | dict(row) for row in rows], schema=FILES)


def seen(
    files: Mapping[str, bytes], trust: Trust, folder: str = "/m/Users/x/a/"
) -> tuple[pa.Table, dict[str, Examined]]:
    """Give the facts of *files* by name, and what a second look at all of them finds."""
    rows, examined = [], {}
    for name, data in files.items():
        source = folder + name
        rows.append({"source": source, "sort": "blob"} | _row(data))
        digest = hashlib.sha256(data).hexdigest()
        examined[source] = examine(data, digest, trust, modified=0, zone="", listed=False)
    return table(*rows), examined


def _row(data: bytes) -> dict[str, object]:
    if not begins(data):
        return {}
    event = image_event(read_image(data))
    cells = {ours: event.get(theirs, "") for ours, theirs in _COLUMNS.items()}
    return {
        name: SEPARATOR.join(cell) if isinstance(cell, list) else cell
        for name, cell in cells.items()
    }
