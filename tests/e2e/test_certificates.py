"""Mutual TLS: clients that show a certificate of an authority made for the test."""

import socket
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from allies import indicator
from authority import Authority, Signed, pem_of
from patience import PATIENCE_S, until

from .conftest import CommandLine
from .test_share import allied, bundle, desk, start, stop

__all__ = ("allied", "desk")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops the server by a signal")
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@contextmanager
def served(desk: CommandLine, authority: Authority, *options: str) -> Iterator[str]:
    own = authority.sign("server", x509.IPAddress(ip_address("127.0.0.1")))
    own.write(desk.folder / "server.pem")
    (desk.folder / "ca.pem").write_text(authority.own.pem)
    process, url = start(
        desk, "--database", "exchange.db", "--cert", "server.pem", "--key", "server.pem",
        "--client-ca", "ca.pem", *options,
    )  # fmt: skip
    try:
        yield url
    finally:
        stop(process)


def ask(
    url: str, desk: CommandLine, client: Signed | None, path: str = "/taxii2/", **headers: str
) -> int:
    context = ssl.create_default_context(cafile=str(desk.folder / "ca.pem"))
    if client:
        context.load_cert_chain(client.write(desk.folder / "client.pem"))
    try:
        request = urllib.request.Request(url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_S, context=context) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def refused(url: str, desk: CommandLine, client: Signed | None) -> bool:
    """Tell whether TLS itself turns a client away; with TLS 1.3 it sees that when it reads."""
    try:
        ask(url, desk, client)
    except (OSError, urllib.error.URLError):
        return True
    return False


def bind(desk: CommandLine, *arguments: str | Path) -> str:
    ran = desk("share", "certificate", "bind", *arguments, "--database", "exchange.db")
    assert ran.code == 0, ran.err
    return ran.out.decode().split()[0]


def test_a_bound_certificate_lets_in_until_it_is_revoked(
    desk: CommandLine, authority: Authority
) -> None:
    client, other = authority.sign("feed", x509.DNSName("feed.b.example")), authority.sign("feed")
    (desk.folder / "feed.pem").write_text(client.pem)
    token = (desk.folder / "token-A").read_text().strip()
    with served(desk, authority) as url:
        assert ask(url, desk, client) == 401
        ident = bind(desk, "B", "feed@b.example", "--file", "feed.pem", "--scope", "read")
        assert ask(url, desk, client) == 200
        assert ask(url, desk, other) == 401
        assert ask(url, desk, None) == 401
        assert ask(url, desk, None, Authorization=f"Bearer {token}") == 200
        assert ask(url, desk, client, Authorization=f"Bearer {token}") == 401
        listed = desk("share", "certificate", "list", "--database", "exchange.db").out.decode()
        assert f"{ident}  holds  B  feed@b.example  read" in listed
        ran = desk("share", "certificate", "revoke", ident, "--database", "exchange.db")
        assert ran.code == 0
        assert ask(url, desk, client) == 401
        assert desk("share", "certificate", "revoke", ident, "--database", "exchange.db").code == 1
        bind(desk, "B", "feed@b.example", "--name", "dns:Feed.B.example")
        # What was said of this very certificate still counts; the next one of that name is good.
        assert ask(url, desk, client) == 401
        assert ask(url, desk, authority.sign("x", x509.DNSName("feed.b.example"))) == 200


def test_tls_turns_away_what_is_of_another_authority_or_out_of_its_time(
    desk: CommandLine, authority: Authority
) -> None:
    stranger = Authority()  # of the same name, with another key
    with served(desk, authority) as url:
        for bad in (
            stranger.sign("feed"),
            authority.sign("feed", begins=-2 * HOUR, ends=-HOUR),
            authority.sign("feed", begins=HOUR, ends=2 * HOUR),
        ):
            assert refused(url, desk, bad)
        assert not refused(url, desk, authority.sign("feed"))


