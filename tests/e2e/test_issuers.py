"""Tokens of an issuer that the test is, at a server that was told whom they stand for."""

import json
import sys
import time
import urllib.error
import urllib.request

import pytest

from issuing import AUDIENCE, GRANTS, Login, key_named
from patience import PATIENCE_S, until

from .conftest import CommandLine
from .test_share import allied, desk, start, stop

__all__ = ("allied", "desk")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops the server by a signal")


LOOK_S = 0.5
"""Who shows a wrong token more often is not heard for the rest of the minute."""


def ask(url: str, token: str, path: str = "/exchange/collections/finds/") -> tuple[int, object]:
    request = urllib.request.Request(url + path, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return int(answer.status), json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_a_token_of_an_issuer_lets_in_as_the_grant_says(desk: CommandLine) -> None:
    login, now = Login(), time.time()
    (desk.folder / "keys.json").write_bytes(login.keys())
    (desk.folder / "issuers.toml").write_text(GRANTS)
    process, url = start(desk, "--database", "exchange.db", "--issuers", "issuers.toml")
    try:
        status, found = ask(url, login.token(now))
        assert status == 200
        assert isinstance(found, dict)
        assert (found["can_read"], found["can_write"]) == (True, False)
        assert ask(url, login.token(now, groups=["auditors"]))[0] == 200
        for bad in (
            login.token(now - 3600),
            login.token(now, aud="other"),
            login.token(now, groups=["staff"]),
            Login(key_named("one")).token(now),
        ):
            assert ask(url, bad)[0] == 401
        ours = (desk.folder / "token-A").read_text().strip()
        assert ask(url, ours)[0] == 200
    finally:
        stop(process)


def test_a_stream_ends_with_the_token_that_opened_it(desk: CommandLine) -> None:
    login = Login()
    (desk.folder / "keys.json").write_bytes(login.keys())
    (desk.folder / "issuers.toml").write_text(GRANTS.replace("person =", "skew_s = 0\nperson ="))
    process, url = start(desk, "--database", "exchange.db", "--issuers", "issuers.toml")
    try:
        token = login.token(time.time(), exp=int(time.time()) + 8)
        request = urllib.request.Request(
            url + "/exchange/collections/finds/stream/",
            headers={"Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            assert answer.read().startswith(b": open")  # and no more comes
    finally:
        stop(process)


def test_what_cannot_be_believed_is_refused_before_anything_is_served(desk: CommandLine) -> None:
    login = Login()
    (desk.folder / "keys.json").write_bytes(login.keys())
    (desk.folder / "secret.json").write_text(
        json.dumps({"keys": [login.key.as_dict(private=True)]})
    )
    for old, new in (
        ('"keys.json"', '"nowhere.json"'),
        ('"keys.json"', '"issuers.toml"'),
        ('"keys.json"', '"secret.json"'),
        ('jwks_file = "keys.json"', 'jwks_url = "http://login.b.example/keys"'),
        ('organisation = "A"', 'organisation = "Nobody"'),
    ):
        assert old in GRANTS
        (desk.folder / "issuers.toml").write_text(GRANTS.replace(old, new))
        ran = desk("serve", "--port", "0", "--database", "exchange.db", "--issuers", "issuers.toml")
        assert (ran.code, "Traceback" in ran.err) == (2, False), (new, ran.err)
        assert ran.err.startswith("sidelight: ")


def test_issuers_and_limits_are_read_again_without_a_start(desk: CommandLine) -> None:
    login, path, limits = Login(), desk.folder / "issuers.toml", desk.folder / "limits.toml"
    (desk.folder / "keys.json").write_bytes(login.keys())
    path.write_text(GRANTS)
    limits.write_text("[each]\nstreams = 3\n")
    process, url = start(
        desk, "--database", "exchange.db", "--issuers", "issuers.toml", "--limits", "limits.toml"
    )
    try:
        token = login.token(time.time())
        assert ask(url, token)[0] == 200
        path.write_text("[[issuer]]\nbroken")
        time.sleep(2.5)
        assert ask(url, token)[0] == 200
        path.write_text(GRANTS.replace(AUDIENCE, "elsewhere"))
        assert until(lambda: ask(url, token)[0] == 401, LOOK_S)
        path.write_text(GRANTS)
        assert until(lambda: ask(url, token)[0] == 200, LOOK_S)
        (desk.folder / "keys.json").write_bytes(Login(key_named("one")).keys())
        assert until(lambda: ask(url, token)[0] == 401, LOOK_S)
        ours = (desk.folder / "token-A").read_text().strip()
        limits.write_text("[each]\nrequests = 0.001\nrequests_burst = 1\n")
        assert until(lambda: ask(url, ours)[0] == 429)
        limits.write_text("[each]\nrequests = 1000\n")
        assert until(lambda: ask(url, ours)[0] == 200)
    finally:
        stop(process)
