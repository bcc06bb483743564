"""``sidelight share hunt``, ``pull --hunt`` and ``follow --hunt``: what allies sent is hunted.

Nothing else is ever done with it: nothing received blocks anything.
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Final, TextIO

import typer

from sidelight.cli.exits import FOUND, INTERRUPTED, UNREADABLE, worst
from sidelight.cli.folders import data_folder
from sidelight.cli.hunt import NOTHING_READ, cores
from sidelight.cli.libraries import now
from sidelight.cli.saying import say
from sidelight.errors import ExchangeError, UsageError
from sidelight.plural import many
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.exchange.received.lookout import Indicator, Known, Outcome, Sought
    from sidelight.exchange.received.record import Line, Record
    from sidelight.hunt.gather import Progress
    from sidelight.intel.warning import Warnings

_AT_ONCE: Final = 2_000
"""Indicators of one hunt; more are hunted in another."""
_TOGETHER_S: Final = 1.0
"""How long what comes is gathered before it is hunted."""
_WAITING: Final = 10_000
_SHOWN: Final = 20
_EVENTS: Final = 1_000
"""Events of a finding that are counted one by one."""

Hunted = Annotated[
    list[Path] | None,
    typer.Option(
        "--hunt", metavar="PATH", help="Hunt what is received at once in this. Repeatable."
    ),
]
Kept = Annotated[
    Path | None,
    typer.Option(
        "--kept",
        metavar="FOLDER",
        help="Where findings and what was hunted are kept. [default: received in the data folder]",
    ),
]
Seconds = Annotated[
    int, typer.Option("--hunt-seconds", min=1, help="Seconds that one hunt may take.")
]
Lists = Annotated[
    Path | None,
    typer.Option(
        "--warninglists",
        metavar="FOLDER",
        help="Warning lists of MISP: what is on them is held back, too.",
    ),
]


@dataclass(frozen=True, slots=True)
class Hunting:
    """Where and how what is received is hunted.

    Args:
        paths: evidence.
        out: where findings are shown.
        again: whether to hunt what was hunted before, too.
    """

    paths: Sequence[Path]
    kept: Path
    seconds: int
    warninglists: Path | None = None
    again: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)


def hunting(  # noqa: PLR0913 - options
    paths: Sequence[Path],
    kept: Path | None,
    seconds: int,
    warninglists: Path | None = None,
    *,
    again: bool = False,
    out: TextIO | None = None,
) -> Hunting:
    """Put options together.

    Raises:
        UsageError: there is no such evidence.
    """
    for path in paths:
        if not path.exists():
            raise UsageError("there is no such file or folder", where=str(path))
    folder = kept or data_folder() / "received"
    return Hunting(paths, folder, seconds, warninglists, again, out or sys.stdout)


def hunt_command(  # noqa: PLR0913 - options
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Bundle, envelope or JSON lines.")],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Evidence.")],
    kept: Kept = None,
    seconds: Seconds = 600,
    warninglists: Lists = None,
    again: Annotated[
        bool, typer.Option("--again", help="Hunt what was hunted here before, too.")
    ] = False,
) -> int:
    """Hunt the indicators and Sigma rules that allies sent, in what is kept here.

    What was hunted is hunted again once the evidence has changed. Exit codes: 0 nothing new was
    found, 1 found, 3 unreadable or no event read. Nothing received ever blocks anything by itself.

    Example: sidelight share hunt finds.jsonl /evidence
    """
    from sidelight.exchange.parcel import read_objects  # noqa: PLC0415 - not for --help

    request = hunting(paths, kept, seconds, warninglists, again=again)
    return hunt_received(read_objects(file), request)


def hunt_received(objects: Iterable[bytes], request: Hunting) -> int:
    """Hunt what is new among received objects; give 1 if something was found."""
    from sidelight.exchange.received.lookout import (  # noqa: PLC0415 - not for --help
        Sought,
        fresh,
        look,
    )
    from sidelight.exchange.received.record import (  # noqa: PLC0415
        Record,
        line_of,
        place_key,
        state_of,
    )

    record, where = Record(request.kept), place_key(request.paths)
    state = state_of(request.paths, request.kept)
    old = {} if request.again else record.known(where)
    stale = {key for key, line in old.items() if line.findable and line.state != state}
    received = list(_indicators(objects))
    warnings, known = _warnings(request.warninglists), _installed()
    new = fresh(received, frozenset(old.keys() - stale))
    found = [look(each, warnings, known) for each in new]
    _announce(found, len(received), request.out)
    changed = sum(each.indicator.key in stale for each in found)
    if changed:
        print(f"the evidence has changed: {changed} of them are hunted again", file=request.out)
    keys = {each.key for each in received} - stale
    _remind([old[key] for key in sorted(keys & old.keys())], record, request.out)
    record.write(line_of(each, now(), where) for each in found if not isinstance(each, Sought))
    sought = [each for each in found if isinstance(each, Sought)]
    codes = {0}
    for start in range(0, len(sought), _AT_ONCE):
        some = sought[start : start + _AT_ONCE]
        codes.add(_hunt(some, request, record, (where, state)))
        if INTERRUPTED in codes:
            break
    return worst(codes)


def _remind(lines: "Sequence[Line]", record: "Record", out: TextIO) -> None:
    """Say what was found before of what is not hunted again, and where it is kept."""
    told = [each for each in lines if each.found]
    if told:
        files = ", ".join(sorted({str(record.folder / "findings" / x.findings) for x in told}))
        total = many(sum(each.found for each in told), "finding")
        print(
            f"{total} found before in this evidence, kept in {files}; --again hunts again", file=out
        )


def hunt_stream(
    objects: Iterator[bytes], request: Hunting, then: Callable[[], int] = lambda: 0
) -> int:
    """Hunt objects as they come, for as long as they do; what comes during a hunt waits for it.

    When too much waits, no more is read: the server keeps it. *then* is done after each hunt.

    Raises:
        ExchangeError: the stream ended with one.
    """
    came = _Stream()
    reader = Thread(target=came.fill, args=(objects,), daemon=True)
    reader.start()
    code = 0
    while batch := came.next_batch():
        if not any(b"indicator" in each or b"\\u" in each for each in batch):
            continue
        code = worst([code, hunt_received(batch, request)])
        if code == INTERRUPTED:
            return code
        code = worst([code, then()])
    if came.failed:
        raise came.failed
    return code


@dataclass(slots=True)
class _Stream:
    """Objects between whoever reads them and whoever hunts them."""

    waiting: "Queue[bytes | None]" = field(default_factory=lambda: Queue(_WAITING))
    failed: ExchangeError | None = None

    def fill(self, objects: Iterator[bytes]) -> None:
        """Put objects in line, and None at the end."""
        try:
            for each in objects:
                self.waiting.put(each)
        except ExchangeError as error:
            self.failed = error
        finally:
            self.waiting.put(None)

    def next_batch(self) -> list[bytes]:
        """Wait for an object, and give it with those that come within a moment; [] at the end."""
        first = self.waiting.get()
        if first is None:
            return []
        batch, end = [first], time.monotonic() + _TOGETHER_S
        while len(batch) < _AT_ONCE:
            try:
                each = self.waiting.get(timeout=max(end - time.monotonic(), 0))
            except Empty:
                break
            if each is None:
                self.waiting.put(None)
                break
            batch.append(each)
        return batch


def _indicators(objects: Iterable[bytes]) -> "Iterator[Indicator]":
    from sidelight.exchange.intake import Unfit, parsed  # noqa: PLC0415 - not for --help
    from sidelight.exchange.received.lookout import indicator  # noqa: PLC0415

    at = now()
    for index, data in enumerate(objects):
        if not data.strip():  # 'acknowledge --drop' blanked it
            continue
        item = parsed(data, index)
        if isinstance(item, Unfit):
            say(f"sidelight: {item.id}: {item.why}", err=True)
            continue
        found = indicator(item, at)
        if found:
            yield found


def _warnings(folder: Path | None) -> "Warnings":
    from sidelight.intel.warning import own_lists, read_warnings  # noqa: PLC0415 - not for --help

    return read_warnings(folder, also=own_lists("exchange/benign.toml"))


def _installed() -> "Known":
    """Give what finds a rule of ours, or an installed one, by its id; they are read when asked."""
    from sidelight.cli.rulesets import installed, own  # noqa: PLC0415 - not for --help
    from sidelight.rules.load import load_rules  # noqa: PLC0415
    from sidelight.rules.rule import RuleSet  # noqa: PLC0415
    from sidelight.rules.selection import Selection, select  # noqa: PLC0415

    loaded: list[RuleSet] = []

    def find(ident: str) -> RuleSet | None:
        if not loaded:
            loaded.append(load_rules([each for each in (own(), installed()) if each.is_dir()]))
        found = select(loaded[0], Selection(include=frozenset({ident})))
        return found if found.rules or found.correlations else None

    return find


def _announce(found: "Sequence[Outcome]", total: int, out: TextIO) -> None:
    from sidelight.exchange.received.lookout import Held, Sought, Unrunnable  # noqa: PLC0415

    counts = [sum(isinstance(each, kind) for each in found) for kind in (Sought, Held, Unrunnable)]
    old = total - len(found)
    say(
        f"received: {many(total, 'indicator')}; {counts[0]} to hunt, {counts[1]} held back, "
        f"{counts[2]} cannot be run, {old} were hunted before or come twice",
        out=out,
    )
    unsought = [each for each in found if not isinstance(each, Sought)]
    for each in unsought[:_SHOWN]:
        became = "held back" if isinstance(each, Held) else "not run"
        say(f"  {became}: {each.indicator.title}: {each.why}", out=out)
    if len(unsought) > _SHOWN:
        print(f"  and {len(unsought) - _SHOWN} more, in hunted.jsonl", file=out)


def _hunt(
    sought: "Sequence[Sought]", request: Hunting, record: "Record", place: tuple[str, str]
) -> int:
    from msgspec import structs  # noqa: PLC0415 - not for --help

    from sidelight import __version__  # noqa: PLC0415
    from sidelight.evidence.inventory import survey  # noqa: PLC0415
    from sidelight.exchange.received.count import Counted  # noqa: PLC0415
    from sidelight.exchange.received.lookout import together  # noqa: PLC0415
    from sidelight.exchange.received.record import line_of  # noqa: PLC0415
    from sidelight.findings.conclude import Limits  # noqa: PLC0415
    from sidelight.hunt.run import HuntOptions, hunt  # noqa: PLC0415
    from sidelight.output.formats import FORMATS, Header, write  # noqa: PLC0415
    from sidelight.output.terminal import open_screen  # noqa: PLC0415

    at = now()
    path = record.findings_file(at)
    shown = (("received", f"{len(sought)} indicators"),)
    options = HuntOptions(cores(), Limits(_EVENTS, 10), shown, time.time_ns, analytics=False)
    inventory = survey(map(str, request.paths))
    counted = Counted()
    with path.open("wb") as file:
        lines = FORMATS["jsonl"].open(file, Header(__version__))
        sinks = [counted, lines, open_screen(request.out, quiet=True)]
        with hunt(inventory, together(sought), options, _until(request.seconds)) as hunted:
            write(hunted.give, sinks, hunted.finish)
            partial, gaps = hunted.gathered.partial, len(hunted.gathered.gaps)
            events, lost = hunted.gathered.events, hunted.lost
            empty = hunted.gathered.empty and not partial
    read = [many(events, "event"), many(len(inventory.inputs), "file"), many(gaps, "gap")]
    print(f"read: {', '.join(read)}", file=request.out)
    if empty:
        path.unlink()
        typer.echo(f"sidelight: {NOTHING_READ}; nothing is noted as hunted", err=True)
        return UNREADABLE
    became = "partly" if partial else "hunted"
    record.write(
        structs.replace(
            line_of(each, at, place[0]),
            became=became,
            state=place[1],
            found=counted.findings.get(each.indicator.id, 0),
            seen=counted.seen(each.indicator.id),
            findings=path.name,
        )
        for each in sought
    )
    print(f"findings are kept in {path}", file=request.out)
    return _ended(partial, found=bool(counted.tallies), lost=bool(lost))


def _ended(partial: str, *, found: bool, lost: bool) -> int:
    """Say of a hunt that it was cut, and give the exit code."""
    if partial:
        hint = "give it more with --hunt-seconds, and hunt --again"
        typer.echo(f"sidelight: the hunt was cut: {partial} ({hint})", err=True)
    if partial == "interrupted":
        return INTERRUPTED
    if found:
        return FOUND
    return UNREADABLE if lost or partial else 0


def _until(seconds: int) -> "Callable[[Progress], None]":
    """Give what ends a hunt when its time is over: what was found until then is concluded."""
    end = time.monotonic() + seconds

    def report(progress: "Progress") -> None:
        if time.monotonic() > end:
            done = f"{progress.done} of {progress.total} octets"
            raise ExchangeError(f"{seconds} s were over after {done}")

    return report
