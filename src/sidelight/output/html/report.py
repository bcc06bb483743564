"""The report: gathers a bounded number of findings, and is written at the end.

Values of a log are text. The template escapes everything, and a content security policy allows
the one script and the one style sheet of this package, by their hashes, and nothing else.
"""

import base64
import hashlib
import io
from collections.abc import Iterator
from importlib.resources import files
from typing import BinaryIO, Final, Self

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from sidelight.coverage import Run, explain_zero
from sidelight.coverage.telemetry import commands, sysmon_configuration, telemetry_of
from sidelight.findings.finding import Finding, Process
from sidelight.findings.surface import SURFACES
from sidelight.output.allowance import allowance
from sidelight.output.blindness import sentence
from sidelight.output.clocks import clock_sentence
from sidelight.output.html.chart import BARS_HEIGHT, CELL_HEIGHT, WIDTH, axis, bars, heat
from sidelight.output.html.matrix import matrix
from sidelight.output.instants import hour_text, rfc3339, rfc3339_fixed
from sidelight.output.likeness import chance, likeness, times
from sidelight.output.marking import Marking, label
from sidelight.output.plain import plain
from sidelight.output.progress import size
from sidelight.output.tally import Overview, Tally, by_story
from sidelight.schema import LEVELS
from sidelight.values import dataclass

LIMIT: Final = 2_000
"""How many findings a report shows."""
_EVENTS: Final = 5
_LONGEST: Final = 8_000
_ROWS: Final = 500
_PLACES: Final = 5


@dataclass(slots=True)
class Report:
    """Gathers findings and writes the report.

    Args:
        overview: of the findings; those that are not shown are counted.
    """

    file: BinaryIO
    marking: Marking
    overview: Overview

    def add(self, finding: Finding) -> None:
        """Take a finding."""
        self.overview.add(finding)

    def apart(self) -> Self:
        """Give one that only gathers."""
        return type(self)(io.BytesIO(), self.marking, self.overview.apart())

    def take(self, part: Self) -> None:
        """Add what *part* gathered."""
        self.overview.take(part.overview)

    def close(self, run: Run) -> None:
        """Write the report."""
        for text in _pieces(self.overview.tally, self.overview.shown, run, self.marking):
            self.file.write(text.encode("utf-8", "replace"))


def open_html(file: BinaryIO, marking: Marking = "amber+strict", limit: int = LIMIT) -> Report:
    """Begin a report."""
    return Report(file, marking, Overview(limit))


def _pieces(tally: Tally, shown: list[Finding], run: Run, marking: Marking) -> Iterator[str]:
    css, js = _data("report.css"), _data("report.js")
    hours = [hour for hour, _ in tally.hours]
    span = run.coverage.span or ((min(hours), max(hours)) if hours else (0, 0))
    scale = axis(*span)
    rows, left_out = heat(run.coverage, scale)
    return _template().generate(
        css=Markup(css),  # noqa: S704 - our own file
        js=Markup(js),  # noqa: S704 - our own file
        policy=f"default-src 'none'; style-src {_pinned(css)}; script-src {_pinned(js)}; "
        "base-uri 'none'; form-action 'none'",
        marking=label(marking),
        manifest=run.manifest,
        coverage=run.coverage,
        zero=explain_zero(run.coverage, run.manifest.findings),
        levels=LEVELS[::-1],
        tally=tally,
        shown=shown,
        classes=sorted({finding.cls for finding in shown}),
        hosts=sorted({finding.host for finding in shown}),
        scale=scale,
        span=f"{hour_text(span[0])} to {hour_text(span[1] + 1)}",
        bars=bars(tally.hours, scale),
        heat=rows,
        heat_left_out=left_out,
        matrix=matrix(run.coverage, tally),
        sysmon=sysmon_configuration(run.coverage.lacking),
        commands=commands(run.coverage.lacking),
        stories=by_story(shown),
        clocks=[clock_sentence(clock) for clock in run.coverage.clocks],
        resemblance=run.resemblance,
        lacking=[telemetry_of(role) for role in run.coverage.lacking],
    )


def _template() -> Template:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_final,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=lambda count: f"{count:,}",
        size=size,
        when=lambda time: rfc3339(time) or "unknown",
        second=lambda time: rfc3339_fixed(time, 0)[:19].replace("T", " ") or "unknown",
        tree=_tree,
        sentence=sentence,
        likeness=likeness,
        chance=chance,
        times=times,
        allowance=allowance,
        cell=_cell,
    )
    environment.globals.update(
        WIDTH=WIDTH,
        BARS=BARS_HEIGHT,
        CELL=CELL_HEIGHT,
        EVENTS=_EVENTS,
        ROWS=_ROWS,
        PLACES=_PLACES,
        SURFACES=SURFACES,
    )
    return environment.from_string(_data("report.html.j2"))


def _final(value: object) -> object:
    """Make text safe to look at; line breaks stay, as scripts are unreadable without."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return "\n".join(plain(line) for line in value.split("\n"))
    return value


def _cell(value: str | list[str]) -> str:
    text = value if isinstance(value, str) else "\n".join(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def _tree(lineage: tuple[Process, ...]) -> list[tuple[int, Process]]:
    """Give ancestors first, each with its depth."""
    return list(enumerate(reversed(lineage)))


def _data(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _pinned(text: str) -> str:
    # CSP level 3, section 2.3.1: hash-source over the exact text of the element.
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
