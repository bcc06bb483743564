"""A connection to a server that was never started: requests go from function to function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from allies import TAXII, World
from sidelight.errors import ExchangeError
from sidelight.exchange.client import Client
from sidelight.exchange.connection import RefusalError, Reply, as_object

HERE = "http://server.example"


@dataclass
class Wire:
    """Asks *world* as *who*; *cut* says for each request whether it is lost, and how."""

    world: World
    who: str
    cut: Callable[[], str] = lambda: ""

    def get(self, url: str, parameters: Mapping[str, str] | None = None) -> Mapping[str, object]:
        return as_object(self.ask("GET", url, parameters or {}).content, url)

    def ask(
        self,
        method: str,
        url: str,
        parameters: Mapping[str, str],
        body: bytes | None = None,
        *,
        once: bool = False,
    ) -> Reply:
        del once
        how = self.cut()
        if how == "before":
            raise ExchangeError("cannot be reached", where=url)
        path = url.removeprefix(HERE)
        head = {"accept": TAXII, "content-type": TAXII}
        pairs = parameters.items()
        reply = self.world.ask(
            self.who, path, *pairs, method=method, body=body or b"", headers=head
        )
        if how == "after":
            raise ExchangeError("cannot be reached", where=url)
        if reply.status >= 300:
            why = f"refused with {reply.status}: {reply.body.decode()}"
            raise RefusalError(reply.status, why, url)
        return Reply(reply.status, "", httpx.Headers(list(reply.headers)), reply.body)


def client(world: World, who: str, cut: Callable[[], str] = lambda: "") -> Client:
    return Client(HERE, Wire(world, who, cut))  # type: ignore[arg-type]
