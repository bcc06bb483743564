"""Kills server, client and database at random points under a bad network; looks for what was lost.

One ally pushes, through its outbox; another pulls; a third, who may have less, is told by webhook.
In the end everything that push said it accepted has to be with each of them that may have it, once
and in order, and nothing else.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from allies import BOTH, TRILATERAL, indicator
from cutting_proxy import Proxy, between
from databases import Cluster
from patience import PATIENCE_S, until
from ports import reserved
from sidelight import __file__ as code
from sidelight.exchange.hook_signature import verify
from sidelight.exchange.store import tokens
from sidelight.exchange.store.database import open_database
from sidelight.exchange.store.library import Library

EACH = 60
ALLIES = ("A", "B", "C", "G", "X")


@dataclass
class Soak:
    """One run: where, against which database, how often something is killed.

    Args:
        cluster: the server of the database, which is killed, too.
    """

    folder: Path
    database: str
    kills: int
    seed: int
    chance: random.Random = field(init=False)
    cluster: Cluster | None = None
    killed: dict[str, int] = field(
        default_factory=lambda: {"server": 0, "client": 0, "database": 0}
    )
    accepted: set[int] = field(default_factory=set)
    maybe: set[int] = field(default_factory=set)
    told: dict[str, str] = field(default_factory=dict)
    secret: str = ""
    port: int = 0
    hook_port: int = 0
    server: "subprocess.Popen[bytes] | None" = None
    pushed: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def start(self, *arguments: object) -> "subprocess.Popen[bytes]":
        homes = ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
        home = {name: str(self.folder / name.lower()) for name in homes}
        beside = str(Path(code).parents[1])
        return subprocess.Popen(
            [sys.executable, "-m", "sidelight", *map(str, arguments)],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": beside, **home},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *arguments: object) -> str:
        process = self.start(*arguments)
        out, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, (arguments, out)
        return out.decode()

    def prepare(self) -> None:
        (self.folder / "allies.toml").write_text(TRILATERAL)
        settings = self.folder / "xdg_config_home" / "sidelight"
        settings.mkdir(parents=True)
        (settings / "config.toml").write_text(f'[share]\nhooks = "127.0.0.1:{self.hook_port}"\n')
        here = ("--database", self.database)
        self.run("share", "apply", "allies.toml", *here)
        self.issue()
        url = f"http://127.0.0.1:{self.hook_port}/"
        said = self.run("share", "hook", "add", "G", url, "--collection", "finds", *here)
        self.secret = said.split()[1]

    def issue(self) -> None:
        """Give each ally a token; not by the command line, which would take a process each."""
        where = self.database if "://" in self.database else str(self.folder / self.database)
        library = Library(open_database(where))
        now = time.time_ns() // 1000
        for who in ALLIES:
            owner = library.register().named(who)
            assert owner
            token = tokens.issue(library.engine, owner.id, who, BOTH, now=now,
                                 expires=now + 10**12, actor="soak")  # fmt: skip
            (self.folder / f"token-{who}").write_text(token)
        library.engine.dispose()

    def serve(self) -> None:
        # Small bodies make many requests, so that kills and cuts fall between them.
        limits = ("--max-body", 4096)
        self.server = self.start("serve", "--port", self.port, "--database", self.database, *limits)
        assert self.server.stdout
        line = self.server.stdout.readline().decode()
        assert line.startswith("serving "), line

    def kill(self, process: "subprocess.Popen[bytes]", what: str) -> None:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            self.killed[what] += 1
        process.wait()
        if process.stdout:
            process.stdout.close()

    def push(self, url: str) -> tuple["subprocess.Popen[bytes]", list[int]]:
        some = list(range(self.pushed, self.pushed + EACH))
        self.pushed += EACH
        path = self.folder / "finds.json"
        items = [indicator(n, "green" if n % 3 else "amber") for n in some]
        path.write_text(json.dumps({"type": "bundle", "id": "bundle--1", "objects": items}))
        there = (url, "--collection", "finds", "--token-file", "token-A")
        return self.start("share", "push", path, *there), some

    def pull(self, url: str, who: str) -> "subprocess.Popen[bytes]":
        there = (url, "--collection", "finds", "--token-file", f"token-{who}", "--limit", 50)
        return self.start("share", "pull", *there, "-o", f"got-{who}.jsonl")

    def round(self, url: str) -> None:
        """Do something as a client, and kill it or the server at some point of that."""
        some: list[int] = []
        what = self.chance.choice(["push", "push", "push", "pull", "send"])
        if what == "push":
            client, some = self.push(url)
        elif what == "pull":
            client = self.pull(url, "B")
        else:
            client = self.start("share", "outbox", "send", "--now")
        time.sleep(self.chance.uniform(0.1, 2.0))
        fate = self.chance.random()
        if self.cluster and fate < 0.25:
            self.cluster.kill()
            self.killed["database"] += 1
            self.cluster.start()
            client.communicate(timeout=PATIENCE_S)
        elif fate < 0.6:
            assert self.server
            self.kill(self.server, "server")
            self.serve()
            client.communicate(timeout=PATIENCE_S)
        else:
            self.kill(client, "client")
        if client.returncode == 0:
            self.accepted.update(some)
        else:
            self.maybe.update(some)

    def settle(self, url: str) -> None:
        """Push once more in peace, and let everything arrive that is under way."""
        client, some = self.push(url)
        out, _ = client.communicate(timeout=PATIENCE_S)
        assert client.returncode == 0, out
        self.accepted.update(some)
        while "nothing waits" not in self.run("share", "outbox", "send", "--now"):
            pass
        pulls = {who: self.pull(url, who) for who in ("B", "C", "G", "X")}
        for who, process in pulls.items():
            out, _ = process.communicate(timeout=PATIENCE_S)
            assert process.returncode == (2 if who == "X" else 0), (who, out)
        wanted = len(self.got("G"))
        until(lambda: len(self.told) >= wanted)
        time.sleep(1)  # for what must not come

    def got(self, who: str) -> list[int]:
        path = self.folder / f"got-{who}.jsonl"
        lines = path.read_bytes().splitlines() if path.exists() else []
        return [int(json.loads(line)["name"].split()[1]) for line in lines]

    def problems(self) -> list[str]:
        """Say what was lost, doubled, out of order, or where it must not be."""
        found = []
        there = self.got("B")
        arrived = set(there)
        if there != sorted(arrived):
            found.append("B has something twice or out of order")
        if self.accepted - arrived:
            found.append(f"lost: {sorted(self.accepted - arrived)}")
        if arrived - self.accepted - self.maybe:
            found.append("something came that nobody sent")
        green = [number for number in there if number % 3]
        told = [int(name.split()[1]) for name in self.told.values()]
        wanted = {"C": there, "G": green, "X": []}
        found += [f"{who} has not just what it may" for who in wanted
                  if self.got(who) != wanted[who]]  # fmt: skip
        if told != green:
            missing = sorted(set(green) - set(told))
            found.append(f"the webhook told {len(told)} of {len(green)}: {missing[:5]}")
        if "entries fit" not in self.run("share", "audit", "verify", "--database", self.database):
            found.append("the audit log does not fit")
        return found


@contextmanager
def receiving(soak: Soak) -> Iterator[None]:
    """Take webhooks, acting upon each id once; some are cut before or after they are acted upon."""
    chance = random.Random(soak.seed + 1)

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fate = chance.random()
            if fate < 0.03:
                self.connection.close()
                return
            ident = verify(soak.secret, dict(self.headers), body, second=int(time.time()))
            soak.told.setdefault(ident, json.loads(body)["data"]["object"]["name"])
            self.send_response(503 if fate < 0.06 else 204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            del arguments

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (OSError, ValueError):
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    soak.hook_port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def run(soak: Soak) -> Proxy:
    """Soak until so many were killed, and let all arrive; give the proxy with its counts."""
    with reserved() as soak.port, receiving(soak), between(soak.port, soak.seed) as proxy:
        soak.prepare()
        soak.serve()
        url = f"http://127.0.0.1:{proxy.at}"
        try:
            while sum(soak.killed.values()) < soak.kills:
                soak.round(url)
            proxy.calm = True
            soak.settle(url)
        finally:
            assert soak.server
            soak.server.terminate()
            soak.server.wait(timeout=PATIENCE_S)
            if soak.server.stdout:
                soak.server.stdout.close()
    return proxy
