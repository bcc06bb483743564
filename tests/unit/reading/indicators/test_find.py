"""Observables: what is one, what is none, one edit apart."""

import json
from pathlib import Path

import pytest

from reading_cases import observed, reading
from sidelight.errors import UsageError
from sidelight.intel.warning import read_warnings
from sidelight.reading.indicators.observable import KINDS

MD5 = "0cc175b9c0f1b6a831c399e269772661"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("C2: 203.0.113[.]7", "ipv4 203.0.113.7"),
        ("it contacted 203.0.113.7:443.", "ipv4 203.0.113.7"),
        ("the server 9.8.7.6 answered", "ipv4 9.8.7.6"),
        ("scans of 198.51.100.0/24", "ipv4 198.51.100.0/24"),
        ("host 2001:db8::7 answered", "ipv6 2001:db8::7"),
        ("hxxps://evil[.]example[.]net/a?b=c", "url https://evil.example.net/a?b=c"),
        ("evil(dot)example(dot)net", "domain evil.example.net"),
        ("evil{.}example{.}zip", "domain evil.example.zip"),
        ("beacons to relay.example.net.", "domain relay.example.net"),
        ("from billing[@]example[.]com", "email billing@example.com"),
        (f"MD5 {MD5.upper()}", f"md5 {MD5}"),
        (f"imphash: {MD5}", f"imphash {MD5}"),
        (f"the JA3 is {MD5}", f"ja3 {MD5}"),
        ("cve-2024-3400 was used", "cve CVE-2024-3400"),
        ("it dropped setup.py there", "file setup.py"),
        ("a copy of wsprint.exe", "file wsprint.exe"),
        (r"in C:\Program Files\A b\x.dll, too", r"path C:\Program Files\A b\x.dll"),
        ("wrote /etc/ld.so.preload", "path /etc/ld.so.preload"),
        (r"HKLM\SOFTWARE\Classes\CLSID\x", r"registry-key HKLM\SOFTWARE\Classes\CLSID\x"),
        (r"a mutex named Global\abc_1 is", r"mutex Global\abc_1"),
        ("ran rundll32 C:\\a\\b.dll,Go then", "command rundll32 C:\\a\\b.dll,Go"),
        ("IMSI range 99970123xxxxxxx", "imsi 99970123xxxxxxx"),
        ("from GT 447700900123 it", "gt 447700900123"),
        ("the point code is 2-114-3", "point-code 2-114-3"),
        ("PLMN 999-70", "plmn 999-70"),
        ("origin realm epc.mnc070.mcc999.3gppnetwork.org",
         "diameter-realm epc.mnc070.mcc999.3gppnetwork.org"),
        ("rule a_b {\n condition:\n true\n}\n", "yara a_b"),
    ],
)  # fmt: skip
def test_an_observable_is_found(text: str, found: str) -> None:
    assert found in observed(text)
    assert found.split(maxsplit=1)[0] in KINDS


@pytest.mark.parametrize(
    "text",
    [
        "upgrade to version 9.8.7.6 now",
        "libcurl 8.5.0.1 is affected",
        "section 3.1.4.2 of the manual",
        "300.1.2.3 contacted the server",
        "it is served by asp.net",
        "the server runs node.js",
        "see readme.md and setup.py",
        "Original Article: https://news.example.org/telecom",
        "[our guide](https://docs.example.org/x) explains",
        f"commit {MD5}ffffffff fixed it",
        "UUID 6f1e0c7a-9d1b-4a53-8a4e-0c6f3b2d1e90",
        "the mutex was locked",
        "at 10:20:30 it ended",
        "powershell.exe was started",
        "the net result of it",
        "apn of the network",
        "cc @somebody",
    ],
)
def test_what_looks_like_an_observable_and_is_none(text: str) -> None:
    assert observed(text) == set()


def test_hidden_characters_are_seen_through_and_told() -> None:
    found = reading("C2: ev\u200bil[.]example[.]net").observed[0]
    assert found.value == "evil.example.net"
    assert "hidden characters" in found.remarks[0]


def test_letters_of_another_script_are_told_and_kept() -> None:
    found = reading("p\u0430y.example[.]com").observed[0]
    assert found.value == "p\u0430y.example.com"
    assert "it looks like pay.example.com" in found.remarks[0]


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("host 10.1.2[.]3", "private"),
        ("host 192.0.2[.]3", "documentation"),
        ("host 8.8.8[.]8", "resolver"),
        ("MD5 d41d8cd98f00b204e9800998ecf8427e", "empty file"),
    ],
)
def test_what_is_on_a_warning_list_is_marked_and_kept(text: str, remark: str) -> None:
    assert remark in reading(text).observed[0].remarks[0]


def test_lists_of_misp_are_read_where_their_type_is_known(tmp_path: Path) -> None:
    for name, kind in (("a", "hostname"), ("b", "regex")):
        (tmp_path / name).mkdir()
        listed = {"name": f"List {name}", "type": kind, "list": ["corp.example.net"]}
        (tmp_path / name / "list.json").write_text(json.dumps(listed), encoding="utf-8")
    warnings = read_warnings(tmp_path)
    titles = [each.title for each in warnings.of("www.corp.example.net")]
    assert "on the warning list 'List a'" in titles
    assert "regex" in warnings.notes[0]
    assert not warnings.of("corp.example.org.evil")


def test_a_folder_without_lists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no warning list"):
        read_warnings(tmp_path)


def test_a_span_holds_what_is_written() -> None:
    text = "One hxxp://a[.]example[.]net/x two."
    found = reading(text).observed[0]
    assert text[found.span.start : found.span.end] == "hxxp://a[.]example[.]net/x"


@pytest.mark.parametrize(
    "text",
    [
        "Contact: soc@evil-name.com for questions.",
        "Please write to soc@evil-name.com about it.",
        "The beacon used 192.168.0.0/16 inside.",
        "The service listens on 127.0.0.1:9000 and connects to 0.0.0.0:9443.",
        "The address 45.77.1.2 that connects is our own monitoring probe.",
        "Build hash 3f2504e04f8941d39a0c0305e82c3301 of the product.",
    ],
)
def test_what_is_no_trace_of_an_intrusion(text: str) -> None:
    assert observed(text) == set()


def test_numbers_in_a_list_are_all_taken() -> None:
    found = observed("MSISDN +447700900811, +447700900812 and +447700900813; IMSI 999011234500001")
    assert len(found) == 4
    assert "imsi 999011234500001" in found


def test_brackets_and_stops_of_east_asian_text_end_a_token() -> None:
    text = "\u300csvc_update.dll\u300d\u3001198.51.101[.]33\u3002"
    assert observed(text) == {"file svc_update.dll", "ipv4 198.51.101.33"}


def test_an_address_of_e_mail_is_no_file() -> None:
    assert observed("The payload was dumped. Mail joe@evil-name.fi now.") == {
        "email joe@evil-name.fi"
    }
