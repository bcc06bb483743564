"""Where connections are taken."""

import socket

import pytest

from sidelight.errors import UsageError
from sidelight.exchange import serving


def test_what_is_accepted_does_not_wait_for_receipts() -> None:
    with (
        serving._listen("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_address_that_is_taken_is_said() -> None:
    with serving._listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(UsageError, match="cannot be listened at"):
            serving._listen("127.0.0.1", port)
