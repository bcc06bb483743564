"""``sidelight collect``: write what a host shows of its processes, for a later hunt."""

import os
import sys
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from sidelight.cli import exits
from sidelight.cli.interrupt import Interrupt, heeding
from sidelight.cli.outputs import refuse_homeless
from sidelight.errors import UsageError

Live = Annotated[bool, typer.Option("--live", help="Look at the processes of this host (Linux).")]
Ssh = Annotated[
    list[str] | None,
    typer.Option(metavar="HOST", help="Look at HOST over ssh; --output is a folder. Repeatable."),
]
Script = Annotated[
    bool,
    typer.Option(
        "--script", help="Print the collector as a program for Python 3.6 or newer instead."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to FILE, not standard output."),
]
Pids = Annotated[
    list[int] | None,
    typer.Option("--pid", min=1, max=(1 << 31) - 1, help="This process only. Repeatable."),
]
Share = Annotated[int, typer.Option(min=1, max=100, help="Percent of one processor it may take.")]
Shallow = Annotated[
    bool, typer.Option("--shallow", help="Read no memory of processes, only lists.")
]
Hashes = Annotated[
    bool, typer.Option("--hashes", help="Compare every file that is mapped with its package.")
]
Ptrace = Annotated[
    bool,
    typer.Option(
        "--ptrace", help="Stop running threads for a moment, to see in what code they are."
    ),
]


def collect_command(  # noqa: PLR0913
    live: Live = False,
    ssh: Ssh = None,
    script: Script = False,
    output: Output = None,
    pid: Pids = None,
    max_cpu: Share = 50,
    shallow: Shallow = False,
    hashes: Hashes = False,
    ptrace: Ptrace = False,
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
        flags = {"--shallow": shallow, "--hashes": hashes, "--ptrace": ptrace}
        words += [flag for flag, on in flags.items() if on]
        return heeding(lambda ctrl_c: _fetch(ssh, output, words, ctrl_c))
    else:
        chosen = (pid or None, not shallow, max_cpu, hashes, ptrace)
        return heeding(lambda ctrl_c: _collect(output, chosen, ctrl_c))
    return 0


def _fetch(hosts: list[str], output: Path | None, words: list[str], ctrl_c: Interrupt) -> int:
    from sidelight.cli import fleet  # noqa: PLC0415 - not for --help

    if output is None:
        raise UsageError("name a folder for what the hosts show", where="--output")
    refuse_homeless([output])
    output.mkdir(exist_ok=True)
    troubled = False
    with ctrl_c.heed(), closing(fleet.fetch(hosts, output, words)) as fetched:
        for number, one in enumerate(fetched, 1):
            fleet.say(f"{number} of {len(hosts)}: {one.host}: {one.trouble or one.file}")
            troubled |= bool(one.trouble)
    return exits.UNREADABLE if troubled else 0


def _collect(
    output: Path | None,
    options: tuple[list[int] | None, bool, int, bool, bool],
    ctrl_c: Interrupt,
) -> int:
    """Look at this host; *options* are those of `collect.collect`."""
    from sidelight.host import collect  # noqa: PLC0415

    machine = os.uname().machine if sys.platform.startswith("linux") else ""
    if not machine:
        raise UsageError("this system has no /proc as Linux has it", where="--live")
    if options[-1] and machine not in collect.REGISTERS:
        raise UsageError(f"knows x86_64 and aarch64, and this is {machine}", where="--ptrace")
    if output is not None:
        refuse_homeless([output])
    os.nice(19)
    with (
        ctrl_c.heed(),
        nullcontext(sys.stdout) if output is None else output.open("w", encoding="utf-8") as file,
    ):
        end = collect.collect(file, *options)
    denied = ", ".join(f"{name} of {count}" for name, count in end["denied"].items())
    typer.echo(
        f"{end['processes']} processes, {end['gone']} gone meanwhile, {end['cpu']} s of processor "
        f"time; denied: {denied or 'nothing'}",
        err=True,
    )
    if end["absent"]:
        typer.echo(f"sidelight: {collect.absence(end['absent'])}", err=True)
    return exits.UNREADABLE if end["absent"] else 0
