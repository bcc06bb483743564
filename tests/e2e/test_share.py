"""A server on loopback, with the command line and with clients of others."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from allies import TRILATERAL, address, indicator
from patience import PATIENCE_S, SOON_S
from sidelight.intel.markings import MARKINGS
from warm import Fork

from .conftest import CommandLine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops the server by a signal")


@dataclass(frozen=True)
class Served:
    """A server that runs, and a file with a token of each ally."""

    desk: CommandLine
    url: str
    database: Path
    tokens: dict[str, Path]
    process: Fork

    def token(self, who: str) -> str:
        return self.tokens[who].read_text().strip()

    def request(
        self, path: str, who: str = "A", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        head = {"Authorization": f"Bearer {self.token(who)}", **headers}
        request = urllib.request.Request(self.url + path, headers=head)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()


def start(desk: CommandLine, *options: str | Path) -> tuple[Fork, str]:
    process = desk.start("serve", "--port", "0", *options)
    assert process.stderr
    line = process.stderr.readline().decode()
    if not line.startswith("serving http"):
        pytest.fail(line + stop(process))
    return process, line.removeprefix("serving ").strip().removesuffix("/taxii2/")


def stop(process: Fork) -> str:
    """End a server, and give what it wrote to standard error."""
    process.terminate()
    process.wait(timeout=PATIENCE_S)
    assert process.stderr
    with process.stderr:
        return process.stderr.read().decode()


ALLIES = ("A", "B", "C", "G", "X")


def prepare(folder: Path, database: str = "exchange.db") -> None:
    desk = CommandLine(folder)
    (folder / "allies.toml").write_text(TRILATERAL)
    ran = desk("share", "apply", "allies.toml", "--database", database)
    assert ran.code == 0, ran.err
    for who in ALLIES:
        ran = desk("share", "token", "issue", who, f"{who}@allies.example", "--database", database)
        assert ran.code == 0, ran.err
        (folder / f"token-{who}").write_bytes(ran.out)


@pytest.fixture(scope="session")
def allied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database of allies, and a token of each."""
    folder = tmp_path_factory.mktemp("allied")
    prepare(folder)
    return folder


@pytest.fixture
def desk(allied: Path, tmp_path: Path) -> CommandLine:
    shutil.copytree(allied, tmp_path, dirs_exist_ok=True)
    return CommandLine(tmp_path)


@pytest.fixture
def served(desk: CommandLine) -> Iterator[Served]:
    process, url = start(desk, "--database", "exchange.db")
    tokens = {who: desk.folder / f"token-{who}" for who in ALLIES}
    yield Served(desk, url, desk.folder / "exchange.db", tokens, process)
    stop(process)


def bundle(path: Path, *items: dict[str, object]) -> Path:
    path.write_text(json.dumps({"type": "bundle", "id": "bundle--1", "objects": items}))
    return path


def push(served: Served, path: Path, who: str = "A", collection: str = "finds") -> tuple[int, str]:
    ran = served.desk(
        "share", "push", path, served.url, "--collection", collection,
        "--token-file", served.tokens[who],
    )  # fmt: skip
    return ran.code, ran.out.decode() + ran.err


def pull(served: Served, who: str, limit: int = 500) -> list[dict[str, object]]:
    path = served.desk.folder / f"got-{who}.jsonl"
    ran = served.desk(
        "share", "pull", served.url, "--collection", "finds", "-o", path,
        "--token-file", served.tokens[who], "--limit", str(limit),
    )  # fmt: skip
    assert ran.code == 0, ran.err
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_finding_reaches_whom_it_may_and_nobody_else(served: Served) -> None:
    items = (indicator(1, "amber"), indicator(2, "green"), indicator(3, "amber+strict"))
    path = bundle(served.desk.folder / "finds.json", *items)
    ran = served.desk(
        "share", "preview", path, "--collection", "finds", "--owner", "A",
        "--database", served.database,
    )  # fmt: skip
    foreseen = ran.out.decode()
    assert "B gets 1 object: amber-to-member" in foreseen
    assert "G does not get 1 object: circle-ceiling" in foreseen
    code, said = push(served, path)
    assert (code, said.splitlines()) == (0, ["3 of 3 objects taken by Finds"])
    got = {who: [one["name"] for one in pull(served, who)] for who in ("A", "B", "C", "G")}
    assert got == {
        "A": ["number 1", "number 2", "number 3"],
        "B": ["number 1", "number 2", "number 3"],
        "C": ["number 1", "number 2"],
        "G": ["number 2"],
    }
    ran = served.desk("share", "ledger", "--organisation", "G", "--database", served.database)
    (line,) = ran.out.decode().splitlines()
    assert str(indicator(2)["id"]) in line
    assert "G (G@allies.example)  objects" in line
    ran = served.desk("share", "audit", "verify", "--database", served.database)
    assert ran.code == 0
    assert b"entries fit" in ran.out