def test_a_list_of_revoked_certificates_and_the_need_of_one_are_honoured(
    desk: CommandLine, authority: Authority
) -> None:
    good, bad = authority.sign("good"), authority.sign("bad")
    bind(desk, "B", "feed", "--name", "subject:CN=good")
    bind(desk, "B", "feed", "--name", "subject:CN=bad")
    (desk.folder / "crl.pem").write_bytes(authority.taken_back(bad))
    with served(desk, authority, "--client-crl", "crl.pem", "--require-client-cert") as url:
        assert ask(url, desk, good) == 200
        assert refused(url, desk, bad)
        assert refused(url, desk, None)


def test_a_new_list_of_revoked_certificates_holds_without_a_start(
    desk: CommandLine, authority: Authority
) -> None:
    good, bad = authority.sign("good"), authority.sign("bad")
    bind(desk, "B", "feed", "--name", "subject:CN=good")
    bind(desk, "B", "feed", "--name", "subject:CN=bad")
    path = desk.folder / "crl.pem"
    path.write_bytes(authority.taken_back())
    with served(desk, authority, "--client-crl", "crl.pem") as url:
        assert ask(url, desk, good) == 200
        with resuming(url, desk, bad) as (context, session, open_one):
            path.write_bytes(b"no list")
            time.sleep(2.5)
            assert ask(url, desk, bad) == 200, "what is broken changes nothing"
            path.write_bytes(authority.taken_back(bad))
            assert until(lambda: refused(url, desk, bad))
            assert until(lambda: hung_up(open_one)), "one that is open ends, too"
            assert hung_up(connected(url, context, session)), "nor is an old session resumed"
        assert ask(url, desk, good) == 200
        assert ask(url, desk, None) == 401
        path.write_bytes(authority.taken_back())
        assert until(lambda: not refused(url, desk, bad))


def test_another_authority_holds_without_a_start(desk: CommandLine, authority: Authority) -> None:
    old, new = authority.sign("feed"), (other := Authority(called="another")).sign("feed")
    bind(desk, "B", "feed", "--name", "subject:CN=feed")
    path = desk.folder / "clients.pem"
    path.write_text(authority.own.pem)
    with served(desk, authority, "--client-ca", "clients.pem") as url:
        assert (ask(url, desk, old), refused(url, desk, new)) == (200, True)
        time.sleep(1.1)
        with resuming(url, desk, old) as (context, session, open_one):
            path.write_text(other.own.pem)
            assert until(lambda: refused(url, desk, old))
            assert until(lambda: hung_up(open_one)), "one that is open ends, too"
            assert hung_up(connected(url, context, session)), "nor is an old session resumed"
        assert until(lambda: not refused(url, desk, new))
        assert ask(url, desk, new) == 200


