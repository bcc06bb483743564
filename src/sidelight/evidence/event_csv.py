"""Events as CSV: one a row, its fields under the header's names.

A row is read as the JSON object of the same names is. So the shapes are the same: advanced
hunting of Microsoft Defender, EvtxECmd, Azure Monitor's SecurityEvent, ``Get-WinEvent`` through
``Export-Csv``, and exports of collectors that keep the names of JSON. A file is recognised by the
columns in its header. Cells are parted by commas, semicolons or tabs; an empty cell is an absent
field. A frame's record is the line on which the row begins.
"""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from typing import Final

from sidelight.evidence.json.activities import PRODUCTS
from sidelight.evidence.json.reader import Source
from sidelight.evidence.json.record import UNKNOWN, Record, interpret
from sidelight.evidence.json.shapes import RESULTS, SHAPES, XML_FIELDS
from sidelight.evidence.losses import Losses
from sidelight.evidence.rows import Sheet, clean
from sidelight.evidence.stream import Stream
from sidelight.evidence.text import blocks, decoded_head
from sidelight.schema import Event, Frame, Gap, Wanted
from sidelight.values import dataclass

CELL_CHARACTERS: Final = 1 << 20
"""A longer cell is a loss; most often a quotation mark is missing at the end of one."""

_DELIMITERS: Final = (",", ";", "\t")
_TYPE: Final = b"#TYPE "
_ZONE: Final = " [UTC]"
_PORTAL: Final = re.compile(
    r"(\d\d?)/(\d\d?)/(\d{4}),? (\d\d?)(:\d\d:\d\d(?:\.\d+)?) ([AP])M", re.ASCII
)
_KNOWN: Final = (
    # EventID says more of a table than Type does, which many have.
    *(frozenset(shape.marks) | frozenset(shape.event_id[:1]) for shape in SHAPES),
    *(frozenset(product.marks) for product in PRODUCTS),
    *(frozenset({"category", *map("properties.{}".format, each.marks)}) for each in PRODUCTS),
    *(frozenset(result.marks) for result in RESULTS),
)


@dataclass(frozen=True, slots=True)
class Header:
    """How a table is written.

    Args:
        names: of the columns, without the remark that their times are UTC; empty for a column
            that is none of the event's.
        utc: columns that had the remark, and so hold times as portals of Azure write them.
        lines: how many lines it takes.
    """

    names: tuple[str, ...]
    utc: frozenset[int]
    delimiter: str
    lines: int


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins a table of events of a known shape."""
    header = _header(head)
    return header is not None and _is_known(header, head)


def is_table(head: bytes) -> bool:
    """Tell whether *head* begins a table, of whatever it may be: two lines of as many cells."""
    header = _header(head)
    if header is None:
        return False
    lines = decoded_head(head).split(b"\n", header.lines + 1)[header.lines :]
    if not lines:
        return False
    cells = _cells(lines[0].decode("utf-8", "replace"), header.delimiter)
    return len(cells) == len(header.names)


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield the events of tables; rows of unknown shape are frames of `UNKNOWN`."""
    sheet = Sheet(wanted)
    for stream in streams:
        source = Source(stream.source, stream.start, Losses(stream.source, "rows"))
        for line, row in _rows(stream, source):
            _add(sheet, source, line, row)
            yield from source.losses.ready()
            if sheet.full:
                yield from sheet.frames()
        yield from source.gaps()
    yield from sheet.frames()


def _header(head: bytes) -> Header | None:
    """Read the header out of the first bytes; None where these begin no table."""
    first, _, rest = decoded_head(head).partition(b"\n")
    lines = 1
    if first.startswith(_TYPE):
        first, lines = rest.partition(b"\n")[0], 2
    if not first or first[0] in b"{[<" or b"\0" in first:
        return None
    return _parted(first.decode("utf-8", "replace").rstrip("\r"), lines)


