"""The page of the last measurement."""

import datetime as dt
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

_PACKAGES: Final = ("sidelight", "pyarrow", "numpy", "msgspec", "google-re2", "hyperscan")
_HEAD: Final = """<!-- Written by bench/run.py: do not edit. -->

# Benchmarks

What the last `make bench` measured: whole processes, start to exit, with findings written as
JSON lines. Times are user and system time, the better of two runs, those compared run in turn;
memory is the peak of the largest process. Where nothing else is said, one process read, and
Sidelight's own rules and analytics ran beside the rules given (`--no-own` leaves them out, and is
what a comparison with other engines needs). Event rates include the start and the output. Dense
logs (`bench/dense.py`) hold values that do not repeat. The wall clock, by which two processes are
held against one, says little on a machine that had other work. A yardstick is the least part of
the same work, done by others in the same run: hours and machines differ by a factor of two, the
ratio to a yardstick hardly.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure against its goal; *reached* is None where there is no goal."""

    what: str
    goal: str
    measured: str
    reached: bool | None

    def line(self) -> str:
        """Give it as a line of a Markdown table."""
        verdict = "" if self.reached is None else "yes" if self.reached else "**no**"
        cells = (self.what, self.goal, self.measured, verdict)
        return "| " + " | ".join(" ".join(each.split()).replace("|", "/") for each in cells) + " |"


def machine(rules: str) -> Mapping[str, str]:
    """Describe the machine and the programs, without a name or a path of either."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return {
        "Date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
        "Processor": f"{_model()}, {os.cpu_count()} cores",
        "System": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "Packages": ", ".join(f"{name} {number}" for name, number in found.items()),
        "Rules": f"{rules}, and Sidelight's own",
        "Load at the end": f"{os.getloadavg()[0]:.1f} (the machine may have had other work)",
    }


def _model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or "unknown"
    lines = (line.partition(":") for line in text.splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == "model name"), "")


def write_page(
    out: Path,
    facts: Mapping[str, str],
    rows: Sequence[Row],
    unmeasured: Sequence[str],
    head: str = _HEAD,
) -> None:
    """Write the page: the goals missed first, then the whole table, then the machine."""
    lines = [head, "## Missed", "", *_missed(rows), "", "## All figures", ""]
    lines += ["| What | Goal | Measured | Reached |", "|---|---|---|---|"]
    lines += [row.line() for row in rows]
    if unmeasured:
        lines += ["", "## Not measured", "", *(f"- {each}" for each in unmeasured)]
    lines += ["", "## Machine", "", *(f"- {name}: {text}" for name, text in facts.items()), ""]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join(lines), encoding="utf-8")


def _missed(rows: Sequence[Row]) -> list[str]:
    missed = [row for row in rows if row.reached is False]
    if not missed:
        return ["Every goal that was measured was reached."]
    return [f"- {row.what}: {row.measured}; the goal is {row.goal}." for row in missed]
