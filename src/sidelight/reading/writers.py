"""Every format a brief is written in."""

from collections.abc import Callable, Mapping
from typing import Final

from sidelight.intel.markings import Marking
from sidelight.reading.brief import Brief
from sidelight.reading.written.html import as_html
from sidelight.reading.written.json import as_json
from sidelight.reading.written.markdown import as_markdown
from sidelight.reading.written.stix import as_stix

WRITERS: Final[Mapping[str, Callable[[Brief, Marking], str]]] = {
    "md": as_markdown,
    "html": as_html,
    "json": as_json,
    "stix": as_stix,
}
