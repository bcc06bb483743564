"""``rules update`` over a network: a server on this machine, well or ill behaved."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from .conftest import CommandLine, Ran
from .test_rules import RULE


def package(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("rules/rule.yml", text)
    return packed.getvalue()


OLD = package(RULE)
NEW = package(RULE.replace("A Line With A Word", "Another Title"))
BROKEN = package(RULE.replace("condition: selection", "condition: nothing"))

Answer = Callable[[BaseHTTPRequestHandler], None]


def give(data: bytes, *, promised: int | None = None, code: int = 200) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        request.send_header("Content-Length", str(len(data) if promised is None else promised))
        request.end_headers()
        request.wfile.write(data)

    return answer


def lead(place: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", place)
        request.end_headers()

    return answer


def cut_chunk(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    request.wfile.write(b"400\r\n" + NEW[:50])


def hang_up(request: BaseHTTPRequestHandler) -> None:
    del request


@contextmanager
def served(**answers: Answer) -> Iterator[str]:
    """Give the address of a server that answers each path as told."""

    class Server(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.close_connection = True
            answers.get(self.path.strip("/"), give(b"nothing here", code=404))(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def update(sidelight: CommandLine, url: str) -> Ran:
    settings = sidelight.folder / "xdg_config_home" / "sidelight" / "config.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f'[rules]\nurl = "{url}"\n')
    return sidelight("rules", "update")


@pytest.fixture(scope="module")
def with_old(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """Give a command line that has fetched `OLD`."""
    sidelight = CommandLine(tmp_path_factory.mktemp("home"))
    with served(old=give(OLD)) as address:
        ran = update(sidelight, f"{address}/old")
    assert ran.code == 0, ran.err
    return sidelight


@pytest.mark.parametrize("place", ["new", "moved"])
def test_rules_are_fetched_from_the_address_in_the_configuration(
    tmp_path: Path, place: str
) -> None:
    sidelight = CommandLine(tmp_path)
    with served(new=give(NEW), moved=lead("/new")) as address:
        ran = update(sidelight, f"{address}/{place}")
    assert (ran.code, ran.err) == (0, f"fetching {address}/{place}\n")
    checksum = hashlib.sha256(NEW).hexdigest()
    assert ran.out.decode() == f"1 rule installed, 0 refused\nSHA-256 {checksum}\n"
    assert b"Another Title" in sidelight("rules", "list", "--no-own").out


FAILURES: dict[str, tuple[Answer, str]] = {
    "broken": (give(BROKEN), "no rule of it can be run; the first reason: "),
    "gone": (give(b"no", code=404), "cannot be fetched: HTTP Error 404"),
    "sick": (give(b"no", code=503), "cannot be fetched: HTTP Error 503"),
    "cut": (give(NEW[:100], promised=len(NEW)), f"ended after 100 of {len(NEW)} bytes"),
    "chunk": (cut_chunk, "cannot be fetched: IncompleteRead"),
    "silent": (hang_up, "cannot be fetched: Remote end closed connection"),
    "page": (give(b"<html>Please log in</html>"), "is no package that can be read"),
    "empty": (give(b""), "is no package that can be read"),
    "ring": (lead("/ring"), "cannot be fetched: HTTP Error 302"),
    "abroad": (lead("http://rules.example/a.zip"), "leads to http://rules.example/a.zip"),
    "file": (lead("file:///etc/passwd"), "cannot be fetched: HTTP Error 302"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_what_cannot_be_installed_is_a_sentence_and_leaves_the_old_rules(
    with_old: CommandLine, case: str
) -> None:
    answer, text = FAILURES[case]
    with served(**{case: answer}) as address:
        ran = update(with_old, f"{address}/{case}")
    assert (ran.code, ran.out) == (2, b"")
    assert ran.err.startswith(f"fetching {address}/{case}\nsidelight: {address}/{case}: ")
    assert text in ran.err
    assert "Traceback" not in ran.err
    listed = with_old("rules", "list", "--no-own")
    assert b"A Line With A Word" in listed.out
    left = [path.name for path in (with_old.folder / "xdg_data_home" / "sidelight").rglob(".*")]
    assert left == []


@pytest.mark.parametrize(
    "url",
    [
        "http://rules.example/a.zip",
        "ftp://rules.example/a.zip",
        "file:///etc/passwd",
        "http://[",
        "",
    ],
)
def test_an_address_that_is_not_https_is_not_asked(with_old: CommandLine, url: str) -> None:
    ran = update(with_old, url)
    assert ran.code == 2
    assert "rules are fetched over https only" in ran.err


def test_a_server_that_is_not_there_is_a_sentence(with_old: CommandLine) -> None:
    with served() as address:
        pass
    ran = update(with_old, f"{address}/a.zip")
    assert ran.code == 2
    assert "cannot be fetched: " in ran.err
    assert "sidelight rules update --from FILE" in ran.err
    assert "Traceback" not in ran.err
