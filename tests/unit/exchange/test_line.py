"""Slow callers, against a server that loses patience in tenths of a second."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.server import ServerState

from sidelight.exchange.limits import Limits
from sidelight.exchange.line import Door, Line, Patience

PATIENCE = Patience(head=0.4, read=0.4, look=0.1, linger=0.2)
BIG = 30 << 20


async def app(scope: Any, receive: Any, send: Any) -> None:
    size = BIG if scope["path"] == "/big" else 2
    if scope["path"] == "/slow":
        while (await receive()).get("more_body"):
            pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(0, size, 1 << 16):
        await send(
            {"type": "http.response.body", "body": b"x" * min(size, 1 << 16), "more_body": True}
        )
    await send({"type": "http.response.body", "body": b""})


@dataclass
class Host:
    port: int
    door: Door

    def plug(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)


@contextlib.contextmanager
def served(limits: Limits) -> Iterator[Host]:
    door = Door(limits, PATIENCE)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=partial(Line, door),  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=4096,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield Host(listener.getsockname()[1], door)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def line() -> Iterator[Host]:
    with served(Limits()) as made:
        yield made


def rest(plug: socket.socket) -> bytes:
    got = b""
    with contextlib.suppress(ConnectionResetError):
        while some := plug.recv(65536):
            got += some
    return got


def test_who_says_nothing_is_hung_up_on(line: Host) -> None:
    with line.plug() as plug:
        began = time.monotonic()
        assert rest(plug) == b""
        assert time.monotonic() - began < 3


def test_a_head_that_trickles_is_408_however_busy_it_looks(line: Host) -> None:
    with line.plug() as plug:
        plug.sendall(b"GET / HTTP/1.1\r\n")
        began, got = time.monotonic(), b""
        plug.settimeout(0.05)
        while time.monotonic() - began < 5 and b"}" not in got:
            with contextlib.suppress(OSError):
                plug.sendall(b"A: b\r\n")
            with contextlib.suppress(TimeoutError):
                got += plug.recv(65536)
        assert got.startswith(b"HTTP/1.1 408 ")
        assert b'"http_status":"408"' in got


def test_a_body_that_nobody_reads_does_not_hold_the_line(line: Host) -> None:
    def trickle(plug: socket.socket) -> None:
        while time.monotonic() - began < 5:
            plug.sendall(b"5\r\nabcde\r\n")
            time.sleep(0.02)

    with line.plug() as plug:
        plug.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        began = time.monotonic()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            trickle(plug)


def test_who_does_not_read_is_cut_off(line: Host) -> None:
    with line.plug() as plug:
        plug.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(1.5)
        assert len(rest(plug)) < BIG


def test_who_reads_slowly_but_reads_gets_all(line: Host) -> None:
    with line.plug() as plug:
        plug.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got, began = 0, time.monotonic()
        while some := plug.recv(1 << 20):
            got += len(some)
            time.sleep(0.02)
        assert got > BIG
        assert time.monotonic() - began > PATIENCE.read


class Pipe(asyncio.Transport):
    """Holds what was written, and remembers how it ended."""

    ended = ""

    def get_write_buffer_size(self) -> int:
        return 50_000

    def is_closing(self) -> bool:
        return bool(self.ended)

    def abort(self) -> None:
        self.ended = "cut off"


@pytest.mark.parametrize(("takes", "ended"), [(True, ""), (False, "cut off")])
def test_a_buffer_that_is_as_full_as_before_was_emptied_meanwhile_or_was_not(
    takes: bool, ended: str
) -> None:
    """A stream fills it again as fast as somebody takes from it."""
    loop, pipe = asyncio.new_event_loop(), Pipe()
    config = uvicorn.Config(app, lifespan="off", log_config=None)
    line = Line(
        Door(Limits(), PATIENCE),
        config=config,
        server_state=ServerState(),
        app_state={},
        _loop=loop,
    )
    line.transport, line.flow = pipe, FlowControl(pipe)
    for _ in range(5):
        line._look()
        if takes:
            line.resume_writing()
    loop.close()
    assert pipe.ended == ended


def test_who_asks_now_and_then_keeps_the_line(line: Host) -> None:
    with line.plug() as plug:
        for _ in range(10):
            plug.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            got = b""
            while not got.endswith(b"0\r\n\r\n"):
                got += plug.recv(65536)
            time.sleep(0.15)


def test_one_connection_too_many_is_503_and_the_next_is_let_in() -> None:
    with served(Limits(address_connections=2)) as line, line.plug() as one:
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert one.recv(65536)
        with line.plug() as two, line.plug() as three:
            assert b"HTTP/1.1 503" in rest(three)[:20]
            two.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert two.recv(65536).startswith(b"HTTP/1.1 200")
        deadline = time.monotonic() + 5
        while line.door._inside.total() > 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert line.door._inside == {"127.0.0.1": 1}


def test_all_connections_together_have_a_limit() -> None:
    door = Door(Limits(connections=2))
    assert [door.enter(each) for each in "abc"] == ["", "", "too many connections"]
    door.leave("c")
    door.leave("a")
    assert door.enter("d") == ""
