"""``sidelight serve``: the server that allies share over."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sidelight.cli.fetching import fetched, is_safe
from sidelight.cli.hook import delivering
from sidelight.cli.libraries import (
    Database,
    need_exchange,
    now,
    open_library,
    organisation_named,
)
from sidelight.cli.saying import say
from sidelight.errors import UsageError

if TYPE_CHECKING:
    from joserfc.jwk import Key

    from sidelight.exchange.keyring import Keyring
    from sidelight.exchange.limits import Limits
    from sidelight.exchange.register import Register
    from sidelight.exchange.rereading import Source
    from sidelight.exchange.serving import Encryption
    from sidelight.exchange.store.library import Library

_KEYS_S: Final = 5
_MOST_KEYS: Final = 1 << 20


def serve_command(  # noqa: PLR0913 - options
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any.")] = 6100,
    certificate: Annotated[
        Path | None,
        typer.Option("--cert", metavar="FILE", help="Certificate chain, for TLS."),
    ] = None,
    private_key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Its private key.")
    ] = None,
    database: Database = "",
    title: Annotated[str, typer.Option(help="What the server calls itself.")] = (
        "Sidelight exchange"
    ),
    contact: Annotated[str, typer.Option(help="Who answers for it.")] = "",
    max_body: Annotated[
        int, typer.Option("--max-body", min=1024, help="Octets that a request may have.")
    ] = 10 << 20,
    client_ca: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Authorities of certificates that clients may show."),
    ] = None,
    client_crl: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Their revocation lists, all in force.")
    ] = None,
    require_client_cert: Annotated[
        bool,
        typer.Option("--require-client-cert", help="Hang up on who shows no certificate."),
    ] = False,
    issuers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Issuers whose bearer tokens (OIDC) are believed."),
    ] = None,
    limits: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="How much organisations and addresses may ask for."),
    ] = None,
) -> int:
    """Serve TAXII 2.1 to allies; each gets what the policy lets it have, and nothing else.

    Certificates, revocation lists, limits and issuers are read again when their files change.
    Everybody needs a token or a certificate. Outside this machine it is TLS only.

    Example: sidelight serve --host 0.0.0.0 --cert chain.pem --key key.pem
    """
    check_exposure(host, certificate, private_key)
    tls = _encryption(certificate, private_key, client_ca, client_crl, require_client_cert)
    from sidelight.exchange.edge import Edge  # noqa: PLC0415 - not for --help
    from sidelight.exchange.serving import serve  # noqa: PLC0415

    library = open_library(database, make=True)
    register = library.register()
    if not register.collections:
        hint = "write one, then: sidelight share apply FILE"
        raise UsageError("has no register of allies yet", where="serve", hint=hint)
    allowed, believed = _sources(limits, issuers, library)
    edge = Edge(library, now, title, contact, max_body, allowed.value, believed.value)
    allowed.take, believed.take = edge.limit, edge.believe
    with delivering(library):
        serve(edge, host, port, tls, lambda text: say(text, err=True), (allowed, believed))
    return 0


def _sources(
    limits: Path | None, issuers: Path | None, library: "Library"
) -> "tuple[Source[Limits], Source[dict[str, Keyring]]]":
    """Read limits and issuers, so that they are read again when they change."""
    from sidelight.exchange.rereading import Source  # noqa: PLC0415 - not for --help

    return (
        Source(lambda: _limits(limits, library.register()), lambda _: [limits] if limits else []),
        Source(
            lambda: _keyrings(issuers, library.register()),
            lambda found: _key_files(issuers, found),
        ),
    )


def _limits(path: Path | None, register: "Register") -> "Limits":
    from sidelight.exchange.limits import Limits, read_limits  # noqa: PLC0415 - not for --help

    if path is None:
        return Limits()
    found = read_limits(_text(path), str(path))
    for name in found.organisations:
        organisation_named(register, name)
    return found


def _keyrings(path: Path | None, register: "Register") -> "dict[str, Keyring]":
    if path is None:
        return {}
    from sidelight.exchange.issuer import read_issuers  # noqa: PLC0415 - not for --help
    from sidelight.exchange.keyring import Keyring, read_keys  # noqa: PLC0415

    found = {}
    for issuer in read_issuers(_text(path), str(path)):
        for grant in issuer.grants:
            organisation_named(register, grant.organisation)
        keys: tuple[Key, ...] = ()
        if issuer.jwks_file:
            file = path.parent / issuer.jwks_file
            keys = read_keys(_text(file).encode(), str(file))
        elif not is_safe(issuer.jwks_url):
            raise UsageError("only https keeps keys from being exchanged", where=issuer.jwks_url)
        found[issuer.name] = Keyring(issuer, _keys_at, keys)
    return found


def _key_files(issuers: Path | None, found: "Mapping[str, Keyring]") -> list[Path]:
    if issuers is None:
        return []
    named = [each.issuer.jwks_file for each in found.values()]
    return [issuers, *(issuers.parent / each for each in named if each)]


def _keys_at(url: str) -> bytes:
    with fetched(url, what="keys", hint="give jwks_file", timeout_s=_KEYS_S) as path:
        if path.stat().st_size > _MOST_KEYS:
            raise UsageError("is no set of keys: it is too large", where=url)
        return path.read_bytes()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(path)) from None


def check_exposure(host: str, certificate: Path | None, private_key: Path | None) -> None:
    """Make sure that nothing is said in the clear outside this machine.

    Raises:
        UsageError: *host* is not of this machine alone, and there is no TLS.
    """
    if (certificate is None) != (private_key is None):
        raise UsageError("go together", where="--cert and --key")
    if certificate is None and not _is_loopback(host):
        hint = "give --cert and --key, or listen at 127.0.0.1 behind something that does TLS"
        raise UsageError(f"{host} is not this machine alone, so TLS is needed", hint=hint)


def _encryption(
    certificate: Path | None,
    private_key: Path | None,
    authority: Path | None,
    revoked: Path | None,
    required: bool,
) -> "Encryption | None":
    """Say what TLS works with.

    Raises:
        UsageError: what is said of certificates of clients cannot be kept.
    """
    if authority and certificate is None:
        raise UsageError("needs TLS: give --cert and --key", where="--client-ca")
    if (revoked or required) and authority is None:
        raise UsageError("is needed with this", where="--client-ca")
    need_exchange("sqlalchemy", "alembic", "litestar", "uvicorn", "joserfc")
    from sidelight.exchange.serving import Encryption  # noqa: PLC0415 - not for --help

    if certificate is None or private_key is None:
        return None
    return Encryption(certificate, private_key, authority, revoked, required)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
