"""How far a run has come, on one line that does not lie."""

from typing import Final, TextIO

from sidelight.plural import many
from sidelight.values import dataclass

_EARLIEST: Final = 0.05
_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands.

    Args:
        bytes_total: 0 where it is not known yet.
        elapsed_s: seconds since the run began.
    """

    bytes_done: int
    bytes_total: int
    files_done: int
    files_total: int
    events: int
    findings: int
    elapsed_s: float


def progress_line(progress: Progress, width: int) -> str:
    """Describe *progress* in at most *width* characters, the most useful first."""
    done, total = progress.bytes_done, progress.bytes_total
    parts = [f"{size(done)} of {size(total)}" if total else size(done)]
    if total:
        parts.insert(0, f"{min(100 * done // total, 100):3} %")
    parts.append(many(progress.events, "event"))
    parts.append(many(progress.findings, "hit"))
    parts.append(f"file {progress.files_done:,} of {progress.files_total:,}")
    left = time_left(progress)
    if left:
        parts.append(left)
    text = parts[0]
    for part in parts[1:]:
        if len(text) + 3 + len(part) > width:
            break
        text += f" · {part}"
    return text[:width]


def time_left(progress: Progress) -> str:
    """Estimate the time left as a range; empty while it would be a guess.

    Below 5 % nothing is said. The range narrows as the run goes on, and it is rounded to what
    it is worth.
    """
    if not progress.bytes_total or progress.elapsed_s < 1:
        return ""
    share = min(progress.bytes_done / progress.bytes_total, 1.0)
    if share < _EARLIEST:
        return ""
    seconds = progress.elapsed_s * (1 - share) / share
    spread = 0.1 + 0.4 * (1 - share)
    low, high = seconds * (1 - spread), seconds * (1 + spread)
    if high < 60:
        return "under a minute left"
    scale, unit = (60, "min") if high < 5400 else (3600, "h")
    first, last = max(int(low / scale), 1), max(-int(-high // scale), 1)
    return f"{first} {unit} left" if first == last else f"{first} to {last} {unit} left"


def size(count: int) -> str:
    """Spell bytes in decimal units with three significant digits."""
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 0 if not unit or value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f} {_UNITS[unit]}"


@dataclass(slots=True)
class ProgressLine:
    """Keeps one line of a terminal up to date; does nothing on anything but a terminal.

    Args:
        file: where it goes, stderr.
        width: of the terminal.
        every_s: at most one line in so many seconds.
        plain: it takes no control codes, so it is left alone.
    """

    file: TextIO
    width: int = 80
    every_s: float = 0.2
    plain: bool = False
    _last: float = float("-inf")

    def show(self, progress: Progress) -> None:
        """Show where the run stands."""
        if progress.elapsed_s - self._last < self.every_s or not self._able:
            return
        self._last = progress.elapsed_s
        self.file.write(f"\r\x1b[2K{progress_line(progress, self.width - 1)}")
        self.file.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._able:
            self.file.write("\r\x1b[2K")
            self.file.flush()

    @property
    def _able(self) -> bool:
        return self.file.isatty() and not self.plain
