"""Runs the edge on uvicorn until it is told to stop."""

import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import uvicorn

from sidelight.errors import UsageError
from sidelight.exchange.edge import Edge, make_app
from sidelight.exchange.line import Door, Line

_FILES: Final = 256
"""Files that a process has open besides its connections."""


def serve(  # noqa: PLR0913 - what, where, under which certificate
    edge: Edge,
    host: str,
    port: int,
    certificate: Path | None,
    private_key: Path | None,
    say: Callable[[str], None],
) -> None:
    """Serve until SIGINT or SIGTERM; *say* is told the address when connections are taken.

    Raises:
        UsageError: the address is taken, or the certificate cannot be used.
    """
    listener = _listen(host, port)
    _open_files(edge.limits.connections)
    config = uvicorn.Config(
        make_app(edge),
        http=partial(Line, Door(edge.limits)),  # type: ignore[arg-type] # it is called, no more
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ssl_certfile=str(certificate) if certificate else None,
        ssl_keyfile=str(private_key) if private_key else None,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=32 << 10,
    )
    try:
        config.load()
    except OSError as error:
        reason = f"cannot be used: {error.strerror or error}"
        raise UsageError(reason, where="--cert and --key") from None
    scheme = "https" if certificate else "http"
    shown, at = listener.getsockname()[:2]
    say(f"serving {scheme}://{f'[{shown}]' if ':' in shown else shown}:{at}/taxii2/")
    uvicorn.Server(config).run(sockets=[listener])


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
