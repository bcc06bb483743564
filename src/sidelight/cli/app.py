"""The commands and their options. Everything heavy is imported by the command that needs it."""

import os
import sys
from typing import Annotated, Final

import typer
from typer.core import TyperGroup

from sidelight import __version__
from sidelight.cli import intel_views
from sidelight.cli.allow import allow
from sidelight.cli.attribute import attribute
from sidelight.cli.baseline import baseline
from sidelight.cli.collect import collect_command
from sidelight.cli.exits import INTERRUPTED, UNHEARD, UNREADABLE, USAGE
from sidelight.cli.hunt import hunt_command
from sidelight.cli.intel import intel
from sidelight.cli.range import range_command
from sidelight.cli.read import read_command
from sidelight.cli.rules import rules
from sidelight.cli.serve import serve_command
from sidelight.cli.share import share
from sidelight.errors import EvidenceError, SidelightError


class _Group(TyperGroup):
    """The commands. Typer alone leaves without a word when Ctrl-C is pressed in one."""

    def invoke(self, ctx: object) -> object:
        """Run the command.

        Raises:
            Abort: Ctrl-C was pressed.
        """
        try:
            return super().invoke(ctx)  # type: ignore[arg-type]
        except KeyboardInterrupt:
            raise typer.Abort from None


app = typer.Typer(
    name="sidelight",
    cls=_Group,
    help="Find code that hides inside trusted programs, in the evidence of an operator's hosts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # else the help imports a Markdown renderer
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("hunt", short_help="Run rules over event logs, and show what was found.")(hunt_command)
app.command("collect", short_help="Look at this Linux host, and write what is seen.")(
    collect_command
)
app.command("range", short_help="Write logs with a labelled intrusion in them.")(range_command)
app.command("read", short_help="Read reports, and write a brief that ends in hunts.")(read_command)
app.command("serve", short_help="Serve TAXII 2.1 to allies, each by what it may see.")(
    serve_command
)
app.add_typer(rules, name="rules")
app.add_typer(allow, name="allow")
app.add_typer(baseline, name="baseline")
app.add_typer(intel, name="intel")
app.add_typer(attribute, name="attribute")
app.add_typer(share, name="share")
intel.command("path", short_help="Show how two things hang together.")(intel_views.path)
intel.command("graph", short_help="Draw actors, their tools and techniques.")(intel_views.graph)
intel.command("clusters", short_help="Show which entries would be one, if a name were enough.")(
    intel_views.show_clusters
)
intel.command("diff", short_help="Show what changed between two imports.")(intel_views.diff)
intel.command("sources", short_help="List imports, and who is cited how often.")(
    intel_views.sources
)
intel.command("accept", short_help="Take a spelling as a name of a thing, or take that back.")(
    intel_views.accept
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"sidelight {__version__}")
        raise typer.Exit


@app.callback()
def _sidelight(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version),
    ] = False,
) -> None:
    del version


_BAD_ARGUMENTS: Final[type[Exception]] = typer.BadParameter.__mro__[2]
"""What all errors of parsing arguments have in common; its module differs between versions."""


def run(arguments: list[str]) -> int:
    """Run one command; a person sees a sentence, never a traceback, for anything foreseen."""
    try:
        code = int(app(arguments, standalone_mode=False) or 0)
        sys.stdout.flush()
        return code
    except typer.Exit as error:
        return error.exit_code
    except _BAD_ARGUMENTS as error:
        error.show()  # type: ignore[attr-defined]
        return USAGE
    except (KeyboardInterrupt, typer.Abort):
        print("sidelight: interrupted", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:
        if not isinstance(error.__context__ or error, BrokenPipeError):
            raise
        _forget_output()  # the reader of a pipe has seen enough: `| head`
        return UNHEARD
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"sidelight: {where}{error.strerror or error}", file=sys.stderr)  # noqa: T201
        _forget_output()
        return USAGE
    except SidelightError as error:
        print(f"sidelight: {error}", file=sys.stderr)  # noqa: T201
        return UNREADABLE if isinstance(error, EvidenceError) else USAGE


def _forget_output() -> None:
    """Let nothing be written at exit that could not be written before."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    os.close(sink)
