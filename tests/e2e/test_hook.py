"""A webhook from a server that runs, and is killed, to a receiver that goes away."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from allies import indicator
from patience import SOON_S, until
from sidelight.exchange.hook_signature import verify

from .conftest import CommandLine
from .test_share import allied, bundle, desk, start, stop

__all__ = ["allied", "desk"]  # fixtures


@dataclass
class Receiver:
    """Acts upon each id once, as a receiver should; *fails* is how many requests it drops."""

    secret: str = ""
    fails: int = 0
    url: str = ""
    calls: int = 0
    took: dict[str, str] = field(default_factory=dict)

    def names(self, count: int) -> list[str]:
        """Wait until so many came."""
        until(lambda: len(self.took) >= count)
        return list(self.took.values())


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.calls += 1
            if receiver.calls <= receiver.fails:
                self.send_response(503)
            else:
                ident = verify(receiver.secret, dict(self.headers), body, second=int(time.time()))
                data = json.loads(body)["data"]
                receiver.took.setdefault(ident, data.get("object", {}).get("name", "ping"))
                self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            del arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    receiver.url = f"http://127.0.0.1:{server.server_port}/in"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def allow(desk: CommandLine, receiver: Receiver) -> None:
    folder = desk.folder / "xdg_config_home" / "sidelight"
    folder.mkdir(parents=True, exist_ok=True)
    host = receiver.url.split("/")[2]
    (folder / "config.toml").write_text(f'[share]\nhooks = "{host}"\n')


def add(desk: CommandLine, who: str, receiver: Receiver) -> str:
    arguments = ("share", "hook", "add", who, receiver.url, "--collection", "finds",
                 "--database", "exchange.db")  # fmt: skip
    ran = desk(*arguments)
    assert ran.code == 0, ran.err
    ident, receiver.secret = ran.out.decode().split()
    return ident


def push(desk: CommandLine, url: str, name: str, *items: dict[str, object]) -> None:
    path = bundle(desk.folder / name, *items)
    ran = desk("share", "push", path, url, "--collection", "finds", "--token-file", "token-A")
    assert ran.code == 0, ran.err


def test_what_is_added_is_told_soon_to_whom_it_may(desk: CommandLine) -> None:
    with receiving(Receiver()) as receiver:
        refused = desk("share", "hook", "add", "G", receiver.url, "--collection", "finds",
                       "--database", "exchange.db")  # fmt: skip
        assert (refused.code, "not listed" in refused.err) == (2, True)
        allow(desk, receiver)
        ident = add(desk, "G", receiver)
        ran = desk("share", "hook", "test", ident, "--database", "exchange.db")
        assert (ran.code, ran.out) == (0, b"answered 204\n")
        process, url = start(desk, "--database", "exchange.db")
        try:
            push(desk, url, "1.json", indicator(1, "amber"), indicator(2))
            sent = time.monotonic()
            assert receiver.names(2) == ["ping", "number 2"]
            assert time.monotonic() - sent < SOON_S
        finally:
            said = stop(process)
        assert said == ""
        ran = desk("share", "ledger", "--organisation", "G", "--database", "exchange.db")
        (line,) = ran.out.decode().splitlines()
        assert "G (webhook of G)  hook" in line
        ran = desk("share", "hook", "remove", ident, "--database", "exchange.db")
        assert ran.code == 0
        assert desk("share", "hook", "list", "--database", "exchange.db").out == b""


def test_a_server_that_is_killed_tells_the_rest_when_it_is_back_and_nothing_twice(
    desk: CommandLine,
) -> None:
    with receiving(Receiver(fails=2)) as receiver:
        allow(desk, receiver)
        ident = add(desk, "B", receiver)
        count = 60
        for number in range(3):
            process, url = start(desk, "--database", "exchange.db")
            some = [indicator(number * count + each) for each in range(count)]
            push(desk, url, f"{number}.json", *some)
            receiver.names(number * count + 10)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            assert process.stderr
            process.stderr.close()
        process, _ = start(desk, "--database", "exchange.db")
        try:
            assert receiver.names(3 * count) == [f"number {each}" for each in range(3 * count)]
        finally:
            stop(process)
        listed = desk("share", "hook", "list", "--database", "exchange.db").out.decode()
        assert f"{ident}  B  Finds -> {receiver.url}" in listed
        assert "0 dead letters" in listed
