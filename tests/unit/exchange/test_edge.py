"""Requests at the edge, while the database cannot be written."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import event

from allies import BOTH, NOW, TAXII, World, envelope, indicator, objects, open_world
from sidelight.exchange.edge import Edge
from sidelight.exchange.store import tokens


@pytest.fixture
def world(tmp_path: Path) -> World:
    return open_world(tmp_path)


class Disk:
    """Lets the database be read only, as a disk does that the system mounted anew after a fault."""

    def __init__(self, world: World) -> None:
        self.readonly = False
        event.listen(world.library.engine, "checkout", self._checkout)

    def _checkout(self, connection: Any, *rest: object) -> None:
        del rest
        connection.execute(f"PRAGMA query_only = {int(self.readonly)}")


def asked(edge: Edge, token: str, method: str = "GET", body: bytes = b"") -> tuple[int, dict[str, str], dict[str, Any]]:  # fmt: skip # noqa: E501
    said: list[Mapping[str, Any]] = []
    head = {"authorization": f"Bearer {token}", "accept": TAXII, "content-type": TAXII}
    scope: Any = {
        "type": "http", "method": method, "path": objects(), "raw_path": objects().encode(),
        "query_string": b"", "client": ("127.0.0.1", 9),
        "headers": [(name.encode(), text.encode()) for name, text in head.items()],
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    asyncio.run(edge.respond(scope, receive, send))
    start, *parts = said
    headers = {name.decode(): text.decode() for name, text in start["headers"]}
    return start["status"], headers, orjson.loads(b"".join(each["body"] for each in parts))


def test_a_database_that_cannot_be_written_is_503_and_comes_back(world: World) -> None:
    disk, edge = Disk(world), Edge(world.library, lambda: NOW)
    issued = {
        who: tokens.issue(world.library.engine, world.caller(who).organisation, who, BOTH,
                          now=NOW, expires=NOW + 10**9, actor="test")
        for who in "AB"
    }  # fmt: skip
    first, second = (envelope([indicator(number)]) for number in (1, 2))
    assert asked(edge, issued["A"], "POST", first)[0] == 202
    assert asked(edge, issued["A"])[0] == 200

    disk.readonly = True
    for who, method, body in (("A", "POST", second), ("B", "GET", b"")):
        status, headers, error = asked(edge, issued[who], method, body)
        assert (status, error["http_status"], headers["retry-after"]) == (503, "503", "5")
        assert error["description"] == "the database does not answer now"
    assert asked(edge, issued["A"])[0] == 200, "what is in the ledger is given again"

    disk.readonly = False
    assert asked(edge, issued["A"], "POST", second)[0] == 202
    status, _, page = asked(edge, issued["B"])
    assert [each["name"] for each in page["objects"]] == ["number 1", "number 2"]