def _parted(first: str, lines: int) -> Header | None:
    if not first or len(first) > CELL_CHARACTERS // 8:
        return None
    delimiter = max(_DELIMITERS, key=first.count)
    if delimiter not in first:
        return None
    names = _cells(first, delimiter)
    plain = tuple(clean(name.strip()).removesuffix(_ZONE) for name in names)
    utc = frozenset(n for n, name in enumerate(names) if name.strip().endswith(_ZONE))
    return Header(plain, utc, delimiter, lines) if len(plain) > 1 else None


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _is_known(header: Header, head: bytes) -> bool:
    names = frozenset(header.names)
    if any(marks <= names for marks in _KNOWN):
        return True
    return not names.isdisjoint(XML_FIELDS) and b"<Event" in decoded_head(head)


def _rows(stream: Stream, source: Source) -> Iterator[tuple[int, Event]]:
    """Yield each row's fields with the line it begins on."""
    lines = _Lines(stream)
    head = lines.head()
    header = _header(head)
    if header is None:
        source.losses.add(1, stream.start, "damaged", "the header is none")
        return
    csv.field_size_limit(CELL_CHARACTERS)
    rows = csv.reader(lines, delimiter=header.delimiter)
    for _ in range(header.lines):
        next(rows, None)
    while True:
        line, offset = rows.line_num + 1, lines.offset
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            source.losses.add(line, offset, "damaged", f"this is no row: {error}")
            continue
        if len(row) == len(header.names):
            yield line, _fields(header, row)
        elif row:
            text = f"{len(row)} cells where the header has {len(header.names)}"
            source.losses.add(line, offset, "damaged", text)


def _fields(header: Header, row: list[str]) -> Event:
    fields: Event = {
        name: clean(cell) for name, cell in zip(header.names, row, strict=True) if cell and name
    }
    for column in header.utc:
        if found := _PORTAL.fullmatch(row[column]):
            fields[header.names[column]] = _portal_time(found)
    return fields


def _portal_time(found: re.Match[str]) -> str:
    """Write a time as ISO 8601 has it, from how portals of Azure write it."""
    month, day, year, hour, rest, half = found.groups()
    clock = int(hour) % 12 + 12 * (half == "P")
    return f"{year}-{month:0>2}-{day:0>2}T{clock:02}{rest}Z"


def _add(sheet: Sheet, source: Source, line: int, fields: Event) -> None:
    found = interpret(fields)
    if not isinstance(found, Record):
        source.results[found.tool] = source.results.get(found.tool, 0) + 1
        return
    source.unknown += found.kind == UNKNOWN
    sheet.weigh(sum(map(len, fields.values())))
    sheet.add(found.kind, source.name, line, found.time, found.host, found.fields)


class _Lines:
    """The lines of a stream as text, and where the next one begins."""

    def __init__(self, stream: Stream) -> None:
        self.offset = stream.start
        self._blocks = blocks(stream)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting: list[str] = []
        self._rest = ""

    def head(self) -> bytes:
        """Give the first lines, which stay to be read."""
        while not self._waiting and self._fill():
            pass
        return ("".join(self._waiting[:-3:-1]) or self._rest).encode("utf-8", "replace")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while not self._waiting and self._fill():
            pass
        if self._waiting:
            line = self._waiting.pop()
        elif self._rest:
            line, self._rest = self._rest, ""
        else:
            raise StopIteration
        self.offset += len(line) if line.isascii() else len(line.encode("utf-8", "replace"))
        return line

    def _fill(self) -> bool:
        """Cut the next block into lines, the next of which is last; False at the end."""
        found = next(self._blocks, None)
        if found is None:
            self._rest += self._decoder.decode(b"", True)
            return False
        text = self._rest + self._decoder.decode(found[1])
        *lines, self._rest = text.split("\n")
        self._waiting = [f"{line}\n" for line in reversed(lines)]
        return True
