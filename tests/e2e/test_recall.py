"""A recall over the network: who had it is told, marks it, drops it, acknowledges."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from allies import TRILATERAL, indicator

from .test_share import Served, allied, bundle, desk, pull, push, served

__all__ = ["allied", "desk", "served"]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops the server by a signal")
IDENT = str(indicator(1)["id"])


def run(served: Served, who: str, *words: str | Path) -> tuple[int, str]:
    ran = served.desk(*words, "--server", served.url, "--token-file", served.tokens[who])
    return ran.code, ran.out.decode() + ran.err


def test_a_recall_reaches_who_had_it_even_where_it_may_look_no_more(served: Served) -> None:
    folder = served.desk.folder
    push(served, bundle(folder / "x.json", indicator(1, "amber"), indicator(2, "amber")))
    assert len(pull(served, "B")) == 2
    (folder / "allies.toml").write_text(
        TRILATERAL.replace('members = ["A", "B", "G"]', 'members = ["A", "G"]')
    )
    assert served.desk("share", "apply", "allies.toml", "--database", served.database).code == 0
    code, said = run(served, "A", "share", "recall", IDENT, "--reason", "false positive")
    assert (code, said.startswith("recall ")) == (0, True), said

    again = served.desk(
        "share", "pull", served.url, "--collection", "finds", "-o", folder / "got-B.jsonl",
        "--token-file", served.tokens["B"],
    )  # fmt: skip
    assert again.code == 2, "it may look no more"
    assert f"recalled: {IDENT} in " in again.err
    (marked,) = map(json.loads, (folder / "got-B.jsonl.recalls").read_text().splitlines())
    assert (marked["object_id"], marked["held"], marked["reason"]) == (IDENT, 1, "false positive")

    code, said = run(served, "A", "share", "recalls")
    assert (code, "B  open" in said) == (0, True), said
    words = ("share", "acknowledge", IDENT, "--drop", folder / "got-B.jsonl")
    assert run(served, "B", *words)[0] == 0
    left = (folder / "got-B.jsonl").read_text()
    assert (IDENT in left, str(indicator(2)["id"]) in left) == (False, True)
    assert all(map(json.loads, left.splitlines())), "a strict reader takes every line"
    imported = served.desk("intel", "import", folder / "got-B.jsonl", "--store", folder / "i.db")
    assert (imported.code, "recalled" in imported.err) == (0, False), imported.err
    code, said = run(served, "A", "share", "recalls")
    assert "B  acknowledged  at " in said
    assert "1 copy deleted" in said

    for who in ("G", "X"):
        assert run(served, who, "share", "recalls") == (
            0,
            "there are no recalls: nothing was taken back\n",
        )
    everything = served.desk("share", "recalls", "--database", served.database)
    assert f"{IDENT}  recalled by A, due " in everything.out.decode()
    assert "  B  acknowledged  " in everything.out.decode()


def test_what_was_taken_back_and_is_pushed_again_is_not_said_to_be_taken(served: Served) -> None:
    both = bundle(served.desk.folder / "x.json", indicator(1, "amber"), indicator(2, "amber"))
    push(served, both)
    assert run(served, "A", "share", "recall", IDENT, "--reason", "wrong")[0] == 0
    ran = served.desk(
        "share", "push", both, served.url, "--collection", "finds",
        "--token-file", served.tokens["A"],
    )  # fmt: skip
    assert (ran.code, ran.out.decode().splitlines()) == (
        1,
        [
            "1 of 2 objects taken by Finds",
            f"1 refused: recalled: you took it back, so nobody is given it (such as {IDENT})",
        ],
    )


def test_who_follows_is_told_until_it_acknowledges(served: Served) -> None:
    push(served, bundle(served.desk.folder / "x.json", indicator(1, "amber")))
    words = served.desk.arguments(
        "share", "follow", served.url, "--collection", "finds", "--from-start",
        "--token-file", served.tokens["B"],
    )  # fmt: skip
    for recalls_before in (False, True):
        following = subprocess.Popen(
            words, env=dict(served.desk.environment), cwd=served.desk.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert following.stdout
        assert following.stderr
        assert IDENT in following.stdout.readline().decode()
        if not recalls_before:
            words_ = ("share", "recall", IDENT, "--reason", "wrong")
            assert run(served, "A", *words_)[0] == 0
        assert f"recalled: {IDENT} in Finds: wrong" in following.stderr.readline().decode()
        following.kill()
        following.communicate()


def test_an_operator_without_a_server_recalls_and_acknowledges_for_others(served: Served) -> None:
    push(served, bundle(served.desk.folder / "x.json", indicator(1, "amber")))
    pull(served, "B")
    database = ("--database", served.database)
    ran = served.desk("share", "recall", IDENT, "--reason", "x", "--owner", "B", *database)
    assert (ran.code, "is no object that this organisation shared" in ran.err) == (2, True)
    ran = served.desk("share", "recall", IDENT, "--reason", "x", "--owner", "A", *database)
    assert ran.code == 0, ran.err
    ran = served.desk("share", "acknowledge", IDENT, "--organisation", "G", *database)
    assert ran.code == 2
    ran = served.desk(
        "share", "acknowledge", IDENT, "--organisation", "B", "--done", "told by phone", *database
    )
    assert ran.code == 0, ran.err
    assert b"told by phone" in served.desk("share", "recalls", *database).out
