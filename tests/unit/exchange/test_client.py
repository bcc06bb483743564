from collections.abc import Iterator

import httpx
import pytest

from broken_taxii import Broken, running
from sidelight.errors import ExchangeError
from sidelight.exchange import client as clients
from sidelight.exchange import connection as connections
from sidelight.exchange.client import Client, Event, Room, events
from sidelight.exchange.connection import Connection, RefusalError, cut


def test_server_sent_events_are_read_whatever_else_is_in_the_stream() -> None:
    lines = [": open", "", "id: 1", "event: object", 'data: {"a":', "data: 1}", "", "", ":beat", "",
             "id:2", "data:{}", "", "id: 3", "data: cut"]  # fmt: skip
    assert list(events(lines)) == [Event("1", b'{"a": 1}'), Event("2", b"{}")]


def test_lines_of_a_stream_end_where_server_sent_events_end_them_and_nowhere_else() -> None:
    text = 'data: {"a":"\u2028\u0085"}\r\n\rdata: b\n\ncut'
    octets = text.encode()
    for size in (1, 2, 3, 1000):
        parts = (octets[at : at + size] for at in range(0, len(octets), size))
        found = list(cut(parts, 100, "x"))
        assert found == ['data: {"a":"\u2028\u0085"}', "", "data: b", ""], size


def test_what_an_ally_wrote_comes_through_a_stream_as_it_is() -> None:
    body = '{"name":"one\u2028line"}'
    connection = Connection("t")
    reply = httpx.MockTransport(lambda _: httpx.Response(200, text=f"id: 1\ndata: {body}\n\n"))
    connection._http = httpx.Client(transport=reply)
    room = Room("http://x/", "", "", 0)
    assert list(Client("http://x", connection).follow(room, "")) == [Event("1", body.encode())]


def test_a_stream_without_an_end_of_line_or_event_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 1000

    with pytest.raises(ExchangeError, match="more than 5,000"):
        list(cut(endless(), 5000, "x"))
    monkeypatch.setattr(clients, "LARGEST", 5000)
    with pytest.raises(ExchangeError, match="more than 5,000"):
        list(events("data: " + "x" * 1000 for _ in iter(int, 1)))


def test_an_answer_that_comes_drop_by_drop_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_LONGEST_S", 0)
    connection = Connection("t")
    drops = httpx.MockTransport(lambda _: httpx.Response(200, content=iter([b"{", b"}"])))
    connection._http = httpx.Client(transport=drops)
    with pytest.raises(ExchangeError, match="takes more than"):
        connection.get("http://x/")


@pytest.mark.parametrize("root", ["http://[bad/", "/a\x00b/", "http://" + "a" * 70 + ".x/"])
def test_an_api_root_that_is_no_address_is_an_error_and_no_accident(root: str) -> None:
    connection = Connection("t", tries=1)
    reply = httpx.MockTransport(lambda _: httpx.Response(200, json={"api_roots": [root]}))
    connection._http = httpx.Client(transport=reply)
    with pytest.raises(ExchangeError):
        Client("http://x", connection).find("finds")


def test_an_address_that_is_none_is_not_asked_twice() -> None:
    for url in ("http://x/\x00", "http://" + "a" * 70 + ".x/"):
        with pytest.raises(RefusalError, match="is no address"):
            Connection("t").get(url)
        with pytest.raises(RefusalError, match="is no address"):
            list(Connection("t").lines(url, {}))


def test_a_server_without_tls_is_no_server_that_is_down() -> None:
    connection = Connection("token", tries=1)
    with running(Broken()) as far, pytest.raises(RefusalError, match="does not speak TLS"):
        connection.get(far.url.replace("http:", "https:"))
    connection.close()


def test_an_id_without_data_says_where_the_stream_is() -> None:
    lines = [": open", "id: 1", "", ": still here", "", "id: 2", "event: object", "data: {}", ""]
    assert list(events(lines)) == [Event("1", b"", "place"), Event("2", b"{}")]
