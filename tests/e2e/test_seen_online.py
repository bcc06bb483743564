"""Have you seen this? Over a server that runs."""

import sys

import pytest

from sidelight.exchange.seen import intersection

from .test_share import Served, allied, desk, served

__all__ = ["allied", "desk", "served"]

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="stops the server by a signal"),
    pytest.mark.skipif(bool(intersection.missing()), reason=intersection.missing()),
]


def test_allies_ask_report_and_look_up_over_the_server(served: Served) -> None:
    at = served.desk
    (at.folder / "ours.txt").write_text(f"ipv4 192.0.2.7\nsha256 {'ab' * 32}\n")
    (at.folder / "ask.txt").write_text(f"ipv4 192.0.2.8\nsha256 {'ab' * 32}\nipv4 192.0.2.7\n")
    stored = ("--database", served.database)
    made = at("share", "seen", "prepare", "ours.txt", "-o", "x", "--circle", "trilateral", *stored)
    assert made.code == 0, made.err

    def call(who: str, *arguments: str) -> tuple[int, str]:
        ran = at(
            "share", "seen", *arguments, "--server", served.url, "--token-file", served.tokens[who]
        )
        return ran.code, ran.out.decode() + ran.err

    code, out = call("B", "query", "ask.txt")
    assert (code, out) == (
        1, f"seen  ipv4  192.0.2.7\nseen  sha256  {'ab' * 32}\n2 of 3 values seen\n",
    )  # fmt: skip
    code, out = call("X", "query", "ask.txt")
    assert code == 2
    assert "not for you" in out
    assert "3 values" in at("share", "seen", "asked", *stored).out.decode()
    at("share", "seen", "key", "g.key")
    at("share", "seen", "tell", "ours.txt", "--group-key", "g.key", "-o", "r.json")
    assert call("A", "send", "r.json") == (0, "1 new, 0 gone; counted the day after tomorrow\n")
    assert call("B", "fetch", "-o", "t.json") == (0, "0 counts in t.json, from 5 on\n")
