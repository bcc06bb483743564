"""Two exchanges on this machine, kept in step by the command line."""

import json
import os
from dataclasses import replace

from allies import indicator, operators

from .conftest import CommandLine
from .test_share import Served, allied, bundle, desk, push, served, start, stop

__all__ = ["allied", "desk", "served"]  # fixtures

PEERS = """
us = "B"
[[peer]]
name = "far"
organisation = "A"
url = "{url}"
token_env = "FAR_TOKEN"
pull = [{{theirs = "finds", ours = "mirror"}}]
push = [{{theirs = "finds", ours = "finds"}}]
"""
HERE = f"""
{operators(A="FI", B="EE")}
[[circle]]
name = "two"
members = ["A", "B"]
legal_basis = "a memorandum"
[[collection]]
title = "Mirror"
alias = "mirror"
circles = ["two"]
[[collection]]
title = "Finds"
alias = "finds"
circles = ["two"]
"""


def peer(desk: CommandLine, *arguments: str, token: str = "") -> tuple[int, str]:
    knowing = replace(desk, more={"FAR_TOKEN": token} if token else {})
    ran = knowing("share", "peer", *arguments, "--database", "here.db")
    return ran.code, ran.out.decode() + ran.err


def test_one_pass_moves_what_may_both_ways_and_says_so(served: Served) -> None:
    desk, folder = served.desk, served.desk.folder
    push(served, bundle(folder / "1.json", indicator(1, "amber"), indicator(2)))
    (folder / "here.toml").write_text(HERE)
    assert desk("share", "apply", "here.toml", "--database", "here.db").code == 0
    (folder / "peers.toml").write_text(PEERS.format(url=served.url))
    arguments = ("run", "--peers", "peers.toml")
    code, said = peer(desk, *arguments)
    assert (code, "FAR_TOKEN is not in the environment" in said) == (1, True)
    token = served.token("B")
    code, said = peer(desk, *arguments, token=token)
    assert code == 0, said
    assert "far: finds -> mirror: 2 moved, 0 were there, 0 refused; up to 20" in said
    assert "far: finds <- finds: 0 moved" in said
    code, said = peer(desk, *arguments, token=token)
    assert "-> mirror: 0 moved, 0 were there, 0 refused" in said
    process, url = start(desk, "--database", "here.db")
    try:
        done = desk("share", "token", "issue", "B", "b", "--database", "here.db")
        (folder / "token-here").write_bytes(done.out)
        ran = desk("share", "push", bundle(folder / "2.json", indicator(7, "amber+strict")), url,
                   "--collection", "finds", "--token-file", "token-here")  # fmt: skip
        assert ran.code == 0, ran.err
        ran = desk("share", "pull", url, "--collection", "mirror", "-o", "got.jsonl",
                   "--token-file", "token-here")  # fmt: skip
        got = [
            json.loads(line)["name"] for line in (folder / "got.jsonl").read_bytes().splitlines()
        ]
        assert got == ["number 1", "number 2"]
    finally:
        stop(process)
    code, said = peer(desk, *arguments, token=token)
    assert "far: finds <- finds: 1 moved" in said
    code, said = peer(desk, "list")
    assert "far: finds -> mirror: 2 moved, up to 20" in said
    assert "far: finds <- finds: 1 moved" in said


def test_a_peer_that_is_down_is_said_and_its_cursor_kept(desk: CommandLine, port: int) -> None:
    (desk.folder / "here.toml").write_text(HERE)
    assert desk("share", "apply", "here.toml", "--database", "here.db").code == 0
    url = f"http://127.0.0.1:{port}"
    (desk.folder / "peers.toml").write_text(PEERS.format(url=url))
    code, said = peer(desk, "run", "--peers", "peers.toml", token="x")
    assert code == 1
    assert said.count("stopped: ") == 2
    code, said = peer(desk, "list")
    assert "up to the start" in said
    assert "cannot be reached" in said
    assert os.path.exists(desk.folder / "here.db")
