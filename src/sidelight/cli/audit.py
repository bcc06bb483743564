"""``sidelight share audit``: what was done on a server, and that nobody changed the record."""

import json
import re
from enum import Enum
from typing import Annotated, Final

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.libraries import Database, open_library
from sidelight.cli.moments import Since, Until, moment
from sidelight.cli.names import names_of
from sidelight.cli.saying import say
from sidelight.errors import UsageError
from sidelight.plural import many

_HASH: Final = re.compile("[0-9a-f]{64}")


class Shape(Enum):
    """How entries are written."""

    TEXT = "text"
    JSONL = "jsonl"


audit = typer.Typer(help="Read the audit log, and prove it whole.", no_args_is_help=True)


@audit.command("verify")
def verify(
    head: Annotated[
        str,
        typer.Option(metavar="HASH", help="A last hash kept elsewhere: it must be in the chain."),
    ] = "",
    database: Database = "",
) -> int:
    """Follow the chain of hashes; exit 1 if an entry was changed, removed or put in.

    Keep the last hash elsewhere, and give it as --head: that shows entries cut off at the end.

    Example: sidelight share audit verify
    """
    head = head.strip().lower()
    if head and not _HASH.fullmatch(head):
        raise UsageError("is no hash: it has 64 digits, 0 to 9 and a to f", where="--head")
    library = open_library(database)
    from sidelight.exchange.store import audit as log  # noqa: PLC0415 - not for --help

    chain = log.verify(library.engine)
    if chain.broken is not None:
        say(f"entry {chain.broken} of {chain.length} does not fit the one before it")
        return FOUND
    if head and head not in {log.START, *(each.hash for each in log.entries(library.engine))}:
        say(f"{chain.length} entries fit, but none has this hash: some were cut off")
        return FOUND
    fit = f"{many(chain.length, 'entry fits', 'entries fit')}"
    say(f"{fit}; the last is {chain.head}")
    return 0


@audit.command("list")
def list_entries(  # noqa: PLR0913 - options
    since: Since = "",
    until: Until = "",
    who: Annotated[
        str, typer.Option(metavar="TEXT", help="Only of whom this is in the name or id.")
    ] = "",
    what: Annotated[
        str,
        typer.Option(metavar="TEXT", help="Only what this is in: an action, an id, a name."),
    ] = "",
    format_: Annotated[
        Shape, typer.Option("--format", "-f", help="Lines for people, or JSON lines.")
    ] = Shape.TEXT,
    database: Database = "",
) -> int:
    """List what was done: when, what, by whom, with names beside ids; times are of UTC.

    Tokens, bindings and the register are made by whoever runs the server: of a member, --what
    finds those, and --who only what it did itself.

    Example: sidelight share audit list --since 2h --who "Operator A" --what add
    """
    first, last = moment(since, "--since"), moment(until, "--until")
    library = open_library(database)
    from sidelight.cli.audit_entries import (  # noqa: PLC0415 - not for --help
        is_about,
        is_by,
        lines_of,
        record_of,
    )
    from sidelight.exchange.store import audit as log  # noqa: PLC0415

    names, shown, total = names_of(library), 0, 0
    for each in log.entries(library.engine, since=first, until=last):
        total += 1
        if not (is_by(each, who, names) and is_about(each, what, names)):
            continue
        shown += 1
        if format_ is Shape.JSONL:
            typer.echo(json.dumps(record_of(each, names)))
        else:
            for line in lines_of(each, names):
                say(line)
    if not shown:
        say(_none(total, bool(since or until), who, what), err=True)
    return 0


def _none(total: int, timed: bool, who: str, what: str) -> str:
    """Say why no entry is shown."""
    if total:
        asked = [f"by {who}" if who else "", f"about {what}" if what else ""]
        entries = many(total, "entry", "entries")
        return f"none of {entries} is {' and '.join(each for each in asked if each)}"
    if timed:
        return "nothing was done between --since and --until"
    return "nothing was done here yet: the log begins with the first 'share apply'"
