"""What is odd about the calls of a process: functions that are not where their names lead."""

from collections.abc import Iterator
from typing import Final

from sidelight.host.process import Bent, Mark, Process

_MANY: Final = 3
_DOUBT: Final = "tools that watch or replace functions of a running program bend calls, too"


def call_marks(process: Process) -> Iterator[Mark]:
    """Judge calls by name that go elsewhere; a runtime that makes code does not excuse them."""
    if process.bent:
        count = len(process.bent)
        shown = "; ".join(_said(process, bent) for bent in process.bent[:_MANY])
        more = f"; and {count - _MANY} more" if count > _MANY else ""
        yield Mark(
            "bent-call", 65, f"calls go elsewhere than their names say: {shown}{more}", _DOUBT
        )


def _said(process: Process, bent: Bent) -> str:
    region = process.region_at(bent.target)
    where = region.path if region is not None else ""
    place = f"{where or 'memory that belongs to no file'}, at {bent.target:#x}"
    caller = f" out of {bent.path}" if bent.path else ""
    return f"{bent.name or 'a function whose name is not known'}{caller} goes to {place}"
