"""``sidelight range``: write a labelled intrusion to practise on."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from sidelight.errors import UsageError
from sidelight.plural import many


def range_command(  # noqa: PLR0913
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write; must be new.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 2024,
    days: Annotated[int, typer.Option(help="Days of background.")] = 7,
    hosts: Annotated[int, typer.Option(help="Hosts in all, six or more.")] = 6,
    events: Annotated[int, typer.Option(help="Events of background, roughly.")] = 60_000,
    attack: Annotated[bool, typer.Option(help="Let the intrusion take place.")] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace a folder made before.")] = False,
) -> int:
    """Write the logs of a small operator and, in them, a labelled intrusion.

    Events only: nothing executable is made. What was planted is in truth.json.

    Example: sidelight range practice --days 3 && sidelight hunt practice
    """
    from sidelight.training.range import RangeOptions, write_range  # noqa: PLC0415

    options = RangeOptions(seed=seed, days=days, hosts=hosts, events=events, attack=attack)
    if out.exists() and (not force or not (out / "truth.json").is_file()):
        raise UsageError(
            "exists already", where=str(out), hint="--force replaces a range written before"
        )
    part = out.with_name(f".{out.name}.sidelight-part")
    shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
    try:
        report = replace(write_range(options, part), folder=out)
        if out.exists():
            shutil.rmtree(out)
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    typer.echo(
        f"{many(report.files, 'file')}, {many(report.events, 'event')}, {report.size / 1e6:.1f} MB "
        f"in {report.folder}; {len(report.steps)} labelled steps in truth.json",
        err=True,
    )
    return 0
