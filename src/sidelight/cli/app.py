"""The commands and their options. Everything heavy is imported by the command that needs it."""

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Annotated, Final

import typer
from typer.core import TyperGroup

from sidelight import __version__
from sidelight.cli.exits import INTERRUPTED, UNHEARD, UNREADABLE, USAGE
from sidelight.errors import EvidenceError, SidelightError

VERBS: Final[Mapping[str, tuple[str, str]]] = {
    "hunt": (
        "hunt:hunt_command",
        "Run rules over event logs, and show what was found.",
    ),
    "collect": (
        "collect:collect_command",
        "Look at this Linux host, and write what is seen.",
    ),
    "range": (
        "range:range_command",
        "Write logs with a labelled intrusion in them.",
    ),
    "read": (
        "read:read_command",
        "Read reports, and write a brief that ends in hunts.",
    ),
    "serve": (
        "serve:serve_command",
        "Serve TAXII 2.1 to allies, each by what it may see.",
    ),
    "rules": (
        "rules:rules",
        "Install, list, show, check and test rules.",
    ),
    "allow": (
        "allow:allow",
        "Vouch for what is known, so that hunts hide and count it.",
    ),
    "baseline": (
        "baseline:baseline",
        "Remember which programs load which libraries, and compare.",
    ),
    "intel": (
        "intel_views:intel",
        "Build a knowledge base of actors, tools and techniques, and ask it.",
    ),
    "attribute": (
        "attribute:attribute",
        "Say whom findings resemble, how sure that is, and add what you know.",
    ),
    "share": (
        "share:share",
        "Share with allies, and know who will see what.",
    ),
}
"""Where each verb is, and what the list of them says of it."""


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


def app(*verbs: str) -> typer.Typer:
    """Give the command line with what *verbs* do; it only lists the others.

    Args:
        verbs: to import; a verb's modules are most of what starting takes.
    """
    made = typer.Typer(
        name="sidelight",
        cls=_Group,
        help="Find code that hides inside trusted programs, in the evidence of an operator's"
        " hosts.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # else the help imports a Markdown renderer
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback()(_sidelight)
    for name, (place, text) in VERBS.items():
        what = _found(place) if name in verbs else _verb
        if isinstance(what, typer.Typer):
            made.add_typer(what, name=name)
        else:
            made.command(name, short_help=text)(what)
    return made


def _found(place: str) -> typer.Typer | Callable[..., int]:
    module, _, attribute = place.partition(":")
    found: typer.Typer | Callable[..., int] = getattr(
        import_module(f"sidelight.cli.{module}"), attribute
    )
    return found


def whole() -> typer.Typer:
    """Give the command line with all that it can do."""
    return app(*VERBS)


def _verb() -> int:
    """Stand for a verb that was not asked for."""
    return USAGE


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"sidelight {__version__}")
        raise typer.Exit


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
        # The verb comes first: what stands before it are options without values.
        verb = next((each for each in arguments if not each.startswith("-")), "")
        code = int(app(verb)(arguments, standalone_mode=False) or 0)
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
        print(f"sidelight: {where}{error.strerror or error}{_missing(error)}", file=sys.stderr)  # noqa: T201
        _forget_output()
        return USAGE
    except SidelightError as error:
        print(f"sidelight: {error}", file=sys.stderr)  # noqa: T201
        return UNREADABLE if isinstance(error, EvidenceError) else USAGE


def _missing(error: OSError) -> str:
    """Say so where it is the folder of a file that is not there."""
    if not isinstance(error, FileNotFoundError) or not isinstance(error.filename, str):
        return ""
    folder = os.path.dirname(error.filename) or os.curdir
    return "" if os.path.exists(folder) else f" (nor is there the folder {folder})"


def _forget_output() -> None:
    """Let nothing be written at exit that could not be written before."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    os.close(sink)
