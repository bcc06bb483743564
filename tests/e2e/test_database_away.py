"""PostgreSQL is stopped under a server that runs: it says so, loses nothing and goes on."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest

import databases
from allies import indicator
from patience import PATIENCE_S, until

from .conftest import CommandLine
from .test_share import Served, bundle, pull, push, start, stop
from .test_share import prepare as prepared

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops the server by a signal")
OBJECTS = "/exchange/collections/finds/objects/"


@pytest.fixture
def cluster() -> Iterator[databases.Cluster]:
    pytest.importorskip("psycopg")
    if why := databases.missing():
        pytest.skip(why)
    with databases.cluster() as made:
        yield made


@pytest.fixture
def served(cluster: databases.Cluster, tmp_path: Path) -> Iterator[Served]:
    prepared(tmp_path, cluster.address)
    desk = CommandLine(tmp_path)
    process, url = start(desk, "--database", cluster.address)
    # What it logs is not read here, and must not fill the pipe.
    drain = Thread(target=_drained, args=(process,), daemon=True)
    drain.start()
    tokens = {who: tmp_path / f"token-{who}" for who in "ABCGX"}
    yield Served(desk, url, Path(cluster.address), tokens, process)
    stop(process)


def _drained(process: "subprocess.Popen[bytes]") -> None:
    assert process.stderr
    try:
        while process.stderr.readline():
            pass
    except ValueError:  # it was closed
        pass


@dataclass
class Following:
    """What a stream said so far: comments, and events by their kind."""

    comments: list[str] = field(default_factory=list)
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def objects(self) -> list[object]:
        return [said["name"] for kind, said in self.events if kind == "object"]

    def recalls(self) -> list[object]:
        return [said["object_id"] for kind, said in self.events if kind == "recall"]


@contextmanager
def following(served: Served, who: str) -> Iterator[Following]:
    head = {"Authorization": f"Bearer {served.token(who)}", "Accept": "text/event-stream"}
    path = f"{served.url}/exchange/collections/finds/stream/"
    said = Following()
    with urllib.request.urlopen(
        urllib.request.Request(path, headers=head), timeout=PATIENCE_S
    ) as lines:

        def read() -> None:
            kind = ""
            try:
                for raw in lines:
                    line = raw.decode().rstrip("\n")
                    if line.startswith(":"):
                        said.comments.append(line)
                    elif line.startswith("event: "):
                        kind = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        said.events.append((kind, json.loads(line.removeprefix("data: "))))
            except (OSError, ValueError, AttributeError):
                pass  # the end of the test closes it

        thread = Thread(target=read, daemon=True)
        thread.start()
        yield said


def test_a_database_that_is_stopped_is_said_and_nothing_is_lost(
    served: Served, cluster: databases.Cluster
) -> None:
    folder = served.desk.folder
    assert push(served, bundle(folder / "1.json", indicator(1)))[0] == 0
    with following(served, "B") as stream:
        assert until(lambda: stream.objects() == ["number 1"])
        cluster.stop()
        status, headers, body = served.request(OBJECTS, "B")
        error = json.loads(body)
        assert (status, error["http_status"], headers["retry-after"]) == (503, "503", "5")
        assert "database does not answer" in error["description"]
        assert cluster.address not in body.decode()
        assert until(lambda: any("database does not answer" in each for each in stream.comments))
        code, said = push(served, bundle(folder / "2.json", indicator(2)))
        assert (code, "wait in the outbox" in said, "503" in said) == (0, True, True), said
        cluster.start()
        assert until(lambda: served.request(OBJECTS, "B")[0] == 200)
        ran = served.desk("share", "outbox", "send", "--now")
        assert (ran.code, b"1 of 1" in ran.out) == (0, True), ran.out
        assert until(lambda: stream.objects() == ["number 1", "number 2"]), "it goes on by itself"
        ran = served.desk("share", "recall", str(indicator(1)["id"]), "--reason", "wrong",
                          "--server", served.url, "--token-file", served.tokens["A"])  # fmt: skip
        assert ran.code == 0, ran.err
        assert until(lambda: stream.recalls() == [indicator(1)["id"]])
    assert [each["name"] for each in pull(served, "B")] == ["number 2", "number 1"]
    assert served.process.poll() is None


def test_a_database_that_is_killed_in_the_middle_loses_nothing_it_accepted(
    served: Served, cluster: databases.Cluster
) -> None:
    taken = []
    for number in range(12):
        if number in {4, 8}:
            cluster.kill()
            body = json.dumps({"objects": [indicator(number)]}).encode()
            assert _post(served, body) == 503
            cluster.start()
            assert until(lambda: served.request(OBJECTS, "A")[0] == 200)
        body = json.dumps({"objects": [indicator(number)]}).encode()
        if _post(served, body) == 202:
            taken.append(f"number {number}")
    assert len(taken) == 12
    assert [each["name"] for each in pull(served, "B")] == taken
    ran = served.desk("share", "audit", "verify", "--database", cluster.address)
    assert ran.code == 0, ran.out


def _post(served: Served, body: bytes) -> int:
    taxii = "application/taxii+json;version=2.1"
    head = {"Authorization": f"Bearer {served.token('A')}", "Content-Type": taxii, "Accept": taxii}
    request = urllib.request.Request(served.url + OBJECTS, body, head, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
