"""Signed defence survives a server, and two who explain the same extension do not collide."""

import sys

import pytest

from .conftest import CommandLine
from .test_defence import RULE
from .test_share import Served, allied, desk, pull, push, served

__all__ = ["allied", "desk", "served"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops the server by a signal")


def test_a_rule_is_pushed_pulled_and_opened(served: Served) -> None:
    for who in "AB":
        at = CommandLine(served.desk.folder / f"desk-{who}")
        at.folder.mkdir()
        (at.folder / "rule.yml").write_text(RULE.replace("Any Player", f"Any Player Of {who}"))
        made = at("share", "key", "make", f"Operator {who}")
        at("share", "key", "show", "-o", served.desk.folder / f"{who}.json")
        packed = at("share", "defence", "pack", "rule.yml", "--tlp", "amber", "-o", "out.json")
        assert packed.code == 0, packed.err
        fingerprint = made.out.decode().rpartition(" ")[2].strip()
        trusted = served.desk("share", "key", "trust", f"{who}.json", "--fingerprint", fingerprint)
        assert trusted.code == 0, trusted.err
        code, said = push(served, at.folder / "out.json", who)
        assert code == 0, said
    pull(served, "B")
    ran = served.desk("share", "defence", "open", "got-B.jsonl", "--to", "received")
    assert ran.code == 0, ran.out.decode()
    assert "signed by Operator A" in ran.out.decode()
    assert "signed by Operator B" in ran.out.decode()
    assert "2 kept, 0 turned away" in ran.out.decode()
