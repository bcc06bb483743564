"""The terminal as an output: gather, then summary first and the worst findings after it."""

import io
import os
from typing import Final, Self, TextIO

from rich.console import Console

from sidelight.coverage import Run
from sidelight.findings.finding import Finding
from sidelight.output.tally import Overview, by_story
from sidelight.output.terminal.block import block
from sidelight.output.terminal.summary import summary
from sidelight.plural import many
from sidelight.values import dataclass

SHOWN: Final = 50
_PIPE_WIDTH: Final = 120
_LEAST_WIDTH: Final = 40


@dataclass(slots=True)
class Screen:
    """Shows a run: its summary, then its findings in the order in which they came.

    Args:
        console: where it goes; None shows nothing.
        overview: of the findings.
        wide: show long lines in full.
        quiet: show the findings alone.
        written: all is written to files as well.
    """

    console: Console | None
    overview: Overview
    wide: bool = False
    quiet: bool = False
    written: bool = False

    def add(self, finding: Finding) -> None:
        """Take a finding."""
        self.overview.add(finding)

    def apart(self) -> Self:
        """Give one that shows nothing."""
        return type(self)(None, self.overview.apart())

    def take(self, part: Self) -> None:
        """Add what *part* took."""
        self.overview.take(part.overview)

    def close(self, run: Run) -> None:
        """Show everything."""
        if self.console is not None:
            self._show(run, self.console)

    def _show(self, run: Run, console: Console) -> None:
        width, tally, shown = console.width, self.overview.tally, self.overview.shown
        if not self.quiet:
            for part in summary(run, tally, width, listed=bool(shown)):
                console.print(part)
        stories = by_story(shown)
        for finding in shown:
            others = [each for each in stories.get(finding.story, ()) if each is not finding]
            told = block(finding, width, wide=self.wide, story=others)
            console.print(told, soft_wrap=True)
            console.print()
        more = tally.total - len(shown)
        if more:
            way = "use --output to write them all to a file"
            way = "--limit shows more of them here" if self.written else way
            console.print(f"{many(more, 'more finding')}: {way}.")


def _columns() -> int:
    """Give how many columns the user says there are (POSIX.1-2024, 8.3); 0 for none."""
    text = os.environ.get("COLUMNS", "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _plain() -> bool:
    """Tell whether no control code is wanted: without colours, rich still writes in bold."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def open_screen(  # noqa: PLR0913
    file: TextIO,
    *,
    color: bool | None = None,
    width: int | None = None,
    limit: int = SHOWN,
    wide: bool = False,
    quiet: bool = False,
    written: bool = False,
) -> Screen:
    """Begin to show a run on *file*.

    Args:
        file: stdout, mostly. Characters that its encoding lacks become question marks.
        color: None asks the terminal and the variables NO_COLOR and FORCE_COLOR.
        width: characters a line has; None asks the variable COLUMNS, then the terminal, and takes
            120 for a pipe; less than 40 counts as 40.
        limit: how many findings are shown in full.
        wide: show long lines in full instead of cutting them.
        quiet: leave the summary out.
        written: all is written to files as well.
    """
    if isinstance(file, io.TextIOWrapper):
        file.reconfigure(errors="replace")
    if width is None and not file.isatty():
        width = _columns() or _PIPE_WIDTH
    console = Console(
        file=file,
        width=width,
        force_terminal=color or None,
        no_color=None if color is None else not color,
        color_system=None if color is False or (color is None and _plain()) else "auto",
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
        legacy_windows=False,
    )
    console.width = max(console.width, _LEAST_WIDTH)
    return Screen(console, Overview(limit), wide, quiet, written)
