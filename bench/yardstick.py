"""What others need for less: reading the same evidence, with no rules and no columns.

    python bench/yardstick.py lines|evtx|start [PATH]

A machine may be twice as slow in one hour as in the next. A hunt's time held against one of these
in the same run says more than its seconds.
"""

import sys
from collections import deque
from contextlib import suppress
from pathlib import Path


def lines(path: str) -> None:
    """Parse each JSON line, and drop it (orjson); a line that it refuses is dropped, too."""
    import orjson  # noqa: PLC0415

    with Path(path).open("rb") as file:
        for line in file:
            with suppress(orjson.JSONDecodeError):
                orjson.loads(line)


def evtx(path: str) -> None:
    """Give each record as JSON text, and drop it (the evtx package, one thread)."""
    from evtx import PyEvtxParser  # noqa: PLC0415

    deque(PyEvtxParser(path, number_of_threads=1).records_json(), 0)


def start(_: str) -> None:
    """Load the libraries that the columns are made of."""
    import numpy  # noqa: PLC0415
    import pyarrow  # noqa: PLC0415

    del numpy, pyarrow


YARDSTICKS = {"lines": lines, "evtx": evtx, "start": start}

if __name__ == "__main__":
    YARDSTICKS[sys.argv[1]]("".join(sys.argv[2:]))
