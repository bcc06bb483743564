"""``sidelight share token``: let people and programs of an organisation in."""

from enum import Enum
from typing import Annotated

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.libraries import Database, now, open_library, operator, organisation_named
from sidelight.cli.saying import say

token = typer.Typer(help="Let people and programs of an ally in.", no_args_is_help=True)

_DAY: int = 86_400 * 1_000_000


class Scope(Enum):
    """What a token is good for."""

    READ = "read"
    WRITE = "write"


@token.command("issue")
def issue(
    organisation: Annotated[str, typer.Argument(metavar="ORGANISATION", help="Name or id.")],
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Whose token it is.")],
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it is good for; all. Repeatable.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days until it ends.")] = 90,
    database: Database = "",
) -> int:
    """Make a token and print it, this once; it lets in as Bearer, or as password of PERSON.

    Example: sidelight share token issue "Operator B" alice@b.example --scope read
    """
    library = open_library(database)
    from sidelight.exchange.store import tokens  # noqa: PLC0415 - not for --help

    found = organisation_named(library.register(), organisation)
    scopes = frozenset(each.value for each in scope or Scope)
    at = now()
    text = tokens.issue(
        library.engine,
        found.id,
        person,
        scopes,
        now=at,
        expires=at + days * _DAY,
        actor=operator(),
    )
    typer.echo(text)
    return 0


@token.command("list")
def list_tokens(database: Database = "") -> int:
    """List tokens: whose, what for, until when. Their secrets are not kept.

    Example: sidelight share token list
    """
    library = open_library(database)
    from sidelight.exchange import instants  # noqa: PLC0415 - not for --help
    from sidelight.exchange.store import tokens  # noqa: PLC0415

    names = {each.id: each.name for each in library.register().alliances.organisations.values()}
    at = now()
    for each in tokens.issued(library.engine):
        state = "revoked" if each.revoked else "expired" if at >= each.expires else "holds"
        who = f"{names.get(each.organisation, each.organisation)}  {each.person}"
        until = instants.show(each.expires)[:10]
        say(f"{each.id}  {state}  {who}  {' '.join(sorted(each.scopes))}  {until}")
    return 0


@token.command("revoke")
def revoke(
    ident: Annotated[str, typer.Argument(metavar="ID", help="As 'token list' shows it.")],
    database: Database = "",
) -> int:
    """End a token at once, streams that are open with it, too.

    Example: sidelight share token revoke 5f1c0a7be2d4
    """
    library = open_library(database)
    from sidelight.exchange.store import tokens  # noqa: PLC0415 - not for --help

    if tokens.revoke(library.engine, ident, now=now(), actor=operator()):
        say(f"{ident} is revoked")
        return 0
    say(f"{ident} is no token that holds", err=True)
    return FOUND