@contextmanager
def resuming(
    url: str, desk: CommandLine, client: Signed
) -> Iterator[tuple[ssl.SSLContext, ssl.SSLSession, ssl.SSLSocket]]:
    """Give a session of TLS 1.2, which a server may resume, and a connection that is open."""
    context = ssl.create_default_context(cafile=str(desk.folder / "ca.pem"))
    context.load_cert_chain(client.write(desk.folder / "client.pem"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with connected(url, context, None) as made:
        assert not hung_up(made)
        assert made.session
        yield context, made.session, made


def connected(url: str, context: ssl.SSLContext, session: ssl.SSLSession | None) -> ssl.SSLSocket:
    host, port = urlsplit(url).hostname, urlsplit(url).port
    plain = socket.create_connection((host, port), timeout=PATIENCE_S)
    return context.wrap_socket(plain, server_hostname=host, session=session)


def hung_up(made: ssl.SSLSocket) -> bool:
    """Tell whether nobody answers on a connection any more; it is closed then."""
    try:
        made.sendall(b"GET /taxii2/ HTTP/1.1\r\nHost: x\r\n\r\n")
        over = b"HTTP/1.1" not in made.recv(1 << 16)
    except OSError:
        over = True
    if over:
        made.close()
    return over


def test_what_cannot_be_kept_is_refused_before_anything_is_served(
    desk: CommandLine, authority: Authority
) -> None:
    (desk.folder / "no.pem").write_text("no certificate")
    authority.sign("x").write(desk.folder / "x.pem")
    tls = ("--cert", "x.pem", "--key", "x.pem")
    for options, said in (
        (("--client-ca", "no.pem"), "needs TLS"),
        ((*tls, "--require-client-cert"), "--client-ca"),
        ((*tls, "--client-crl", "no.pem"), "--client-ca"),
        ((*tls, "--client-ca", "no.pem"), "--client-ca: cannot be used"),
        ((*tls, "--client-ca", "nowhere.pem"), "--client-ca: cannot be used"),
        (("--cert", "x.pem"), "go together"),
        (("--cert", "no.pem", "--key", "no.pem"), "--cert and --key: cannot be used"),
        (("--host", "0.0.0.0"), "TLS is needed"),
        (("--host", "::"), "TLS is needed"),
    ):
        ran = desk("serve", "--port", "0", "--database", "exchange.db", *options)
        assert (ran.code, said in ran.err, "Traceback" in ran.err) == (2, True, False), ran.err
    for arguments in (
        ("--file", "no.pem"),
        ("--file", "nowhere.pem"),
        ("--name", "dns:"),
        ("--name", "serial:7"),
        ("--name", "sha256:7"),
        (),
        ("--file", "x.pem", "--name", "dns:x"),
    ):
        ran = desk(
            "share", "certificate", "bind", "B", "p", *arguments, "--database", "exchange.db"
        )
        assert (ran.code, "Traceback" in ran.err) == (2, False), ran.err


def test_our_own_client_shows_a_certificate(desk: CommandLine, authority: Authority) -> None:
    """It needs no token then: pull, push, what waits in the outbox, and peers."""
    client = authority.sign("feed")
    client.write(desk.folder / "both.pem")
    (desk.folder / "feed.pem").write_text(client.pem)
    (desk.folder / "feed.key").write_bytes(pem_of(client.key))
    bind(desk, "B", "feed", "--file", "feed.pem")
    bundle(desk.folder / "b.json", indicator(1), indicator(2, "clear"))
    with served(desk, authority, "--require-client-cert") as url:
        to = (url, "--collection", "finds", "--ca", "ca.pem")
        shown = ("--client-cert", "feed.pem", "--client-key", "feed.key")
        sent = desk("share", "push", "b.json", *to, *shown)
        assert (sent.code, b"2 of 2 objects taken" in sent.out) == (0, True), sent.err
        got = desk("share", "pull", *to, "--client-cert", "both.pem", "-o", "got.jsonl")
        assert (got.code, b"2 objects" in got.out) == (0, True), got.err
        bundle(desk.folder / "c.json", indicator(3))
        assert desk("share", "push", "c.json", *to, *shown, "--queue").code == 0
        assert b"1 of 1 objects taken" in desk("share", "outbox", "send").out
        assert desk("share", "pull", *to, "--token-file", "token-A", "-o", "x.jsonl").code == 2
        for bad in (("--client-cert", "none.pem"), ("--client-cert", "ca.pem"), shown[2:]):
            ran = desk("share", "pull", *to, *bad, "-o", "x.jsonl")
            assert (ran.code, "Traceback" in ran.err) == (2, False), ran.err
        (desk.folder / "peers.toml").write_text(
            f'us = "A"\n[[peer]]\nname = "b"\norganisation = "B"\nurl = "{url}"\nca = "ca.pem"\n'
            'client_cert = "feed.pem"\nclient_key = "feed.key"\n'
            'pull = [{theirs = "finds", ours = "finds"}]\n'
        )
        ran = desk("share", "peer", "run", "--peers", "peers.toml", "--database", "exchange.db")
        assert "stopped" not in ran.out.decode(), ran.out
        assert b"b pull" in ran.out or b"moved" in ran.out, ran.err
