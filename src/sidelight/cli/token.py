"""``sidelight share token``: let people and programs of an organisation in."""

from typing import Annotated

import typer

from sidelight.cli.grants import DAY, Scopes, scopes_of, tell_ended, tell_grants
from sidelight.cli.libraries import Database, now, open_library, operator, organisation_named

token = typer.Typer(help="Let people and programs of an ally in.", no_args_is_help=True)


@token.command("issue")
def issue(
    organisation: Annotated[str, typer.Argument(metavar="ORGANISATION", help="Name or id.")],
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Whose token it is.")],
    scope: Scopes = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days until it ends.")] = 90,
    database: Database = "",
) -> int:
    """Make a token and print it, this once; it lets in as Bearer, or as password of PERSON.

    Example: sidelight share token issue "Operator B" alice@b.example --scope read
    """
    library = open_library(database)
    from sidelight.exchange.store import tokens  # noqa: PLC0415 - not for --help

    found = organisation_named(library.register(), organisation)
    at = now()
    text = tokens.issue(
        library.engine,
        found.id,
        person,
        scopes_of(scope),
        now=at,
        expires=at + days * DAY,
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
    from sidelight.exchange.store import tokens  # noqa: PLC0415 - not for --help

    none = "no token was issued yet: sidelight share token issue ORGANISATION PERSON"
    tell_grants(library, tokens.issued(library.engine), none)
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

    done = tokens.revoke(library.engine, ident, now=now(), actor=operator())
    return tell_ended(done, ident, "token")
