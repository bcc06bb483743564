"""Ports at which nobody listens yet."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reserved() -> Iterator[int]:
    """Give a port that nobody else is given meanwhile; a server may listen at it all the same.

    So it is with Linux, where two sockets may have one address while at most one of them listens
    and both allow it (socket(7), SO_REUSEADDR). Elsewhere the port is free, no more.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        if sys.platform != "linux":
            held.close()
        yield port
