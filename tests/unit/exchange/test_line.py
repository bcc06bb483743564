"""Slow callers, against a server that loses patience in tenths of a second."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.server import ServerState

from patience import PATIENCE_S, until
from sidelight.exchange.limits import Limits
from sidelight.exchange.line import Door, Line, Patience

SHORT = Patience(head=0.4, read=0.4, look=0.1, linger=0.2)
LONGER = Patience(head=2, read=2, look=0.1, linger=0.2)
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
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)


@contextlib.contextmanager
def served(limits: Limits, patience: Patience) -> Iterator[Host]:
    door = Door(limits, patience)
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
    with served(Limits(), SHORT) as made:
        yield made


@pytest.fixture(scope="module")
def patient() -> Iterator[Host]:
    """A server that a client may make wait for as long as a loaded machine does."""
    with served(Limits(), LONGER) as made:
        yield made


def rest(plug: socket.socket) -> bytes:
    got = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while some := plug.recv(65536):
            got += some
    return bytes(got)


def test_who_says_nothing_is_hung_up_on(line: Host) -> None:
    with line.plug() as plug:
        assert rest(plug) == b""


def test_a_head_that_trickles_is_408_however_busy_it_looks(line: Host) -> None:
    with line.plug() as plug:
        plug.sendall(b"GET / HTTP/1.1\r\n")
        got, end = b"", time.monotonic() + PATIENCE_S
        plug.settimeout(0.05)
        while b"}" not in got and time.monotonic() < end:
            with contextlib.suppress(OSError):
                plug.sendall(b"A: b\r\n")
            with contextlib.suppress(TimeoutError):
                got += (some := plug.recv(65536))
                assert some, "it hung up without a word"
        assert got.startswith(b"HTTP/1.1 408 ")
        assert b'"http_status":"408"' in got


def test_a_body_that_nobody_reads_does_not_hold_the_line(line: Host) -> None:
    def trickle(plug: socket.socket) -> None:
        while time.monotonic() < end:
            plug.sendall(b"5\r\nabcde\r\n")
            time.sleep(0.02)

    with line.plug() as plug:
        plug.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        end = time.monotonic() + PATIENCE_S
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            trickle(plug)


def test_who_does_not_read_is_cut_off(line: Host) -> None:
    with line.plug() as plug:
        plug.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        assert plug.recv(1)  # it has begun
        assert until(lambda: not line.door._inside)
        assert len(rest(plug)) < BIG


def test_who_reads_slowly_but_reads_gets_all(patient: Host) -> None:
    with patient.plug() as plug:
        plug.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got, began = 0, time.monotonic()
        while some := plug.recv(BIG >> 7):
            got += len(some)
            time.sleep(0.02)
        assert got > BIG
        assert time.monotonic() - began > LONGER.read


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
        Door(Limits(), SHORT),
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


def test_who_asks_now_and_then_keeps_the_line(patient: Host) -> None:
    with patient.plug() as plug:
        for _ in range(12):
            plug.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            got = b""
            while not got.endswith(b"0\r\n\r\n"):
                got += (some := plug.recv(65536))
                assert some, "it hung up"
            time.sleep(0.2)


def test_one_connection_too_many_is_503_and_the_next_is_let_in() -> None:
    limits, patience = Limits(address_connections=2), replace(SHORT, head=PATIENCE_S)
    with served(limits, patience) as line, line.plug() as one:
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert one.recv(65536)
        with line.plug() as two, line.plug() as three:
            assert b"HTTP/1.1 503" in rest(three)[:20]
            two.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert two.recv(65536).startswith(b"HTTP/1.1 200")
        assert until(lambda: line.door._inside == {"127.0.0.1": 1})


def test_all_connections_together_have_a_limit() -> None:
    door = Door(Limits(connections=2))
    assert [door.enter(each) for each in "abc"] == ["", "", "too many connections"]
    door.leave("c")
    door.leave("a")
    assert door.enter("d") == ""
