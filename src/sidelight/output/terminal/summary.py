"""What was read, what was found and what could not be seen, on one screen."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sidelight.coverage import BlindReason, Coverage, Run, explain_zero
from sidelight.coverage.telemetry import telemetry_of
from sidelight.findings.attack import TACTICS
from sidelight.findings.resemblance import Resemblance
from sidelight.output.allowance import allowance
from sidelight.output.blindness import sentence
from sidelight.output.clocks import clock_sentence
from sidelight.output.instants import hour_text
from sidelight.output.likeness import likeness
from sidelight.output.plain import clip, clip_front, plain
from sidelight.output.progress import size
from sidelight.output.tally import ABBREVIATION, Tally
from sidelight.output.terminal.colors import INK, safe
from sidelight.plural import many
from sidelight.schema import LEVELS, STOPPED, Gap

_TOP: Final = 5
_LINES: Final = 3
_BLANKS: Final = re.compile(r"[ \t]+")
_NARROW: Final = 40
_READABLE: Final = 120
_LACKED: Final[Mapping[BlindReason, str]] = {
    "no-log-source": "no events of their log source",
    "no-event": "no event with an id they need",
    "no-field": "no event with a field they need",
}


def summary(run: Run, tally: Tally, width: int, *, listed: bool = True) -> Iterator[RenderableType]:
    """Give the parts of a summary, from top to bottom; parts without content are left out.

    Args:
        run: what was read.
        tally: what was found.
        width: characters a line has.
        listed: whether findings follow.
    """
    yield from _facts(run)
    if tally.total:
        yield from _found(tally, width)
    if run.resemblance:
        yield from _resembles(run.resemblance, width)
    yield from _listed("Hidden by the allow-list", _allowed(run.coverage), width)
    yield from _unseen(run.coverage, width)
    zero = explain_zero(run.coverage, run.manifest.findings)
    if zero:
        yield _title("Why nothing was found")
        yield from (_indented(Text(text)) for text in zero)
    if run.manifest.partial:
        yield _title("Partial", "bold red")
        yield _indented(safe(f"{run.manifest.partial}: what follows is what was found so far."))
    if listed and tally.total:
        yield _title("Findings, most severe first")
    yield ""


def _facts(run: Run) -> Iterator[RenderableType]:
    manifest, coverage = run.manifest, run.coverage
    paths = {item.path for item in manifest.inputs}
    outer = ((item, item.path.partition("!")[0]) for item in manifest.inputs)
    whole = [item for item, path in outer if path == item.path or path not in paths]
    total = sum(item.size for item in whole)
    read = [many(len(whole), "file"), size(total), many(manifest.events, "event")]
    read.append(many(len(coverage.hosts), "host"))
    rules = [f"{coverage.rules:,} ran", f"{coverage.rules - coverage.blind_rules:,} could match"]
    if coverage.refused:
        rules.append(f"{len(coverage.refused):,} could not be run: rules list --refused says why")
    grid = Table.grid(padding=(0, 2))
    grid.add_row(Text("Read", "bold"), Text(" · ".join(read)))
    if coverage.span:
        first, last = coverage.span
        grid.add_row(Text("Span", "bold"), Text(f"{hour_text(first)} to {hour_text(last + 1)}"))
    grid.add_row(Text("Rules", "bold"), Text(" · ".join(rules)))
    yield _title(f"Sidelight {manifest.version}")
    yield _indented(grid)


def _found(tally: Tally, width: int) -> Iterator[RenderableType]:
    yield _title("Findings")
    table = Table.grid(padding=(0, 2))
    for _ in range(4):
        table.add_column(justify="right")
    table.add_row(*(Text(name, "dim") for name in ("level", "total", "unique", "events")))
    for level in reversed(LEVELS):
        cells = tally.levels[level], len(tally.unique.get(level, ())), tally.events[level]
        style = INK[level] if cells[0] else "dim"
        table.add_row(Text(level, style), *(Text(f"{cell:,}", style) for cell in cells))
    yield _indented(table)
    yield _title("Top rules")
    yield _indented(_top_rules(tally, width))
    yield _title("Top hosts")
    yield _indented(_top_hosts(tally, width))
    if tally.tactics:
        yield _title("ATT&CK tactics")
        yield _indented(_bars([(name, tally.tactics[name]) for name in TACTICS], width))


def _top_rules(tally: Tally, width: int) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for level, title, count in tally.top_rules(_TOP):
        tag = Text(ABBREVIATION[level], INK[level])
        table.add_row(Text(f"{count:,}"), tag, Text(clip(title, width - 20)))
    return table


def _top_hosts(tally: Tally, width: int) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for host, levels in tally.top_hosts(_TOP):
        said = Text(", ").join(
            Text(f"{levels[level]:,} {ABBREVIATION[level]}", INK[level])
            for level in reversed(LEVELS)
            if levels[level]
        )
        name = clip(host or "host unknown", max(width - 44, 16))
        table.add_row(Text(f"{levels.total():,}"), Text(name), said)
    return table


def _bars(counts: Sequence[tuple[str, int]], width: int) -> Table:
    present = sorted((pair for pair in counts if pair[1]), key=lambda pair: (-pair[1], pair[0]))
    most = max(count for _, count in present)
    room = min(max(width - 40, 10), _NARROW)
    table = Table.grid(padding=(0, 2))
    for name, count in present:
        bar = "█" * max(round(room * count / most), 1)
        table.add_row(Text(name), Text(bar, "red"), Text(f"{count:,}"))
    return table


def _resembles(whole: Resemblance, width: int) -> Iterator[RenderableType]:
    yield _title("Resembles")
    for text in likeness(whole):
        lines = wrap(plain(text), min(width, _READABLE) - 4, subsequent_indent="  ")
        yield from (_indented(Text(line)) for line in lines)


def _allowed(coverage: Coverage) -> list[str]:
    """Say what entries did; first those that somebody should look at."""
    order = {"expired": 0, "unused": 1, "applied": 2}
    uses = sorted(coverage.allowed, key=lambda use: (order[use.state], -use.findings))
    said = [allowance(use) for use in uses]
    return [f"{many(coverage.hidden, 'finding')} in all", *said] if said else []


def _unseen(coverage: Coverage, width: int) -> Iterator[RenderableType]:
    yield from _listed("Evidence that was lost", _losses(coverage, width), width, "red")
    known = {*coverage.lost, *coverage.unjudged}
    passed: Counter[str] = Counter(gap.reason for gap in coverage.gaps if gap not in known)
    if passed:
        text = ", ".join(
            f"{_PASSED.get(reason, reason)}: {count:,}" for reason, count in sorted(passed.items())
        )
        yield from _listed("Evidence that was passed over", [text, *_few(coverage, width)], width)
    unjudged = Counter(gap.text for gap in coverage.unjudged).most_common()
    said = [f"{many(count, 'file')}: {text}" for text, count in unjudged]
    yield from _listed("Read and not judged", said, width)
    blind = [_blind(coverage, reason) for reason in _LACKED]
    yield from _listed("Blind spots", [text for text in blind if text], width)
    yield from _analytics(coverage, width)
    silent = [
        f"{hour_text(first)} to {hour_text(last + 1)}: {stream.host} {stream.channel}"
        for stream in coverage.streams
        for first, last in stream.silent
    ]
    clocks = [clock_sentence(clock) for clock in coverage.clocks if clock.apart]
    yield from _listed("Clocks that differ", clocks, width)
    yield from _listed("Assets that sent nothing", coverage.unheard, width)
    yield from _listed("Silent while others spoke", silent, width)


_PASSED: Final = {
    "changed": "changed while it was read",
    "duplicate": "seen a second time",
    "foreign": "not an event log",
}
"""What reasons of gaps mean by which nothing was lost."""


def _analytics(coverage: Coverage, width: int) -> Iterator[RenderableType]:
    never = [sentence(spot) for spot in coverage.analytics if not spot.stretches]
    hours = [sentence(spot) for spot in coverage.analytics if spot.stretches]
    yield from _listed("Analytics without a log source", never, width)
    yield from _listed("Analytics blind for hours", hours, width)
    if coverage.lacking:
        names = [telemetry_of(role).events for role in coverage.lacking]
        told = f"Switch on: {', '.join(names)}. The report holds the configuration."
        yield _indented(Text(told, "dim"))


def _few(coverage: Coverage, width: int) -> list[str]:
    """Name what was passed over, where that is a line or two."""
    known = {*coverage.lost, *coverage.unjudged}
    passed = [gap for gap in coverage.gaps if gap not in known]
    if len(passed) > _TOP:
        return []
    return [f"{clip_front(gap.source, max(width - 50, 16))}: {gap.text}" for gap in passed]


def _losses(coverage: Coverage, width: int) -> list[str]:
    """Name each source once, with where it ends or what is wrong first; a path loses its front."""
    sources: dict[str, list[Gap]] = {}
    for gap in coverage.lost:
        sources.setdefault(gap.source, []).append(gap)
    said = []
    for source, gaps in sources.items():
        more = f", and {len(gaps) - 1:,} more" if len(gaps) > 1 else ""
        first = next((gap for gap in gaps if gap.text.startswith(STOPPED)), gaps[0])
        place = f" at byte {first.offset:,}{more}: "
        said.append(clip_front(source, max(width - 4 - len(place), 24)) + place + first.text)
    return said


def _blind(coverage: Coverage, reason: BlindReason) -> str:
    groups: Counter[str] = Counter()
    for group in coverage.blind:
        if group.reason == reason:
            without = f" without {', '.join(group.fields)}" if group.fields else ""
            groups[group.logsource + without] += len(group.rules)
    if not groups:
        return ""
    top = ", ".join(f"{name} {count:,}" for name, count in groups.most_common(_TOP))
    more = ", …" if len(groups) > _TOP else ""
    return f"{many(groups.total(), 'rule')} saw {_LACKED[reason]}: {top}{more}"


def _listed(
    title: str, texts: Sequence[str], width: int, style: str = ""
) -> Iterator[RenderableType]:
    if not texts:
        return
    yield _title(title)
    for text in texts[:_TOP]:
        yield from (_indented(Text(line, style)) for line in _folded(text, width - 4))
    if len(texts) > _TOP:
        yield _indented(
            Text(f"and {len(texts) - _TOP:,} more: the files of --output hold all", "dim")
        )


def _folded(text: str, width: int) -> list[str]:
    """Break a text between words into a few lines; the last ends with an ellipsis if more is left.

    What is wrong stands at the end of a sentence, so one line would often hide it.
    """
    # Blanks first: many of them would fill what is looked at, and hide what comes behind.
    words = plain(_BLANKS.sub(" ", text)[: 2 * _LINES * width])
    lines = wrap(words, width, subsequent_indent="  ", break_on_hyphens=False)
    kept = lines[:_LINES]
    return [*kept[:-1], clip(f"{kept[-1]}…", width)] if len(lines) > _LINES else kept


def _title(text: str, style: str = "bold underline") -> Text:
    return Text.assemble("\n", (text, style))


def _indented(content: RenderableType) -> Padding:
    return Padding(content, (0, 0, 0, 2), expand=False)
