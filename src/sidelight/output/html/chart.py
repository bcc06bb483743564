"""Shapes of the charts: where bars and cells stand, in pixels."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from sidelight.coverage import Coverage, Stream
from sidelight.output.instants import hour_text
from sidelight.plural import many
from sidelight.schema import LEVELS, Level
from sidelight.values import dataclass

WIDTH: Final = 1200
BARS_HEIGHT: Final = 150
CELL_HEIGHT: Final = 16
_COLUMNS: Final = 120
_LABELS: Final = 6
_ROWS: Final = 300
_SHADES: Final = 5


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, with what it says of itself and the class of its colour."""

    x: float
    y: float
    width: float
    height: float
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Equal steps of hours, and labels (x in percent, text) for a few of them."""

    first: int
    step: int
    steps: int
    labels: tuple[tuple[float, str], ...]

    @property
    def pixels(self) -> float:
        """Give the width of a step."""
        return WIDTH / self.steps

    def column(self, hour: int) -> int:
        """Tell in which step *hour* is; those outside count as the nearest."""
        return min(max((hour - self.first) // self.step, 0), self.steps - 1)

    def spell(self, column: int) -> str:
        """Name a step by its beginning and end."""
        start = self.first + column * self.step
        return f"{hour_text(start)} to {hour_text(start + self.step)}"


def axis(first: int, last: int) -> Axis:
    """Cut the hours from *first* to *last* into at most `_COLUMNS` equal steps."""
    span = last - first + 1
    step = -(-span // _COLUMNS)
    steps = -(-span // step)
    apart = -(-steps // _LABELS)
    labels = tuple(
        (round(column * 100 / steps, 2), hour_text(first + column * step).replace("T", " ")[:16])
        for column in range(0, steps - apart + 1, apart)
    )
    return Axis(first, step, steps, labels)


def bars(hours: Mapping[tuple[int, Level], int], scale: Axis) -> tuple[Box, ...]:
    """Stack findings over time, the most severe at the bottom."""
    heights: dict[int, dict[Level, int]] = defaultdict(lambda: defaultdict(int))
    for (hour, level), count in hours.items():
        heights[scale.column(hour)][level] += count
    if not heights:
        return ()
    most = max(sum(levels.values()) for levels in heights.values())
    boxes = []
    for column, levels in sorted(heights.items()):
        base = float(BARS_HEIGHT)
        for level in reversed(LEVELS):
            if count := levels.get(level, 0):
                height = max(BARS_HEIGHT * count / most, 2.0)
                base -= height
                said = f"{scale.spell(column)}: {count:,} {level}"
                width = max(scale.pixels - 1, 1)
                x = round(column * scale.pixels, 2)
                boxes.append(Box(x, round(base, 2), round(width, 2), round(height, 2), level, said))
    return tuple(boxes)


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A channel of a host: its cells, and its events in all."""

    host: str
    channel: str
    events: int
    cells: tuple[Box, ...]


def heat(coverage: Coverage, scale: Axis) -> tuple[tuple[HeatRow, ...], int]:
    """Draw the events of each channel of each host by time; gives rows, and how many are left out.

    Shades are by powers of ten. Where a channel is silent while its neighbours are not, the cell
    is marked so.
    """
    rows = tuple(_row(stream, scale) for stream in coverage.streams[:_ROWS])
    return rows, max(len(coverage.streams) - _ROWS, 0)


def _row(stream: Stream, scale: Axis) -> HeatRow:
    sums: dict[int, int] = defaultdict(int)
    for hour, events in stream.hours:
        sums[scale.column(hour)] += events
    cells = [
        _cell(column, scale, f"heat{_shade(events)}", many(events, "event"))
        for column, events in sums.items()
    ]
    silent = {
        column
        for first, last in stream.silent
        for column in range(scale.column(first), scale.column(last) + 1)
    }
    cells += [_cell(column, scale, "silent", "silent") for column in sorted(silent - set(sums))]
    return HeatRow(stream.host, stream.channel, stream.events, tuple(cells))


def _cell(column: int, scale: Axis, name: str, said: str) -> Box:
    x, width = round(column * scale.pixels, 2), round(max(scale.pixels - 0.5, 0.5), 2)
    return Box(x, 0, width, CELL_HEIGHT, name, f"{scale.spell(column)}: {said}")


def _shade(events: int) -> int:
    return min(len(str(events)), _SHADES)
