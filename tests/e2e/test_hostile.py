"""A server that is sent what no client sends: it answers in words, or hangs up, and serves on."""

import json
import re
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from allies import TAXII, indicator
from patience import PATIENCE_S, until

from .conftest import CommandLine
from .test_share import ALLIES, Served, allied, bundle, desk, push, served, start, stop

__all__ = ("allied", "desk", "served")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops the server by a signal")
OBJECTS = "/exchange/collections/finds/objects/"


@pytest.fixture(scope="module")
def hosted(allied: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server for many tests."""
    folder = tmp_path_factory.mktemp("hosted")
    shutil.copytree(allied, folder, dirs_exist_ok=True)
    desk = CommandLine(folder)
    process, url = start(desk, "--database", "exchange.db")
    tokens = {who: folder / f"token-{who}" for who in ALLIES}
    yield Served(desk, url, folder / "exchange.db", tokens, process)
    stop(process)


@contextmanager
def wire(served: Served) -> Iterator[socket.socket]:
    host, _, port = served.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as plug:
        yield plug


def raw(served: Served, data: bytes, count: int = 1) -> list[tuple[int, dict[str, object]]]:
    """Send bytes, and give status and error of as many answers as there are, or *count*."""
    got = bytearray()
    with wire(served) as plug:
        with suppress(OSError):  # it hung up before all was sent
            plug.sendall(data)
        found: list[tuple[int, dict[str, object]]] = []
        while len(found) < count and (some := plug.recv(65536)):
            got += some
            found = list(answers(bytes(got)))
    return found


def answers(data: bytes) -> Iterator[tuple[int, dict[str, object]]]:
    while b"\r\n\r\n" in data:
        top, _, rest = data.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", top)[1])  # type: ignore[index]
        assert TAXII.encode() in top
        if len(rest) < length:
            return
        yield int(top.split(b" ")[1]), json.loads(rest[:length] or b"{}")
        data = rest[length:]


def head(served: Served, method: str, path: str, *lines: str, who: str = "A") -> bytes:
    first = (f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {served.token(who)}")
    return "\r\n".join((*first, *lines, "", "")).encode("latin-1")


def post(served: Served, body: bytes, *lines: str) -> bytes:
    length = f"Content-Length: {len(body)}"
    return head(served, "POST", OBJECTS, f"Content-Type: {TAXII}", length, *lines) + body


def memory(served: Served) -> int:
    """Give the octets that the server has in memory."""
    status = Path(f"/proc/{served.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) << 10  # type: ignore[index]


def works(served: Served) -> None:
    assert served.request("/taxii2/")[0] == 200


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n\r\nx",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nBad header\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 500_000 + b"\r\n",
        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    ],
)
def test_what_is_no_http_is_400_in_a_taxii_error(hosted: Served, data: bytes) -> None:
    ((status, error),) = raw(hosted, data)
    assert (status, error["http_status"]) == (400, "400")
    works(hosted)


@pytest.mark.parametrize("method", ["BREW", "OPTIONS", "TRACE", "PROPFIND", "get", "CONNECT"])
def test_methods_that_nobody_knows_are_405(hosted: Served, method: str) -> None:
    data = head(hosted, method, "/taxii2/", "Content-Length: 0")
    ((status, error),) = raw(hosted, data)
    assert (status, error["http_status"]) == (405, "405")


def test_requests_in_a_row_are_answered_in_a_row(hosted: Served) -> None:
    some = [head(hosted, "GET", path) for path in ("/taxii2/", "/nowhere/", "/exchange/")] * 30
    assert [status for status, _ in raw(hosted, b"".join(some), 90)] == [200, 404, 200] * 30


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 422),
        (b'{"objects":' * 50_000, 422),
        (b'{"objects":[' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"]}", 422),
        (b'{"objects":[{"a":1,"a":2}]}', 202),
        (b'{"objects":[{}],"objects":[{}]}', 422),
        (b'{"objects":[' + b"1" * 10_000 + b"]}", 202),
        (b'{"objects":[1e999999,NaN]}', 422),
        (b'{"objects":["\\ud800"]}', 422),
        (b'{"objects":[{"id":"' + b"a" * 5_000_000 + b'"}]}', 202),
        (b"\xff\xfe\x00", 422),
        (b"", 422),
        (b"x" * (11 << 20), 413),
    ],
)
def test_bodies_that_nobody_writes_are_settled(hosted: Served, body: bytes, status: int) -> None:
    ((got, said),) = raw(hosted, post(hosted, body))
    assert got == status
    if status == 202:
        assert said["failure_count"] == said["total_count"]
    works(hosted)


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00." + "1" * 40 + "Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("name", ["name", "created_by_ref", "labels", "type", "spec_version"])
def test_huge_and_odd_values_are_held_or_refused(hosted: Served, text: str, name: str) -> None:
    odd = {**indicator(1, modified=text), name: "\0" + "\U0001f4a3" * 300_000}
    ((status, _),) = raw(hosted, post(hosted, json.dumps({"objects": [odd]}).encode()))
    assert status == 202
    assert hosted.request(OBJECTS)[0] == 200


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "x" * 9000, "a/b;" * 999])
def test_other_media_types_are_415(hosted: Served, kind: str) -> None:
    data = head(hosted, "POST", OBJECTS, f"Content-Type: {kind}", "Content-Length: 2") + b"{}"
    ((status, error),) = raw(hosted, data)
    assert (status, error["http_status"]) == (415, "415")


def test_a_body_in_chunks_without_an_end_is_413_and_costs_no_memory(served: Served) -> None:
    works(served)
    before = memory(served)
    lines = (f"Content-Type: {TAXII}", "Transfer-Encoding: chunked")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with wire(served) as plug:
        plug.sendall(head(served, "POST", OBJECTS, *lines))
        sent = 0
        try:
            while sent < 400 << 20:
                plug.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass
        got = b""
        try:
            while some := plug.recv(65536):
                got += some
                if b"}" in got:
                    break
        except OSError:
            pass
    assert got.startswith(b"HTTP/1.1 413")
    assert memory(served) - before < 80 << 20
    works(served)


def test_filters_and_cursors_of_an_attacker_are_400_or_find_nothing(served: Served) -> None:
    push(served, bundle(served.desk.folder / "x.json", *(indicator(each) for each in range(3))))
    evil = ("'+OR+1=1--", "%00", "%FF", "%27;DROP+TABLE+object;--", "1" * 5000, "%F0%9F%92%A3", "")
    for name in ("match[id]", "match[type]", "match[version]", "match[spec_version]", "next",
                 "limit", "added_after"):  # fmt: skip
        for value in evil:
            status, _, body = served.request(f"{OBJECTS}?{name}={value}")
            assert status == 400 or body == b"{}", (name, value)
    page = json.loads(served.request(OBJECTS + "?limit=1")[2])
    cursor = page["next"]
    for number in range(0, len(cursor), 3):
        other = "A" if cursor[number] != "A" else "B"
        forged = cursor[:number] + other + cursor[number + 1 :]
        assert served.request(f"{OBJECTS}?limit=1&next={forged}")[0] == 400
    assert served.request(f"{OBJECTS}?next={cursor}", who="B")[0] == 400
    assert len(json.loads(served.request(OBJECTS)[2])["objects"]) == 3


def test_floods_with_wrong_tokens_grow_neither_log_nor_memory(served: Served) -> None:
    works(served)
    before = memory(served)
    wrong = "Bearer slt_" + "0" * 12 + "_" + "A" * 43
    one = f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: {wrong}\r\n\r\n".encode()
    began = time.monotonic()
    codes = [status for _ in range(20) for status, _ in raw(served, one * 100, 100)]
    minutes = int((time.monotonic() - began) // 60) + 1
    refused = codes.count(401)
    assert set(codes) == {401, 429}
    assert 10 <= refused <= 10 * minutes
    assert memory(served) - before < 30 << 20
    with closing(sqlite3.connect(served.database)) as connection:
        query = "SELECT count(*) FROM audit WHERE action = 'login refused'"
        assert connection.execute(query).fetchone() == (refused,)
    works(served)


def test_a_database_that_somebody_else_locks_is_503_and_comes_back(served: Served) -> None:
    item = json.dumps({"objects": [indicator(1)]}).encode()
    with closing(sqlite3.connect(served.database, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        ((status, error),) = raw(served, post(served, item))
        assert (status, error["http_status"]) == (503, "503")
        works(served)
        connection.execute("ROLLBACK")
    ((status, said),) = raw(served, post(served, item))
    assert (status, said["success_count"]) == (202, 1)


def test_pages_of_huge_objects_are_cut_and_lose_nothing(served: Served) -> None:
    big = "x" * (3 << 20)
    for number in range(8):
        body = json.dumps({"objects": [indicator(number, description=big)]}).encode()
        ((status, _),) = raw(served, post(served, body))
        assert status == 202
    sizes, found, after = [], [], ""
    while True:
        body = served.request(f"{OBJECTS}?limit=1000{after}", who="B")[2]
        page = json.loads(body)
        sizes.append(len(body))
        found += [each["name"] for each in page["objects"]]
        if not page.get("more"):
            break
        after = f"&next={page['next']}"
    assert found == [f"number {each}" for each in range(8)]
    assert max(sizes) < 17 << 20
    path = f"{OBJECTS}{indicator(1)['id']}/"
    ((status, _),) = raw(served, head(served, "DELETE", path))
    assert status == 200


def test_limits_of_a_file_are_kept_and_said(desk: CommandLine) -> None:
    (desk.folder / "limits.toml").write_text(
        "[each]\nrequests = 0.001\nrequests_burst = 3\n[organisation.B]\nstreams = 1\n"
        "requests = 10\nrequests_burst = 100\n"
    )
    process, url = start(desk, "--database", "exchange.db", "--limits", "limits.toml")
    tokens = {who: desk.folder / f"token-{who}" for who in "AB"}
    served = Served(desk, url, desk.folder / "exchange.db", tokens, process)
    try:
        replies = [served.request("/taxii2/") for _ in range(5)]
        assert [status for status, _, _ in replies] == [200, 200, 200, 429, 429]
        headers = {name.lower(): value for name, value in replies[-1][1].items()}
        assert int(headers["retry-after"]) >= 1
        assert json.loads(replies[-1][2])["http_status"] == "429"
        assert served.request("/taxii2/", who="B")[0] == 200
        stream = head(served, "GET", "/exchange/collections/finds/stream/", who="B")
        with wire(served) as one:
            one.sendall(stream)
            assert one.recv(100).startswith(b"HTTP/1.1 200")
            ((status, error),) = raw(served, stream)
            assert (status, "streams" in str(error["description"])) == (429, True)

        def opens() -> bool:
            with wire(served) as one:
                one.sendall(stream)
                return one.recv(100).startswith(b"HTTP/1.1 200")

        assert until(opens), "a stream that was hung up on still counts"
    finally:
        stop(process)


def test_limits_that_are_none_are_said(desk: CommandLine) -> None:
    for text in ("[each]\nrequest = 1", "[organisation.Nobody]\nstreams = 1"):
        (desk.folder / "limits.toml").write_text(text)
        ran = desk("serve", "--database", "exchange.db", "--limits", "limits.toml")
        assert (ran.code, "Traceback" in ran.err) == (2, False), text
        assert ran.err.startswith("sidelight: ")


def test_many_small_objects_cost_little(served: Served) -> None:
    works(served)
    before = memory(served)
    for count, status in ((3_000_000, 422), (100_001, 422), (100_000, 202)):
        body = b'{"objects":[' + b",".join([b"{}"] * count) + b"]}"
        ((got, _),) = raw(served, post(served, body))
        assert got == status
    lists = b'{"objects":[{"a":[' + b",".join([b"[]"] * 3_000_000) + b"]}]}"
    ((got, said),) = raw(served, post(served, lists))
    assert (got, said["failure_count"]) == (202, 1)
    assert memory(served) - before < 700 << 20
    works(served)
