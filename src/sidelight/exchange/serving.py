"""Runs the edge on uvicorn until it is told to stop."""

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

import uvicorn

from sidelight.errors import UsageError
from sidelight.exchange.certificate import Revocations, read_revocations
from sidelight.exchange.edge import Edge, make_app
from sidelight.exchange.line import Door, Line
from sidelight.exchange.rereading import Looking, Source, rereading
from sidelight.values import dataclass

_FILES: Final = 256
"""Files that a process has open besides its connections."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """What TLS works with.

    Args:
        certificate: file with the chain of the server.
        key: file with its private key.
        client_authority: file with the authorities that certificates of clients may be of.
        revoked: file with their revocation lists; a list that is out of date lets nobody in.
        required: whether who shows no certificate is hung up on.
    """

    certificate: Path
    key: Path
    client_authority: Path | None = None
    revoked: Path | None = None
    required: bool = False


def serve(  # noqa: PLR0913 - what, where, how, and what else may change
    edge: Edge,
    host: str,
    port: int,
    encryption: Encryption | None,
    say: Callable[[str], None],
    sources: Sequence[Looking] = (),
) -> None:
    """Serve until SIGINT or SIGTERM; *say* is told the address when connections are taken.

    *sources* are looked at again meanwhile, and so are the files of *encryption*.

    Raises:
        UsageError: the address is taken, or a certificate cannot be used.
    """
    context, more = _encrypted(encryption, edge.door) if encryption else (None, [])
    listener = _listen(host, port)
    _open_files(edge.limits.connections)
    config = uvicorn.Config(
        make_app(edge),
        http=partial(Line, edge.door),  # type: ignore[arg-type] # it is called, no more
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=32 << 10,
    )
    config.load()
    config.ssl = context  # ours: it knows of revocation lists
    scheme = "https" if context else "http"
    shown, at = listener.getsockname()[:2]
    say(f"serving {scheme}://{f'[{shown}]' if ':' in shown else shown}:{at}/taxii2/")
    with rereading([*sources, *more]):
        uvicorn.Server(config).run(sockets=[listener])


@dataclass(frozen=True, slots=True)
class _Trust:
    """What TLS goes by at a time."""

    context: ssl.SSLContext
    authorities: bytes
    revocations: Revocations | None


def _encrypted(encryption: Encryption, door: Door) -> tuple[ssl.SSLContext, list[Source[_Trust]]]:
    """Give the context to listen with, and what reads its files again."""

    def take(trust: _Trust) -> None:
        if trust.revocations:
            door.revoke(trust.revocations)
        if trust.authorities != source.value.authorities:
            door.renew()

    named = (encryption.certificate, encryption.key)
    lists = (encryption.client_authority, encryption.revoked)
    files = {*named, *(each for each in lists if each)}
    source = Source(partial(_trust, encryption), lambda _: files, take)
    door.revocations = source.value.revocations
    listening = _context(encryption)

    def newest(connection: ssl.SSLSocket | ssl.SSLObject, *rest: object) -> None:
        del rest
        connection.context = source.value.context

    # It is called for each connection, whether or not the client names a server.
    listening.sni_callback = newest
    return listening, [source]


def _trust(encryption: Encryption) -> _Trust:
    revocations, authorities = None, b""
    if encryption.client_authority:
        with _used("--client-ca"):
            authorities = encryption.client_authority.read_bytes()
    if encryption.revoked:
        with _used("--client-crl"):
            revocations = read_revocations(encryption.revoked.read_bytes())
    return _Trust(_context(encryption), authorities, revocations)


def _context(encryption: Encryption) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with _used("--cert and --key"):
        # A key that is encrypted is refused: nobody is there to be asked for its password.
        context.load_cert_chain(encryption.certificate, encryption.key, password=lambda: "")
    if encryption.client_authority:
        # A ticket of TLS 1.3 is dated anew each time: it would outlast what it was given for.
        context.num_tickets = 0
        with _used("--client-ca"):
            context.load_verify_locations(encryption.client_authority)
        context.verify_mode = ssl.CERT_REQUIRED if encryption.required else ssl.CERT_OPTIONAL
    if encryption.revoked:
        with _used("--client-crl"):
            context.load_verify_locations(encryption.revoked)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context


@contextmanager
def _used(option: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot be used: {reason}", where=option) from None


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=512)
        # Taken over by what is accepted. asyncio sets it only where the socket names its protocol;
        # without it, the body of a response waits 40 ms for the receipt of its head.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        reason = f"cannot be listened at: {error.strerror or error}"
        raise UsageError(reason, where=f"{host}:{port}") from None
    return listener


def _open_files(connections: int) -> None:
    """Let the process have as many connections open as are to be had, where that can be."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on Windows

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = connections + _FILES
        if hard != resource.RLIM_INFINITY:
            wanted = min(wanted, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
