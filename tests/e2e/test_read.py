"""A report read, kept, shown again and hunted for, as a person does it."""

import http.server
import json
import os
import shlex
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import report_files as files
from sidelight.cli.app import whole

from .conftest import CommandLine

REPORT = (
    "We investigated an intrusion at an operator in Laos. The group Quiet Door sideloaded "
    "libvlc.dll through googleupdate.exe. It ran in memory only.\n"
)


@pytest.fixture
def desk(tmp_path: Path) -> CommandLine:
    """Give the command line with a home of its own, so with a shelf of its own."""
    (tmp_path / "report.txt").write_text(REPORT, encoding="utf-8")
    return CommandLine(tmp_path)


def brief(desk: CommandLine, *arguments: object) -> dict[str, object]:
    ran = desk("read", *arguments, "--format", "json")
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    assert isinstance(document, dict)
    return document


def commands(document: object) -> Iterator[str]:
    match document:
        case {"commands": list(several)}:
            yield from several
        case dict():
            for inner in document.values():
                yield from commands(inner)
        case list():
            for inner in document:
                yield from commands(inner)


def parse(line: str) -> None:
    """Parse a command line as the program does, without running it."""
    program, *arguments = shlex.split(line)
    assert program == "sidelight"
    group = typer.main.get_command(whole())
    context = group.make_context("sidelight", [*arguments])
    name, command, rest = group.resolve_command(context, [*arguments])  # type: ignore[attr-defined]
    command.make_context(name, rest, parent=context)


def test_every_command_of_a_brief_exists(desk: CommandLine) -> None:
    text = f"{REPORT} A proxy relayed its traffic from a Linux host: T1090 and FGT5012."
    (desk.folder / "more.txt").write_text(text, encoding="utf-8")
    found = set(commands(brief(desk, "more.txt")))
    assert len(found) > 6
    assert any("--from-report" in line for line in found)
    for line in found:
        parse(line)


def test_a_report_is_kept_listed_shown_and_hunted_for(desk: CommandLine, small_range: Path) -> None:
    told = brief(desk, "report.txt")
    identity = str(told["id"])
    assert identity in desk("read", "--list").out.decode()
    assert brief(desk, "--show", identity[:5]) == told
    ran = desk("hunt", small_range, "--from-report", identity, "-q", "-f", "jsonl")
    assert f"hunting for report {identity}" in ran.err
    assert "sideload.load" in ran.err
    manifest = json.loads(ran.out.splitlines()[-1])
    assert manifest["options"]["from-report"].startswith(identity)


def test_a_hunt_for_a_report_finds_what_it_names(desk: CommandLine) -> None:
    identity = str(brief(desk, "report.txt")["id"])
    event = {
        "Event": {
            "System": {
                "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}},
                "EventID": 7,
                "Channel": "Microsoft-Windows-Sysmon/Operational",
                "Computer": "A",
                "EventRecordID": 1,
                "TimeCreated": {"#attributes": {"SystemTime": "2024-06-24T10:00:00Z"}},
            },
            "EventData": {
                "Image": "C:\\x\\googleupdate.exe",
                "ImageLoaded": "C:\\x\\libvlc.dll",
                "ProcessId": 4,
            },
        }
    }
    (desk.folder / "a.jsonl").write_text(json.dumps(event), encoding="utf-8")
    (desk.folder / "xdg_data_home" / "sidelight" / "rules").mkdir()  # empty: none are installed
    ran = desk("hunt", "a.jsonl", "--from-report", identity, "-q", "-f", "jsonl")
    assert ran.code == 1, ran.err
    titles = [rule["title"] for line in ran.out.splitlines() for rule in _rules(json.loads(line))]
    assert f"Report {identity}: googleupdate.exe loads libvlc.dll" in titles


def _rules(line: dict[str, object]) -> list[dict[str, object]]:
    rules = line.get("rules") if line["kind"] == "finding" else []
    return rules if isinstance(rules, list) else []


def test_a_report_that_names_nothing_to_hunt_is_refused(desk: CommandLine) -> None:
    (desk.folder / "empty.txt").write_text("The weather was fine.\n", encoding="utf-8")
    identity = brief(desk, "empty.txt")["id"]
    ran = desk("hunt", "report.txt", "--from-report", identity)
    assert ran.code == 2
    assert "nothing that can be hunted" in ran.err
    assert desk("hunt", "report.txt", "--from-report", "0000").code == 2


@pytest.mark.parametrize("form", ["md", "html", "json", "stix"])
def test_every_format_is_written_to_a_file(desk: CommandLine, form: str) -> None:
    ran = desk("read", "report.txt", "-f", form, "-o", "brief", "--tlp", "green")
    assert (ran.code, ran.out) == (0, b"")
    text = (desk.folder / "brief").read_text(encoding="utf-8")
    assert "Quiet Door" in text
    assert "green" in text.lower()


