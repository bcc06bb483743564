"""Files as rows: one row a file, without host and time, since a file names neither."""

from typing import Final

from sidelight.evidence.rows import clean
from sidelight.pe.image import Image
from sidelight.schema import Event, Kind

CHANNEL: Final = "sidelight-disk"

FILES: Final = Kind("windows", CHANNEL)
"""Files that lay on a disk or in an archive."""

_TEXTS: Final = {
    "OriginalFilename": "OriginalFileName",
    "CompanyName": "Company",
    "ProductName": "Product",
    "FileDescription": "Description",
    "FileVersion": "FileVersion",
}


def image_event(image: Image) -> Event:
    """Make the row of a PE file."""
    event: Event = {
        "FileType": "library" if image.library else "program",
        "Machine": image.machine,
        "LinkTime": str(image.linked),
        "Certificates": "true" if image.certified else "false",
    }
    lists = (
        ("Imports", image.imports),
        ("DelayImports", image.delayed),
        ("LibraryNames", image.named),
    )
    event.update({name: [clean(text) for text in some] for name, some in lists if some})
    given = dict(image.texts)
    event.update({ours: clean(given[name]) for name, ours in _TEXTS.items() if given.get(name)})
    return event
