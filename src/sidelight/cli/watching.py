"""Progress on standard error while evidence is read."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sidelight.evidence.inventory import Inventory
from sidelight.hunt.gather import Progress as Read
from sidelight.output.progress import Progress, ProgressLine
from sidelight.values import dataclass


@dataclass(slots=True)
class Watcher:
    """Shows how far the reading is; says nothing where nobody looks."""

    files: int
    line: ProgressLine | None
    started: float

    def __call__(self, read: Read) -> None:
        """Show it."""
        if self.line is not None:
            self.line.show(
                Progress(
                    bytes_done=read.done,
                    bytes_total=read.total,
                    files_done=min(read.sources, self.files),
                    files_total=self.files,
                    events=read.events,
                    findings=read.hits,
                    elapsed_s=time.monotonic() - self.started,
                )
            )

    def done(self) -> None:
        """Take the line away."""
        if self.line is not None:
            self.line.clear()


@contextmanager
def watch(inventory: Inventory, *, quiet: bool) -> Iterator[Watcher]:
    """Give what shows progress, and take the line away at the end."""
    width = shutil.get_terminal_size().columns
    line = (
        None if quiet else ProgressLine(sys.stderr, width, plain=os.environ.get("TERM") == "dumb")
    )
    watcher = Watcher(len(inventory.inputs), line, time.monotonic())
    try:
        yield watcher
    finally:
        watcher.done()
