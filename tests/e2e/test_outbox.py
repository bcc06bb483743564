"""What push took is sent some time, whatever happens in between."""

import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from allies import indicator

from .conftest import CommandLine
from .test_share import allied, bundle, desk, served, start, stop

__all__ = ["allied", "desk", "served"]  # fixtures


def push(desk: CommandLine, path: Path, url: str, *more: str) -> tuple[int, str]:
    ran = desk("share", "push", path, url, "--collection", "finds", "--token-file", "token-A",
               *more)  # fmt: skip
    return ran.code, ran.out.decode() + ran.err


def test_what_is_pushed_while_the_server_is_down_arrives_later_in_order(
    desk: CommandLine, port: int
) -> None:
    folder = desk.folder
    url = f"http://127.0.0.1:{port}"
    code, said = push(desk, bundle(folder / "1.json", indicator(2), indicator(1)), url)
    assert code == 0, said
    assert "0 of 2 objects taken" in said
    assert "2 wait in the outbox" in said
    assert push(desk, bundle(folder / "2.json", indicator(3, "red")), url, "--queue")[0] == 0
    assert push(desk, bundle(folder / "3.json", indicator(2), indicator(0)), url, "--queue")[0] == 0
    with closing(sqlite3.connect(folder / "xdg_data_home" / "sidelight" / "outbox.db")) as base:
        base.execute("UPDATE place SET due = due + 3600000000")  # however slow this machine is
        base.commit()
    ran = desk("share", "outbox", "send")
    assert (ran.code, b"again in" in ran.out) == (1, True)
    ran = desk("share", "outbox", "list")
    assert b"4 wait, 0 refused, 0 sent; failed 1 time," in ran.out
    assert (desk.folder / "token-A").read_bytes().strip() not in (
        desk.folder / "xdg_data_home" / "sidelight" / "outbox.db"
    ).read_bytes()

    process, _ = start(desk, "--database", "exchange.db", "--port", str(port))
    try:
        ran = desk("share", "outbox", "send", "--now")
        assert (ran.code, "3 of 4 objects taken by Finds" in ran.out.decode()) == (1, True)
        ran = desk("share", "outbox", "list")
        assert b"0 wait, 1 refused, 3 sent" in ran.out
        assert b"red-on-feed" in ran.out
        ran = desk("share", "pull", url, "--collection", "finds", "-o", "got.jsonl",
                   "--token-file", "token-B")  # fmt: skip
        got = [json.loads(each)["name"] for each in (folder / "got.jsonl").read_bytes().split(b"\n")
               if each]  # fmt: skip
        assert got == ["number 2", "number 1", "number 0"]
        assert b"1 object waits again" in desk("share", "outbox", "retry").out
        assert b"0 of 1 objects taken" in desk("share", "outbox", "send").out
        assert b"1 object dropped" in desk("share", "outbox", "drop", "--refused").out
        assert b"nothing waits" in desk("share", "outbox", "send").out
    finally:
        stop(process)


def test_what_is_refused_as_a_whole_was_never_accepted(desk: CommandLine) -> None:
    process, url = start(desk, "--database", "exchange.db")
    try:
        ran = desk("share", "push", bundle(desk.folder / "1.json", indicator(1)), url,
                   "--collection", "nowhere", "--token-file", "token-A")  # fmt: skip
        assert (ran.code, "there are: Finds" in ran.err) == (2, True)
        assert b"nothing waits" in desk("share", "outbox", "list").out
    finally:
        stop(process)


@pytest.mark.parametrize(
    "arguments", [("drop",), ("drop", "x"), ("retry", "--all"), ("send", "--every", "-1")]
)
def test_what_makes_no_sense_is_said(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ran = CommandLine(tmp_path)("share", "outbox", *arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_what_was_recalled_is_not_taken_from_whoever_was_given_it(desk: CommandLine) -> None:
    process, url = start(desk, "--database", "exchange.db")
    try:
        item = indicator(1, "amber")
        path = bundle(desk.folder / "1.json", item)
        assert push(desk, path, url)[0] == 0
        to = (url, "--collection", "finds", "--token-file")
        assert desk("share", "pull", *to, "token-B", "-o", "got.jsonl").code == 0
        ran = desk("share", "recall", str(item["id"]), "--reason", "wrong", "--server", url,
                   "--token-file", "token-A")  # fmt: skip
        assert ran.code == 0, ran.err
        ran = desk("share", "push", path, *to, "token-B")
        said = ran.out.decode()
        assert (ran.code, "0 of 1 objects taken" in said, "revoked: " in said) == (1, True, True)
    finally:
        stop(process)


@pytest.mark.parametrize("more", [(), ("--queue",)])
@pytest.mark.parametrize("url", ["https://999.1.1.1", "https://a..b/", "https://cert.example:0"])
def test_what_is_no_address_is_never_queued(
    desk: CommandLine, url: str, more: tuple[str, ...]
) -> None:
    code, said = push(desk, bundle(desk.folder / "1.json", indicator(1)), url, *more)
    assert (code, url in said, "is no address" in said) == (2, True, True), said
    assert b"nothing waits" in desk("share", "outbox", "list").out


def test_queueing_connects_to_nobody(desk: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        url = f"http://127.0.0.1:{there.getsockname()[1]}"
        code, said = push(desk, bundle(desk.folder / "1.json", indicator(1)), url, "--queue")
        assert (code, "outbox send" in said) == (0, True)
        there.setblocking(False)
        with pytest.raises(BlockingIOError):
            there.accept()


def test_all_for_one_server_is_dropped_and_nothing_else(desk: CommandLine) -> None:
    path = bundle(desk.folder / "1.json", indicator(1), indicator(2))
    for url in ("https://a.example", "https://b.example/"):
        assert push(desk, path, url, "--queue")[0] == 0
    assert desk("share", "outbox", "drop", "--to", "https://b.example", "--refused").code == 2
    ran = desk("share", "outbox", "drop", "--to", "https://b.example")
    assert (ran.code, b"2 objects dropped" in ran.out) == (0, True)
    assert desk("share", "outbox", "drop", "--to", "https://b.example").code == 1
    ran = desk("share", "outbox", "list")
    assert (b"a.example: 2 wait" in ran.out, b"b.example" in ran.out) == (True, False)
