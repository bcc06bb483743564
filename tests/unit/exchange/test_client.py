from sidelight.exchange.client import Event, events


def test_server_sent_events_are_read_whatever_else_is_in_the_stream() -> None:
    lines = [": open", "", "id: 1", "event: object", 'data: {"a":', "data: 1}", "", "", ":beat", "",
             "id:2", "data:{}", "", "id: 3", "data: cut"]  # fmt: skip
    assert list(events(lines)) == [Event("1", b'{"a": 1}'), Event("2", b"{}")]