def test_a_folder_is_told_once(desk: CommandLine) -> None:
    folder = desk.folder / "inbox"
    folder.mkdir()
    (folder / "a.txt").write_text(REPORT, encoding="utf-8")
    first = brief(desk, "inbox")
    assert len(first["documents"]) == 1  # type: ignore[arg-type]
    ran = desk("read", "inbox")
    assert (ran.code, ran.out) == (0, b"")
    assert "nothing new" in ran.err
    (folder / "feed.xml").write_bytes(files.FEED)
    assert len(brief(desk, "inbox")["documents"]) == 2  # type: ignore[arg-type]
    assert len(brief(desk, "inbox", "--again")["documents"]) == 3  # type: ignore[arg-type]


def test_of_a_feed_that_grew_what_is_new_is_told_and_shown_again(desk: CommandLine) -> None:
    feed = desk.folder / "feed.xml"
    feed.write_bytes(files.FEED)
    assert len(brief(desk, "feed.xml")["documents"]) == 2  # type: ignore[arg-type]
    more = b"<item><title>Third</title><description>Naikon again.</description></item></channel>"
    feed.write_bytes(files.FEED.replace(b"</channel>", more))
    told = brief(desk, "feed.xml")
    assert [each["title"] for each in told["documents"]] == ["Third"]  # type: ignore[attr-defined]
    assert brief(desk, "--show", told["id"]) == {
        **told,
        "documents": [{**told["documents"][0]}],  # type: ignore[index]
    }


def test_what_cannot_be_read_is_told_and_the_rest_is_read(desk: CommandLine) -> None:
    (desk.folder / "scan.pdf").write_bytes(files.pdf([""]))
    ran = desk("read", "scan.pdf", "report.txt")
    assert ran.code == 3
    assert "it is a scan" in ran.err
    assert b"Quiet Door" in ran.out


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_told_and_the_rest_is_read(desk: CommandLine) -> None:
    (desk.folder / "inbox").mkdir()
    for name in ("a.txt", "b.txt"):
        (desk.folder / "inbox" / name).write_text(REPORT + name, encoding="utf-8")
    (desk.folder / "inbox" / "a.txt").chmod(0)
    ran = desk("read", "inbox")
    assert ran.code == 3
    assert "a.txt: cannot be read" in ran.err
    assert b"Quiet Door" in ran.out


@pytest.mark.parametrize(
    "arguments",
    [[], ["nowhere.txt"], ["report.txt", "--show", "a"], ["report.txt", "--tlp", "pink"]],
)
def test_wrong_use_is_a_sentence(desk: CommandLine, arguments: list[str]) -> None:
    ran = desk("read", *arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_an_address_is_fetched_where_it_is_named(desk: CommandLine) -> None:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"<html><body><p>{REPORT}</p></body></html>".encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/report"
        ran = desk("read", url, "--no-keep")
        assert b"Quiet Door" in ran.out
        assert f"fetching {url}" in ran.err
        assert desk("read", "--list").out == b""
        assert "not kept" in ran.err
    finally:
        server.shutdown()
        server.server_close()
    ran = desk("read", "http://reports.example.net/x")
    assert ran.code == 2
    assert "https only" in ran.err


def test_a_model_is_asked_only_where_it_is_named(desk: CommandLine) -> None:
    asked: list[bytes] = []
    claims = [
        {"quote": "The group Quiet Door", "id": "T1036"},
        {"quote": "It ran in memory only", "id": "T1055"},
        {"quote": "It ran in memory", "id": "T9999"},
    ]

    class Model(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            text = json.dumps({"techniques": claims})
            body = json.dumps({"choices": [{"message": {"content": text}}]}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/v1"
        assert brief(desk, "report.txt")["proposed"] is False
        assert asked == []
        ran = desk("read", "report.txt", "--endpoint", url, "--model", "m")
        assert b"a model proposed" in ran.out
        assert "refused: there is no technique" in ran.err
        assert f"sending the text of report.txt to {url}" in ran.err
        assert len(asked) == 1
    finally:
        server.shutdown()
        server.server_close()
    assert desk("read", "report.txt", "--endpoint", url).code == 2


def test_a_home_that_cannot_be_written_is_told_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text(REPORT)
    (tmp_path / "xdg_data_home").write_text("a file, and no folder")
    desk = CommandLine(tmp_path)
    ran = desk("read", tmp_path / "report.txt")
    assert ran.code == 2
    assert "the report cannot be kept" in ran.err
    assert "--no-keep" in ran.err
    assert desk("read", tmp_path / "report.txt", "--no-keep").code == 0
