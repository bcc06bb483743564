"""``sidelight share audit``: what was done on a server, and that nobody changed the record."""

import re
from typing import Annotated, Final

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.libraries import Database, open_library
from sidelight.errors import UsageError
from sidelight.output.plain import plain

_HASH: Final = re.compile("[0-9a-f]{64}")

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
        typer.echo(f"entry {chain.broken} of {chain.length} does not fit the one before it")
        return FOUND
    if head and head not in {log.START, *(each.hash for each in log.entries(library.engine))}:
        typer.echo(f"{chain.length} entries fit, but none has this hash: some were cut off")
        return FOUND
    typer.echo(f"{chain.length} entries fit; the last is {chain.head}")
    return 0


@audit.command("list")
def list_entries(database: Database = "") -> int:
    """List what was done: when, by whom, what.

    Example: sidelight share audit list
    """
    library = open_library(database)
    from sidelight.exchange import instants  # noqa: PLC0415 - not for --help
    from sidelight.exchange.store import audit as log  # noqa: PLC0415

    for each in log.entries(library.engine):
        line = f"{each.number}  {instants.show(each.at)}  {each.actor}  {each.action}  "
        typer.echo(plain(line + each.detail))
    return 0
