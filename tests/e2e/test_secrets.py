"""What lets somebody in stays out of everything that is written down or said."""

import json
import signal
import sqlite3
import sys
import time
from base64 import b64encode
from contextlib import closing

import pytest

from allies import indicator
from issuing import GRANTS, Login
from patience import PATIENCE_S

from .conftest import CommandLine
from .test_hostile import OBJECTS, head, post, raw
from .test_share import ALLIES, Served, allied, bundle, desk, push, start

__all__ = ("allied", "desk")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops the server by a signal")
MARK = "kilroywashere"


def test_no_secret_is_in_logs_database_or_answers(desk: CommandLine) -> None:
    """Everything is tried, also what fails; then all that was written is searched."""
    login = Login()
    (desk.folder / "keys.json").write_bytes(login.keys())
    (desk.folder / "issuers.toml").write_text(GRANTS)
    process, url = start(desk, "--database", "exchange.db", "--issuers", "issuers.toml")
    tokens = {who: desk.folder / f"token-{who}" for who in ALLIES}
    served = Served(desk, url, desk.folder / "exchange.db", tokens, process)
    signed = login.token(time.time())
    expired = login.token(time.time() - 9999)
    basic = b64encode(f"A@allies.example:{served.token('A')}".encode()).decode()
    wrong = f"slt_{'0' * 12}_{MARK}{'A' * (43 - len(MARK))}"
    said = bytearray()

    code, text = push(served, bundle(desk.folder / "x.json", indicator(1), indicator(2, "red")))
    assert code == 1
    said += text.encode()
    for value in (
        f"Bearer {signed}", f"Bearer {expired}", f"Basic {basic}", f"Bearer {wrong}",
        f"Basic {b64encode(f'{MARK}:{MARK}'.encode()).decode()}", f"Digest {MARK}", MARK,
    ):  # fmt: skip
        for path in (OBJECTS, "/nowhere/", OBJECTS + "?limit=0"):
            said += served.request(path, Authorization=value)[2]
    said += str(
        raw(served, b"GET / HTTP/1.1\r\nAuthorization: " + MARK.encode() + b"\r\n\r\n")
    ).encode()
    with closing(sqlite3.connect(served.database, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        ((status, error),) = raw(
            served, post(served, json.dumps({"objects": [indicator(9)]}).encode())
        )
        assert status == 503
        said += str(error).encode()
        connection.execute("ROLLBACK")
        connection.execute("UPDATE register SET document = x'7b'")
        connection.execute("INSERT INTO register (at, document) VALUES (0, x'7b')")
    ((status, error),) = raw(served, head(served, "GET", "/taxii2/"))
    assert (status, error["http_status"]) == (500, "500")
    said += str(error).encode()
    process.send_signal(signal.SIGTERM)
    assert process.stderr
    log = process.stderr.read()
    process.wait(timeout=PATIENCE_S)
    process.stderr.close()
    assert b"Traceback" in log  # the log does say how it failed

    kept = b"".join(path.read_bytes() for path in desk.folder.glob("exchange.db*"))
    assert b"allies.example" in kept
    secrets = [served.token(who).split("_", 2)[2] for who in ALLIES]
    secrets += [signed, signed.split(".")[2], expired.split(".")[2], basic, wrong.split("_", 2)[2]]
    for secret in (*secrets, f"{MARK}:{MARK}", b64encode(f"{MARK}:{MARK}".encode()).decode()):
        for place, data in (("log", log), ("database", kept), ("answers", bytes(said))):
            assert secret.encode() not in data, place
    for place, data in (("log", log), ("answers", bytes(said))):
        assert MARK.encode() not in data, place
