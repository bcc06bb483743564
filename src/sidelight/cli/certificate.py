"""``sidelight share certificate``: say whom the certificate of a client stands for."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli.grants import DAY, Scopes, scopes_of, tell_ended, tell_grants
from sidelight.cli.libraries import (
    Database,
    now,
    open_library,
    operator,
    organisation_named,
)
from sidelight.cli.saying import say
from sidelight.errors import UsageError, reason_of

if TYPE_CHECKING:
    from sidelight.exchange.certificate import Kind

certificate = typer.Typer(
    help="Say whom certificates that clients show in TLS stand for.", no_args_is_help=True
)


@certificate.command("bind")
def bind(  # noqa: PLR0913 - options
    organisation: Annotated[str, typer.Argument(metavar="ORGANISATION", help="Name or id.")],
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Or program.")],
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="The certificate, in PEM; this one alone."),
    ] = None,
    name: Annotated[
        str,
        typer.Option(
            metavar="KIND:NAME",
            help="Any certificate with this sha256, dns, email, uri or subject.",
        ),
    ] = "",
    scope: Scopes = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days until the binding ends.")] = 365,
    database: Database = "",
) -> int:
    """Let in whoever shows a certificate, as PERSON of ORGANISATION.

    The server has to know who signed it: sidelight serve --client-ca FILE.

    Example: sidelight share certificate bind "Operator B" feed@b.example --name dns:feed.b.example
    """
    library = open_library(database)
    from sidelight.exchange.store import certificates  # noqa: PLC0415 - not for --help

    found = organisation_named(library.register(), organisation)
    kind, value = _named(file, name)
    at = now()
    ident = certificates.bind(
        library.engine,
        kind,
        value,
        found.id,
        person,
        scopes_of(scope),
        now=at,
        expires=at + days * DAY,
        actor=operator(),
    )
    say(f"{ident}  {kind}:{value}")
    return 0


@certificate.command("list")
def list_certificates(database: Database = "") -> int:
    """List bindings: which certificates, whose, what for, until when.

    Example: sidelight share certificate list
    """
    library = open_library(database)
    from sidelight.exchange.store import certificates  # noqa: PLC0415 - not for --help

    none = "no certificate is bound yet: sidelight share certificate bind ORGANISATION PERSON"
    bound = certificates.bindings(library.engine)
    tell_grants(library, bound, none, lambda each: f"{each.kind}:{each.name}")
    return 0


@certificate.command("revoke")
def revoke(
    ident: Annotated[str, typer.Argument(metavar="ID", help="As 'certificate list' shows it.")],
    database: Database = "",
) -> int:
    """End a binding at once, streams that are open with it, too.

    Example: sidelight share certificate revoke 5f1c0a7be2d4
    """
    library = open_library(database)
    from sidelight.exchange.store import certificates  # noqa: PLC0415 - not for --help

    done = certificates.revoke(library.engine, ident, now=now(), actor=operator())
    return tell_ended(done, ident, "binding")


def _named(file: Path | None, name: str) -> "tuple[Kind, str]":
    """Give the kind and the name that certificates are bound by.

    Raises:
        UsageError: there is none, or two.
    """
    from sidelight.exchange.certificate import (  # noqa: PLC0415 - not for --help
        KINDS,
        read_certificate,
        read_name,
    )

    if (file is None) == (not name):
        raise UsageError("give one of them", where="--file and --name")
    if file is not None:
        try:
            found = read_certificate(file.read_text(encoding="ascii"))
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot be read: {reason_of(error)}", where=str(file)) from None
        if found is None:
            raise UsageError("is no certificate in PEM", where=str(file))
        return "sha256", found.fingerprint
    before, _, text = name.partition(":")
    kind: Kind | None = next((each for each in KINDS if each == before), None)
    value = read_name(before, text)
    if kind is None or value is None:
        hint = f"write KIND:NAME, where KIND is one of {', '.join(KINDS)}"
        raise UsageError("is no name of a certificate", where=name, hint=hint)
    return kind, value