def test_a_pull_goes_on_where_the_last_one_ended(served: Served) -> None:
    folder = served.desk.folder
    push(served, bundle(folder / "one.json", *(indicator(number) for number in range(7))))
    assert len(pull(served, "B", limit=2)) == 7
    push(served, bundle(folder / "two.json", indicator(9), indicator(1)))
    assert [one["name"] for one in pull(served, "B", limit=2)][7:] == ["number 9"]
    with (folder / "got-B.jsonl").open("ab") as file:
        file.write(b'{"cut in the mid')
    assert len(pull(served, "B")) == 8


def test_what_is_refused_is_told_with_its_rule(served: Served) -> None:
    path = bundle(served.desk.folder / "bad.json", indicator(1, "red"), indicator(2))
    code, said = push(served, path)
    assert code == 1
    assert "1 of 2 objects taken" in said
    assert "1 refused: red-on-feed" in said
    code, said = push(served, path, who="C")
    assert (code, "refused with 403" in said) == (2, True)
    code, said = push(served, path, who="X")
    assert (code, "is no collection there for us" in said) == (2, True)


def test_a_preview_of_the_server_needs_no_database(served: Served) -> None:
    path = bundle(served.desk.folder / "finds.json", indicator(1, "amber"))
    ran = served.desk(
        "share", "preview", path, "--collection", "finds", "--each", "--server", served.url,
        "--token-file", served.tokens["A"],
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert f"no   G  {indicator(1)['id']}  circle-ceiling" in ran.out.decode()


def test_the_oasis_client_pages_through_everything(served: Served) -> None:
    """As its users write it: discovery, collections, pages of objects and of the manifest."""
    v21 = pytest.importorskip("taxii2client.v21")
    count = 25
    push(served, bundle(served.desk.folder / "a.json", *(indicator(n) for n in range(count))))
    server = v21.Server(
        served.url + "/taxii2/", user="B@allies.example", password=served.token("B")
    )
    (collection,) = server.default.collections
    for per_request in (0, 1, 4, 25, 30):
        pages = list(v21.as_pages(collection.get_objects, per_request=per_request))
        assert len([one for page in pages for one in page.get("objects", [])]) == count
        pages = list(v21.as_pages(collection.get_manifest, per_request=per_request))
        assert len([one for page in pages for one in page.get("objects", [])]) == count
    one = str(indicator(3)["id"])
    assert collection.get_object(one)["objects"][0]["name"] == "number 3"
    assert collection.object_versions(one)["versions"] == ["2026-01-01T00:00:00.000Z"]
    assert collection.get_objects(added_after="2999-01-01T00:00:00.000Z") == {}
    assert len(collection.get_objects(type="indicator", version="all")["objects"]) == count
    owner = v21.Collection(collection.url, user="A@allies.example", password=served.token("A"))
    status = owner.add_objects({"objects": [indicator(99)]})
    assert (status.status, status.success_count) == ("complete", 1)
    owner.delete_object(str(indicator(99)["id"]))
    server.close()
    owner.close()


def test_stix2_source_and_sink_work_against_the_server(served: Served) -> None:
    v21 = pytest.importorskip("taxii2client.v21")
    stix2 = pytest.importorskip("stix2")
    room = json.loads(served.request("/exchange/collections/finds/")[2])["id"]
    url = f"{served.url}/exchange/collections/{room}/"
    with v21.Collection(url, user="A@allies.example", password=served.token("A")) as own:
        sink = stix2.TAXIICollectionSink(own)
        made = stix2.v21.Malware(
            name="a stand-in", is_family=False, object_marking_refs=[MARKINGS["green"]]
        )
        sink.add(made)
        sink.add([stix2.parse(indicator(1)), stix2.parse(address("192.0.2.1"), allow_custom=True)])
    with v21.Collection(url, user="B@allies.example", password=served.token("B")) as theirs:
        source = stix2.TAXIICollectionSource(theirs)
        assert source.get(made.id) == made
        assert [one.name for one in source.all_versions(made.id)] == ["a stand-in"]
        found = source.query([stix2.Filter("type", "=", "indicator")])
        assert [one["name"] for one in found] == ["number 1"]


def test_errors_of_the_edge_are_taxii_too(served: Served) -> None:
    for path in ("/", "/taxii2", "/nowhere/", "/exchange/%00/", "/exchange/collections/%2e%2e/"):
        status, headers, body = served.request(path)
        assert headers["content-type"] == "application/taxii+json;version=2.1"
        if status != 200:
            assert json.loads(body)["http_status"] == str(status)
    status, headers, body = served.request("/taxii2/", Authorization="Bearer slt_wrong")
    assert (status, json.loads(body)["http_status"]) == (401, "401")
    assert "WWW-Authenticate" in headers or "www-authenticate" in headers


def test_too_many_wrong_tokens_are_not_listened_to(served: Served) -> None:
    codes = [served.request("/taxii2/", Authorization="Token wrong")[0] for _ in range(12)]
    assert codes == [401] * 10 + [429] * 2
    assert served.request("/taxii2/")[0] == 200  # an ally at the same address is no stranger
    ran = served.desk("share", "audit", "list", "--database", served.database)
    assert ran.out.count(b"login refused") == 10
    assert b"wrong" not in ran.out


def test_who_joins_after_the_clock_went_back_sees_nothing_of_before(desk: CommandLine) -> None:
    database, ahead = desk.folder / "exchange.db", time.time_ns() // 1000 + 3600 * 10**6
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE clock SET last = ?", (ahead,))
    wider = TRILATERAL.replace('members = ["A", "B", "G"]', 'members = ["A", "B", "G", "X"]')
    (desk.folder / "wider.toml").write_text(wider)
    assert desk("share", "apply", "wider.toml", "--database", database).code == 0
    with closing(sqlite3.connect(database)) as connection:
        (document,) = connection.execute(
            "SELECT document FROM register ORDER BY version DESC"
        ).fetchone()
    joined = [each["joined"] for circle in json.loads(document)["alliances"]["circles"].values()
              for each in circle["members"]]  # fmt: skip
    assert max(joined) == ahead + 1


def test_a_revoked_token_and_another_name_do_not_let_in(served: Served) -> None:
    text = f"A@allies.example:{served.token('B')}".encode()
    assert served.request("/taxii2/", Authorization="Basic " + b64encode(text).decode())[0] == 401
    ident = served.token("B").split("_")[1]
    ran = served.desk("share", "token", "revoke", ident, "--database", served.database)
    assert ran.code == 0
    status, _, revoked = served.request("/taxii2/", who="B")
    unknown = json.loads(served.request("/taxii2/", Authorization="Bearer x")[2])
    assert status == 401
    assert json.loads(revoked) | {"error_id": ""} == unknown | {"error_id": ""}
    ran = served.desk("share", "token", "revoke", ident, "--database", served.database)
    assert ran.code == 1


def test_a_stream_gives_what_is_new_soon_and_goes_on_after_a_cut(
    served: Served,
) -> None:
    path = "/exchange/collections/finds/stream/"
    push(served, bundle(served.desk.folder / "1.json", indicator(1), indicator(2, "amber")))

    def follow(who: str, last: str = "") -> Iterator[tuple[str, str]]:
        head = {"Authorization": f"Bearer {served.token(who)}"}
        request = urllib.request.Request(
            served.url + path, headers={**head, **({"Last-Event-ID": last} if last else {})}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            assert answer.status == 200
            ident = ""
            for line in answer:
                text = line.decode().rstrip("\n")
                if text.startswith("id: "):
                    ident = text.removeprefix("id: ")
                if text.startswith("data: "):
                    yield ident, json.loads(text.removeprefix("data: "))["name"]

    events = follow("G")
    ident, name = next(events)
    assert name == "number 1"
    push(served, bundle(served.desk.folder / "2.json", indicator(3, "amber"), indicator(4)))
    sent = time.monotonic()
    assert next(events)[1] == "number 4"
    assert time.monotonic() - sent < SOON_S
    events.close()  # type: ignore[attr-defined]
    again = follow("G", last=ident)
    assert next(again)[1] == "number 4"
    again.close()  # type: ignore[attr-defined]


def test_who_follows_gets_what_is_new_and_goes_on_without_loss(served: Served) -> None:
    """What is there already is left out; what came while nobody followed is got by --since."""

    def follow(*options: str) -> subprocess.Popen[bytes]:
        command = served.desk.arguments(
            "share", "follow", served.url, "--collection", "finds",
            "--token-file", served.tokens["B"], *options,
        )  # fmt: skip
        environment = dict(served.desk.environment)
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def put(*numbers: int) -> None:
        push(served, bundle(served.desk.folder / "x.json", *(indicator(n) for n in numbers)))

    def names(process: subprocess.Popen[bytes], count: int) -> list[str]:
        assert process.stdout
        return [json.loads(process.stdout.readline())["name"] for _ in range(count)]

    put(1, 2)
    first = follow()
    assert first.stderr
    assert first.stderr.readline().startswith(b"following Finds: what is added from now on")
    put(3)
    assert names(first, 1) == ["number 3"]
    first.send_signal(signal.SIGINT)
    said = first.communicate(timeout=PATIENCE_S)[1].decode()
    here = said.partition("to go on from here: --since ")[2].split()[0]
    put(4)
    second = follow("--since", here)
    put(5)
    got = names(second, 2)
    if got[0] == "number 3":  # Ctrl-C came between its line and the note that it was printed
        got = [*got[1:], *names(second, 1)]
    assert got == ["number 4", "number 5"]
    third = follow("--from-start")
    assert names(third, 5) == [f"number {n}" for n in range(1, 6)]
    for each in (second, third):
        each.kill()
        each.communicate()


def test_tls_is_served_and_needed_outside_this_machine(desk: CommandLine) -> None:
    tmp_path, database = desk.folder, "exchange.db"
    trustme = pytest.importorskip("trustme")
    refused = desk("serve", "--host", "0.0.0.0", "--database", database)
    assert (refused.code, "TLS is needed" in refused.err) == (2, True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    for blob in issued.cert_chain_pems:
        blob.write_to_path(tmp_path / "chain.pem", append=True)
    process, url = start(desk, "--database", database, "--cert", "chain.pem", "--key", "key.pem")
    try:
        assert url.startswith("https://")
        arguments = (
            "share", "pull", url, "--collection", "finds", "-o", "x.jsonl",
            "--token-file", "token-A",
        )  # fmt: skip
        trusted = desk(*arguments, "--ca", "ca.pem")
        assert trusted.code == 0, trusted.err
        assert desk(*arguments).code == 2
    finally:
        stop(process)


def test_without_a_register_nothing_is_served(tmp_path: Path) -> None:
    desk = CommandLine(tmp_path)
    ran = desk("serve", "--database", tmp_path / "x.db")
    assert (ran.code, "no register of allies yet" in ran.err) == (2, True)


def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path: Path) -> None:
    desk = CommandLine(tmp_path)
    (tmp_path / "broken.toml").write_text("[[organisation]]\nname = 'A'\n")
    (tmp_path / "no.db").write_bytes(b"this is no database" * 100)
    (tmp_path / "token").write_text("slt_x")
    for arguments in (
        ("share", "apply", "broken.toml"),
        ("share", "apply", "nothing.toml"),
        ("share", "show", "--database", "no.db"),
        ("share", "show", "--database", "nowhere://x"),
        ("share", "preview", "broken.toml", "--collection", "x", "--owner", "A"),
        ("share", "push", "broken.toml", "http://example.org", "--collection", "x"),
        ("share", "pull", "https://[", "--collection", "x", "-o", "y"),
        ("share", "token", "issue", "Nobody", "p"),
    ):
        ran = desk(*arguments)
        assert ran.code == 2, arguments
        assert "Traceback" not in ran.err
        assert ran.err.startswith("sidelight: ")


PAST = """\
[[organisation]]
name = "A"
country = "FR"
role = "operator"
gives = {government = "green"}
[[circle]]
name = "past"
members = ["A"]
legal_basis = "treaty"
legal_until = 2020-12-31
history = "all"
[[collection]]
title = "Finds"
circles = ["past"]
"""


def test_a_legal_basis_that_has_ended_is_shown_and_warned_of(desk: CommandLine) -> None:
    (desk.folder / "past.toml").write_text(PAST)
    for verb in (("apply", "past.toml"), ("show",)):
        ran = desk("share", *verb, "--database", "past.db")
        shown = ran.out.decode()
        assert ran.code == 0, ran.err
        assert "  gives: government green\n" in shown
        assert shown.endswith("  Finds  circles: past\n")
        assert "  history: all\n  legal basis: treaty, until 2020-12-31 (ended)\n" in shown
        assert "  gives: operator amber+strict, sector CERT amber+strict, gov" in shown
        assert ran.err.startswith("sidelight: circle past: its legal basis ended 2020-12-31: ")
    (desk.folder / "past.toml").write_text(PAST.replace("2020", "9999"))
    assert desk("share", "apply", "past.toml", "--database", "past.db").err == ""


def test_what_is_mistyped_is_named_as_it_was_written(desk: CommandLine) -> None:
    ran = desk("share", "apply", "nofile.toml", "--database", "heads.db")
    said = "sidelight: nofile.toml: cannot be read: No such file or directory\n"
    assert (ran.code, ran.err) == (2, said)
    verify = ("share", "audit", "verify", "--database", "heads.db", "--head")
    for head in ("0000", "g" * 64, "0" * 65):
        ran = desk(*verify, head)
        assert (ran.code, ran.err.startswith("sidelight: --head: is no hash")) == (2, True)
    assert desk(*verify, "1" * 64).code == 1
    (desk.folder / "token").write_text("x")
    follow = (
        "share",
        "follow",
        "https://127.0.0.1:1",
        "--collection",
        "x",
        "--token-file",
        "token",
    )
    ran = desk(*follow, "--since", "yesterday")
    assert (ran.code, "--since: 'yesterday' is no time" in ran.err) == (2, True)


def test_a_wrong_marking_is_reported_by_the_file_that_has_it(desk: CommandLine) -> None:
    settings = desk.folder / "xdg_config_home" / "sidelight" / "config.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[share]\ntlp = "yellow"\n')
    try:
        ran = desk("hunt", "nosuch")
    finally:
        settings.unlink()
    said = f"sidelight: {settings}: [share] tlp: no TLP label: 'yellow'"
    assert (ran.code, ran.err.startswith(said)) == (2, True)


def test_the_audit_log_shows_what_was_changed(desk: CommandLine) -> None:
    database = desk.folder / "exchange.db"
    ran = desk("share", "audit", "verify", "--database", database)
    head = ran.out.decode().split()[-1]
    with sqlite3.connect(database) as connection:
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("UPDATE audit SET actor = 'nobody' WHERE number = 2")
        connection.execute("DROP TRIGGER audit_update")
        connection.execute("DROP TRIGGER audit_delete")
        connection.execute("DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)")
    connection.close()
    assert desk("share", "audit", "verify", "--database", database).code == 0
    ran = desk("share", "audit", "verify", "--head", head, "--database", database)
    assert (ran.code, b"cut off" in ran.out) == (1, True)
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE audit SET actor = 'nobody' WHERE number = 2")
    connection.close()
    ran = desk("share", "audit", "verify", "--database", database)
    assert (ran.code, ran.out.startswith(b"entry 2 of")) == (1, True)


def test_after_kill_9_everything_that_was_taken_is_there_once(desk: CommandLine) -> None:
    tmp_path, database = desk.folder, "exchange.db"
    for number in range(3):
        process, url = start(desk, "--database", database)
        path = bundle(
            tmp_path / f"{number}.json", *(indicator(number * 50 + each) for each in range(50))
        )
        ran = desk("share", "push", path, url, "--collection", "finds", "--token-file", "token-A")
        assert ran.code == 0, ran.err
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stderr
        process.stderr.close()
    process, url = start(desk, "--database", database)
    try:
        ran = desk(
            "share", "pull", url, "--collection", "finds", "-o", "got.jsonl",
            "--token-file", "token-B", "--limit", "7",
        )  # fmt: skip
        assert ran.code == 0, ran.err
    finally:
        stop(process)
    got = [json.loads(line)["name"] for line in (tmp_path / "got.jsonl").read_text().splitlines()]
    assert got == [f"number {number}" for number in range(150)]
