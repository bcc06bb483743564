"""``sidelight share seen tell|take|count|lookup``: how many members have seen something."""

from pathlib import Path
from typing import Annotated

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.libraries import Database, now, open_library, operator, organisation_named
from sidelight.cli.saying import say
from sidelight.cli.seen_values import Files, bytes_of, hidden_only, values_of
from sidelight.plural import many

GroupKey = Annotated[
    Path, typer.Option("--group-key", metavar="FILE", help="Key that the members share.")
]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="File to write.")]


def tell(files: Files, group_key: GroupKey, output: Output) -> int:
    """Write keyed hashes of what you have seen, for whoever counts; guessable kinds stay out.

    A report is everything you report: what a later one lacks is not counted any more.

    Example: sidelight share seen tell findings.jsonl --group-key members.key -o report.json
    """
    from sidelight.exchange.secret import read_group_key  # noqa: PLC0415 - not for --help
    from sidelight.exchange.seen import reports  # noqa: PLC0415

    values = hidden_only(values_of(files))
    output.write_bytes(reports.spell(read_group_key(group_key), values))
    say(f"{many(len(values), 'value')} in {output}, as hashes: send it to the counter")
    return 0


def take(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="What a member sent.")],
    organisation: Annotated[
        str, typer.Option("--from", metavar="ORGANISATION", help="Who sent it: name or id.")
    ],
    database: Database = "",
) -> int:
    """Count a member's report instead of its earlier one.

    Example: sidelight share seen take report.json --from "Operator B"
    """
    library = open_library(database)
    from sidelight.exchange.seen import reports  # noqa: PLC0415 - not for --help
    from sidelight.exchange.shelf import Caller  # noqa: PLC0415

    who = organisation_named(library.register(), organisation)
    came = reports.read(bytes_of(report), report)
    new, gone = library.report(Caller(who.id, operator(), frozenset()), came, now())
    say(f"{who.name}: {new} new, {gone} gone; counted from the day after tomorrow on")
    return 0


def count(
    output: Output,
    least: Annotated[
        int | None,
        typer.Option(
            min=3,
            max=1000,
            help="Members from which on a count is told, in its steps. [default: 5]",
        ),
    ] = None,
    database: Database = "",
) -> int:
    """Write today's table of counts, for all members; it is the same all day.

    Whoever asks first makes it, be it a member at the server: a --least that comes after that is
    for no table of today, and exits with 1.

    Example: sidelight share seen count -o counts.json
    """
    library = open_library(database)
    from sidelight.exchange.seen import reports  # noqa: PLC0415 - not for --help
    from sidelight.exchange.seen.prevalence import USUAL, too_few  # noqa: PLC0415

    made = library.counts(least or USUAL, now())
    output.write_bytes(made.document)
    held = reports.read_table(made.document, output).least  # of whoever asked first today
    say(f"today's counts are in {output}, told from {held} members on, in steps of {held}")
    if why := too_few(made.members, held):
        say(f"none is told yet: {why}")
    if least in {None, held}:
        return 0
    late = f"--least {least} comes too late: today's table was made with {held}, and stays so"
    say(f"{late}; tomorrow, be the first to ask (days are of UTC)", err=True)
    return FOUND


def lookup(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="Today's counts.")],
    files: Files,
    group_key: GroupKey,
) -> int:
    """Say how many members have seen your values: at least so many, or fewer than are told.

    Exit code 1: some were seen by enough.

    Example: sidelight share seen lookup counts.json ours.txt --group-key members.key
    """
    from sidelight.exchange.secret import read_group_key  # noqa: PLC0415 - not for --help
    from sidelight.exchange.seen import reports  # noqa: PLC0415
    from sidelight.exchange.seen.filter import key_id  # noqa: PLC0415

    key, told = read_group_key(group_key), reports.read_table(bytes_of(table), table)
    if key_id(key) not in told.keys:
        fewer = f"fewer than {told.least} members, or none, report under key {key_id(key)}"
        say(f"{fewer}: this table tells nothing of it", err=True)
    values = hidden_only(values_of(files))
    seen = 0
    for value in values:
        shown = told.counts.get(reports.token(key, value))
        seen += shown is not None
        what = f"at least {shown} members" if shown else "too few to tell"
        say(f"{what}  {value.kind}  {value.text}")
    say(f"counts are told from {told.least} members on, in steps of {told.least}")
    return FOUND if seen else 0
