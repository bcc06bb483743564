"""``sidelight collect``: write what a host shows of its processes, for a later hunt."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from sidelight.cli import exits
from sidelight.errors import UsageError


def collect_command(  # noqa: PLR0913
    live: Annotated[
        bool, typer.Option("--live", help="Look at the processes of this host (Linux).")
    ] = False,
    ssh: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST", help="Look at HOST over ssh; --output is a folder. Repeatable."
        ),
    ] = None,
    script: Annotated[
        bool,
        typer.Option(
            "--script", help="Print the collector as a program for Python 3.6 or newer instead."
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to FILE, not standard output."),
    ] = None,
    pid: Annotated[
        list[int] | None, typer.Option("--pid", help="This process only. Repeatable.")
    ] = None,
    max_cpu: Annotated[
        int, typer.Option(min=1, max=100, help="Percent of one processor it may take.")
    ] = 50,
    shallow: Annotated[
        bool, typer.Option("--shallow", help="Read no memory of processes, only lists.")
    ] = False,
) -> int:
    """Write what this host shows of its processes as JSON lines, which hunt reads.

    Nothing is judged here, and nothing is changed: see the safety contract in the documentation.

    Example: sidelight collect --live -o host.jsonl && sidelight hunt host.jsonl
    """
    if live + script + bool(ssh) != 1:
        raise UsageError("say one of --live, --ssh HOST and --script")
    if script:
        from sidelight.host import collect  # noqa: PLC0415 - not for --help

        sys.stdout.write(Path(collect.__file__).read_text(encoding="utf-8"))
    elif ssh:
        words = [f"--max-cpu={max_cpu}", *(f"--pid={one}" for one in pid or [])]
        return _fetch(ssh, output, [*words, "--shallow"] if shallow else words)
    else:
        _collect(output, pid or None, max_cpu, deep=not shallow)
    return 0


def _fetch(hosts: list[str], output: Path | None, words: list[str]) -> int:
    from sidelight.cli import fleet  # noqa: PLC0415 - not for --help

    if output is None:
        raise UsageError("name a folder for what the hosts show", where="--output")
    output.mkdir(parents=True, exist_ok=True)
    troubled = False
    for number, one in enumerate(fleet.fetch(hosts, output, words), 1):
        fleet.say(f"{number} of {len(hosts)}: {one.host}: {one.trouble or one.file}")
        troubled |= bool(one.trouble)
    return exits.UNREADABLE if troubled else 0


def _collect(output: Path | None, pids: list[int] | None, max_cpu: int, *, deep: bool) -> None:
    from sidelight.host import collect  # noqa: PLC0415

    if not sys.platform.startswith("linux"):
        raise UsageError("this system has no /proc as Linux has it", where="--live")
    os.nice(19)
    if output is None:
        end = collect.collect(sys.stdout, pids, deep, max_cpu)
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("w", encoding="utf-8") as file:
            end = collect.collect(file, pids, deep, max_cpu)
    denied = ", ".join(f"{name} of {count}" for name, count in end["denied"].items())
    typer.echo(
        f"{end['processes']} processes, {end['gone']} gone meanwhile, {end['cpu']} s of processor "
        f"time; denied: {denied or 'nothing'}",
        err=True,
    )
