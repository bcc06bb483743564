"""``sidelight baseline``: remember what is loaded on quiet days."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli import exits, options
from sidelight.cli.outputs import refuse_evidence, refuse_homeless
from sidelight.errors import EvidenceError
from sidelight.output.plain import plain
from sidelight.plural import many

if TYPE_CHECKING:
    from sidelight.analytics.baseline import Habit, Pair

baseline = typer.Typer(
    help="Remember which programs load which libraries, and compare.", no_args_is_help=True
)

Rows = Annotated[int, typer.Option("--limit", min=0, help="Pairs that are shown.")]
Program = Annotated[str, typer.Option(help="Show this program only; * and ? as in file names.")]


@baseline.command("learn")
def learn(
    paths: options.Paths,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where it goes, or is extended.")
    ],
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget what the file holds instead of extending it.")
    ] = False,
    jobs: options.Jobs = 0,
    quiet: options.Quiet = False,
) -> int:
    """Learn from quiet evidence which programs load which libraries, on how many hosts.

    Evidence with an intrusion in it teaches that the intrusion is usual: hunt it first.

    Exit codes: 0 learnt, 3 some evidence unreadable, or no load of a library in it.

    Example: sidelight baseline learn /evidence/quiet-week -o baseline.jsonl
    """
    from sidelight.analytics.baseline import Baseline, united  # noqa: PLC0415 - not for --help
    from sidelight.cli.hunt import cores  # noqa: PLC0415
    from sidelight.cli.watching import watch  # noqa: PLC0415
    from sidelight.evidence.inventory import survey  # noqa: PLC0415
    from sidelight.hunt.learning import (  # noqa: PLC0415
        learn_baseline,
        read_baseline,
        write_baseline,
    )
    from sidelight.schema import LOST  # noqa: PLC0415

    refuse_homeless([output])
    before = read_baseline(output) if output.exists() and not fresh else Baseline({})
    inventory = survey(paths or [])
    refuse_evidence([output], [each.path for each in inventory.inputs if each.format])
    with watch(inventory, quiet=quiet) as report:
        learnt = learn_baseline(inventory, jobs or cores(), report)
    if learnt.gathered.partial:
        print(f"sidelight: {learnt.gathered.partial}; nothing was written", file=sys.stderr)  # noqa: T201
        return exits.INTERRUPTED
    if not learnt.baseline.pairs:
        raise _nothing_learnt(learnt.gathered.events)
    after = united(before, learnt.baseline)
    write_baseline(output, after)
    new = len(after.pairs) - len(before.pairs)
    typer.echo(
        f"{many(learnt.gathered.events, 'event')} read; "
        f"{many(new, 'new pair')} of program and library, "
        f"{len(after.pairs):,} in all, on {many(len(after.hosts), 'host')}"
    )
    return exits.UNREADABLE if any(gap.reason in LOST for gap in learnt.gathered.gaps) else 0


def _nothing_learnt(events: int) -> EvidenceError:
    text = f"{many(events, 'event')} read, and none is the load of a library; nothing was written"
    return EvidenceError(text, hint="Sysmon event 7 is one")


@baseline.command("show")
def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A baseline.")],
    program: Program = "*",
    limit: Rows = 50,
) -> int:
    """Show what a baseline holds, the rarest pairs first.

    Example: sidelight baseline show baseline.jsonl --program vlc.exe
    """
    from sidelight.hunt.learning import read_baseline  # noqa: PLC0415 - not for --help

    found = read_baseline(file)
    days = [day for each in found.pairs.values() for day in (each.first, each.last) if day]
    typer.echo(
        f"{many(len(found.pairs), 'pair')}, {many(len(found.programs), 'program')}, ", nl=False
    )
    typer.echo(
        f"{many(len(found.hosts), 'host')}, {min(days, default='?')} to {max(days, default='?')}"
    )
    _list(_chosen(found.pairs.items(), program), limit)
    return 0


@baseline.command("diff")
def diff(
    one: Annotated[Path, typer.Argument(metavar="A", help="A baseline.")],
    other: Annotated[Path, typer.Argument(metavar="B", help="Another, mostly a later one.")],
    program: Program = "*",
    limit: Rows = 50,
) -> int:
    """Show the pairs that only one of two baselines holds, the rarest first.

    Exit codes: 0 B holds nothing that A lacks, 1 it does.

    Example: sidelight baseline diff january.jsonl february.jsonl
    """
    from sidelight.hunt.learning import read_baseline  # noqa: PLC0415 - not for --help

    first, second = read_baseline(one).pairs, read_baseline(other).pairs
    gone = [(pair, habit) for pair, habit in first.items() if pair not in second]
    new = [(pair, habit) for pair, habit in second.items() if pair not in first]
    for title, some in ((f"only in {other}", new), (f"only in {one}", gone)):
        typer.echo(plain(f"{len(some):,} {title}"))
        _list(_chosen(some, program), limit)
    return exits.FOUND if new else 0


def _chosen(pairs: "Iterable[tuple[Pair, Habit]]", program: str) -> "list[tuple[Pair, Habit]]":
    from sidelight.findings.allowlist import matches  # noqa: PLC0415 - not for --help

    some = [item for item in pairs if matches((program,), item[0].program)]
    return sorted(some, key=lambda item: (len(item[1].hosts), item[0]))


def _list(pairs: "list[tuple[Pair, Habit]]", limit: int) -> None:
    for pair, habit in pairs[:limit]:
        days = f"{habit.first or '?'} to {habit.last or '?'}"
        signer = pair.signer or "not validly signed"
        what = f"{pair.program} > {pair.library}  {signer}  {pair.zone.replace('_', ' ')}"
        typer.echo(plain(f"{len(habit.hosts):>6,} hosts  {days}  {what}"))
    if len(pairs) > limit:
        typer.echo(f"and {len(pairs) - limit:,} more")
