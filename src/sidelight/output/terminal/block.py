"""One finding as a compact block of lines."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.text import Text

from sidelight.findings.finding import Finding, Instances, Process
from sidelight.findings.surface import SURFACES
from sidelight.output.instants import rfc3339_fixed
from sidelight.output.plain import clip, clip_front, plain
from sidelight.output.terminal.colors import INK, TAG
from sidelight.plural import many
from sidelight.schema import NO_TIME

_REASONS: Final = 3
_AGAINST: Final = 2
_ANCESTORS: Final = 4
_PLACES: Final = 5
_INDENT: Final = "   "


def block(
    finding: Finding, width: int, *, wide: bool = False, story: Sequence[Finding] = ()
) -> Text:
    """Describe a finding in a few lines.

    Args:
        finding: what to describe.
        width: characters a line has; longer lines are cut with an ellipsis.
        wide: show every line in full instead, and how the score came about.
        story: the other findings of its story.
    """
    lines = [_head(finding, width), *_body(finding, 0 if wide else width)]
    if wide:
        lines += [*_weights(finding), *_refute(finding)]
    lines += _story(story)
    if not wide:
        for line in lines:
            line.truncate(width, overflow="ellipsis")
    return Text("\n").join(lines)


def span(first: int, last: int) -> str:
    """Spell a stretch of time to the second, UTC; the day once where it is the same."""
    if first == NO_TIME:
        return "time unknown"
    start, end = (rfc3339_fixed(time, 0)[:19].replace("T", " ") for time in (first, last))
    if start == end:
        return f"{start} UTC"
    return f"{start} to {end[11:] if start[:10] == end[:10] else end} UTC"


def _head(finding: Finding, width: int) -> Text:
    tag = f" {finding.level.upper()} "
    room = width - len(tag) - 8
    whole = clip(finding.title, max(room, 16))
    # Of a host the beginning says most: it leaves the title what it needs, down to a quarter.
    host = clip(finding.host or "host unknown", min(max(room - len(whole), width // 4), 40))
    title = clip(finding.title, max(room - len(host), 16))
    return Text.assemble(
        (tag, TAG[finding.level]),
        (f" {finding.score:3} ", INK[finding.level]),
        (title, "bold"),
        "  ",
        (host, "bold cyan"),
    )


def _body(finding: Finding, width: int) -> Iterator[Text]:
    events = many(finding.count, "event")
    facts = [span(finding.first_seen, finding.last_seen), events, finding.cls]
    facts += [" ".join(finding.techniques)] if finding.techniques else []
    yield _line("", " · ".join(facts), "", "dim")
    if finding.asset:
        asset = finding.asset
        told = f"The host is {asset.name}. {asset.at_stake}"
        yield _line("!", f"{told} {asset.note}" if asset.note else told, "red")
    yield from _process(finding.process)
    yield from _instances(finding.instances)
    yield from (_line("+", text, "green") for text in _reasons(finding))
    yield from (_line("-", text, "yellow") for text in finding.counter_evidence[:_AGAINST])
    yield from _surfaces(finding)
    yield from _where(finding, width)


def _surfaces(finding: Finding) -> Iterator[Text]:
    """Tell which surfaces speak, where it is more than one, and where they disagree."""
    if len(finding.surfaces) > 1:
        told = [f"{SURFACES[seen.surface]} ({seen.events:,})" for seen in finding.surfaces]
        yield _line("%", f"Seen in {', '.join(told[:-1])} and {told[-1]}", "cyan")
    yield from (_line("~", f"They disagree: {text}", "red") for text in finding.disagreements)


def _weights(finding: Finding) -> Iterator[Text]:
    """Name the events behind each part of a score."""
    for weight in finding.weights:
        places = [f"{source}#{record}" for source, record in weight.events[:_PLACES]]
        more = len(weight.events) - len(places)
        told = f"{weight.points:+4d}  {weight.text}"
        told += f"  [{', '.join(places)}{f' and {more:,} more' if more else ''}]" if places else ""
        yield _line("=", told, "cyan", "dim")


def _refute(finding: Finding) -> Iterator[Text]:
    return (_line("?", f"To refute it: {text}", "blue") for text in finding.refute)


def _story(story: Sequence[Finding]) -> list[Text]:
    if not story:
        return []
    titles = "; ".join(f"{each.title} ({each.score})" for each in story[:_REASONS])
    more = f"; and {len(story) - _REASONS:,} more" if len(story) > _REASONS else ""
    return [_line("&", f"Of the same story: {titles}{more}", "magenta")]


def _where(finding: Finding, width: int) -> Iterator[Text]:
    """Name the first event; a path loses its front, as the end leads to the record."""
    if not finding.evidence:
        return
    more = finding.count - 1
    rest = f"  and {more:,} more" if more > 0 else ""
    first = finding.evidence[0]
    place = f"{first.source}#{first.record}"
    if width:
        place = clip_front(place, max(width - len(_INDENT) - 2 - len(rest), 16))
    yield _line("@", place + rest, "blue", "dim")


def _process(lineage: tuple[Process, ...]) -> Iterator[Text]:
    if not lineage:
        return
    acting = lineage[0]
    names = [_name(process) for process in reversed(lineage[: _ANCESTORS + 1])]
    if len(lineage) > _ANCESTORS + 1:
        names.insert(0, "…")
    pid = f" [{acting.pid}]" if acting.pid >= 0 else ""
    user = f"  as {acting.user}" if acting.user else ""
    yield _line("*", " > ".join(names) + pid + user, "magenta")
    if acting.command_line:
        yield _line("$", acting.command_line, "magenta")
    elif acting.image:
        yield _line("$", acting.image, "magenta")


def _instances(several: Instances | None) -> Iterator[Text]:
    """Name the processes apart, where there are several: the line above shows the earliest."""
    if several is None:
        return
    told = [
        f"{_name(one.process)}{f' [{one.process.pid}]' if one.process.pid >= 0 else ''} at "
        f"{span(one.seen, one.seen)}"
        for one in several.listed
    ]
    more = several.count - len(told)
    rest = f"; and {more:,} more" if more > 0 else ""
    yield _line("#", f"{several.count:,} processes: {'; '.join(told)}{rest}", "magenta")


def _name(process: Process) -> str:
    return process.image.replace("\\", "/").rpartition("/")[2] or process.image or "?"


def _reasons(finding: Finding) -> list[str]:
    """Choose reasons; the one that repeats the command line is on a line of its own already."""
    shown = finding.process[0].command_line if finding.process else ""
    return [text for text in finding.reasons if not shown or shown[:80] not in text][:_REASONS]


def _line(mark: str, text: str, mark_style: str, style: str = "") -> Text:
    return Text.assemble(
        _INDENT, (f"{mark} ", mark_style) if mark else ("", ""), (plain(text), style)
    )
