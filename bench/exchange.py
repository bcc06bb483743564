"""Measure the exchange: how fast it accepts, pages and tells, and what it holds meanwhile.

    python bench/exchange.py [--objects N] [--peer-objects N] [--streams N] [--peers PYTHON]
                             [--out PAGE]

*PYTHON* is the interpreter of an environment with medallion, opentaxii and sqlalchemy below 2.
Times of servers are their processor time; a machine that has other work stretches the wall clock.
"""

import argparse
import asyncio
import datetime as dt
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import orjson
from page import Row, machine, write_page
from taxii_servers import (
    MEDIA_TYPE,
    Server,
    start_medallion,
    start_opentaxii,
    start_sidelight,
)

_BATCH: Final = 500
_PAGE: Final = 100
_GREEN: Final = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
_PORT: Final = 16180
_HEAD: Final = """<!-- Written by bench/exchange.py: do not edit. -->

# Benchmarks of the exchange

What the last `make bench-exchange` measured, on SQLite, over loopback. A rate is what the server
does in a second of its own processor time; the wall clock is said beside it, and holds the client
on the same machine as well. medallion 3.0 keeps objects in memory, OpenTAXII 0.9 in SQLite, each on
the server that it comes with; OpenTAXII's replies to POST would all be 500 there, so the bench
writes them for it. What they cost grows with the square of what they hold, so they hold less.
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many were done in how much time of the server's processor and of the clock."""

    count: int
    cpu: float
    wall: float

    def __str__(self) -> str:
        return (
            f"{self.count / max(self.cpu, 0.01):,.0f}/s of CPU "
            f"({self.count:,} in {self.cpu:.1f} s CPU, {self.wall:.1f} s wall)"
        )


def main() -> None:
    """Measure, print and write the page."""
    given = _arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = []
        for row in _measured(folder, given):
            print(row.line(), flush=True)
            rows.append(row)
    missing = [] if given.peers else ["medallion and OpenTAXII: they were not at hand."]
    facts = {k: v for k, v in machine("").items() if k not in {"Rules", "Packages"}}
    write_page(given.out, facts, rows, missing, head=_HEAD)


def _measured(folder: Path, given: argparse.Namespace) -> Iterator[Row]:
    yield from _scale(folder, given.objects, given.streams)
    yield from _peers(folder, given.peers, given.peer_objects)


def _scale(folder: Path, count: int, streams: int) -> Iterator[Row]:
    server = start_sidelight(folder / "scale")
    try:
        start = server.memory()
        rate, held = post(server, count)
        goal = "≥ 3,000 objects/s"
        yield Row(f"accepts {count:,} objects", goal, str(rate), rate.count / rate.cpu >= 3000)
        ends = _ends(server)
        first, last = (ends[place] * 1000 for place in ("start", "end"))
        yield Row(
            f"a page of {_PAGE} at the end of {count:,}",
            "≤ 1.5 times one at the start",
            f"{last / first:.2f} times ({first:.2f} and {last:.2f} ms of CPU)",
            last <= 1.5 * first,
        )
        grown = held[-1] - held[len(held) // 2]
        yield Row(
            "memory while it accepts",
            "flat: the second half adds under 10 %",
            f"{start:.0f} MB at the start, {held[len(held) // 2]:.0f} MB halfway, "
            f"{held[-1]:.0f} MB at the end",
            grown < 0.1 * held[len(held) // 2],
        )
        yield asyncio.run(_told(server, streams))
    finally:
        server.stop()


def _peers(folder: Path, python: Path | None, count: int) -> list[Row]:
    """Hold the same objects in each server, and walk all their pages."""
    found: dict[str, tuple[Rate, Rate]] = {}
    servers = [lambda: start_sidelight(folder / "beside")]
    if python:
        servers += [
            lambda: start_medallion(python, folder / "medallion", _PORT),
            lambda: start_opentaxii(python, folder / "opentaxii", _PORT + 1),
        ]
    for start in servers:
        server = start()
        try:
            accepted, _ = post(server, count)
            found[server.name] = accepted, walk(server, count)
        finally:
            server.stop()
    rows = []
    for name, (accepted, paged) in found.items():
        rows.append(Row(f"{name} accepts {count:,} objects", "none", str(accepted), None))
        rows.append(Row(f"{name} gives all of them, by pages of {_PAGE}", "none", str(paged), None))
    ours = found.pop("Sidelight")[1]
    if found:
        name, best = max(
            ((name, each[1]) for name, each in found.items()), key=lambda pair: 1 / pair[1].cpu
        )
        times = best.cpu / max(ours.cpu, 0.01)
        what = f"pages, against the faster peer ({name})"
        rows.append(Row(what, "≥ 20 times", f"{times:.0f} times", times >= 20))
    return rows


def post(server: Server, count: int) -> tuple[Rate, list[float]]:
    """Send *count* objects; give how fast they were accepted, and the memory along the way.

    Every reply is held against what was sent: all must be taken.
    """
    chance = random.Random(1)
    held = []
    cpu, begun = server.cpu(), time.monotonic()
    headers = {"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE, **server.sender}
    with httpx.Client(headers=headers, timeout=600) as client:
        for start in range(0, count, _BATCH):
            some = [_indicator(each, chance) for each in range(start, min(start + _BATCH, count))]
            reply = client.post(server.objects, content=orjson.dumps({"objects": some}))
            status = reply.json() if reply.status_code == 202 else {}
            if not status or status.get("failure_count"):
                sys.exit(f"{server.name} refuses: {reply.status_code} {reply.text[:300]}")
            while status["status"] != "complete":
                place = server.objects.partition("/collections/")[0]
                status = client.get(f"{place}/status/{status['id']}/").json()
            if start % (max(count // 20, 1)) < _BATCH:
                held.append(server.memory())
    held.append(server.memory())
    return Rate(count, server.cpu() - cpu, time.monotonic() - begun), held


def walk(server: Server, count: int) -> Rate:
    """Read all pages, and see that every object came once."""
    cpu, begun = server.cpu(), time.monotonic()
    seen: set[str] = set()
    got = 0
    parameters: dict[str, str] = {"limit": str(_PAGE)}
    with httpx.Client(headers={"Accept": MEDIA_TYPE, **server.reader}, timeout=600) as client:
        for _ in itertools.count():
            page = client.get(server.objects, params=parameters).json()
            found = [each["id"] for each in page.get("objects", [])]
            got += len(found)
            seen.update(found)
            if not page.get("more"):
                break
            parameters["next"] = page["next"]
    if (got, len(seen)) != (count, count):
        print(f"{server.name} gave {got:,} objects, {len(seen):,} different, of {count:,}")
    return Rate(count, server.cpu() - cpu, time.monotonic() - begun)


def _ends(server: Server, times: int = 200) -> Mapping[str, float]:
    """Give what a page costs at the start and at the end, in seconds of the server's CPU."""
    found = {}
    with httpx.Client(headers={"Accept": MEDIA_TYPE, **server.reader}, timeout=60) as client:
        first = client.get(server.objects, params={"limit": _PAGE})
        begun = _instant(first.headers["X-TAXII-Date-Added-First"])
        late = _late(client, server, begun)
        for name, after in (("start", None), ("end", late)):
            parameters = {"limit": str(_PAGE), **({"added_after": after} if after else {})}
            for _ in range(10):
                client.get(server.objects, params=parameters)
            cpu = server.cpu()
            for _ in range(times):
                page = client.get(server.objects, params=parameters).json()
                assert len(page["objects"]) == _PAGE
            found[name] = (server.cpu() - cpu) / times
    return found


def _late(client: httpx.Client, server: Server, begun: dt.datetime) -> str:
    """Find, by halving, an instant after which there are a few hundred objects left."""
    low, high = begun, dt.datetime.now(dt.UTC)
    while True:
        middle = low + (high - low) / 2
        page = client.get(
            server.objects, params={"limit": "1000", "added_after": _shown(middle)}
        ).json()
        left = len(page.get("objects", ()))
        if page.get("more"):
            low = middle
        elif left < _PAGE:
            high = middle
        else:
            return _shown(middle)


async def _told(server: Server, streams: int) -> Row:
    """Open streams, add an object, and time until each has it."""
    arrived: list[float] = []
    wanted = f"indicator--{_uuid(10**9)}".encode()
    ready, all_of_them = asyncio.Semaphore(0), asyncio.Event()
    url = httpx.URL(server.objects.removesuffix("objects/") + "stream/")
    begun = dt.datetime.now(dt.UTC)

    async def listen() -> None:
        reader, writer = await asyncio.open_connection(url.host, url.port)
        head = f"GET {url.path} HTTP/1.1\r\nHost: {url.host}\r\nAccept: text/event-stream\r\n"
        head += f"Last-Event-ID: {_shown(begun)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in server.reader.items())
        writer.write(head.encode() + b"\r\n")
        while line := await reader.readline():
            if b": open" in line:
                ready.release()
            if wanted in line:
                arrived.append(time.monotonic())
                break
            if line.startswith(b"HTTP/1.1") and b" 200 " not in line:
                sys.exit(f"a stream is refused: {line!r}")
        if len(arrived) == streams:
            all_of_them.set()
        await all_of_them.wait()
        writer.close()

    tasks = [asyncio.create_task(listen()) for _ in range(streams)]
    for _ in range(streams):
        await ready.acquire()
    held, cpu = server.memory(), server.cpu()
    await asyncio.sleep(10)
    idle = (server.cpu() - cpu) / 10
    headers = {"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE, **server.sender}
    body = orjson.dumps({"objects": [_indicator(10**9, random.Random(2))]})
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        reply = await client.post(server.objects, content=body)
    sent = time.monotonic()
    assert reply.json()["success_count"] == 1, reply.text
    try:
        await asyncio.wait_for(all_of_them.wait(), 60)
    except TimeoutError:
        for task in tasks:
            task.cancel()
    waits = [each - sent for each in arrived] or [60.0]
    return Row(
        f"{streams} streams are told of an object",
        "all, within 2 s",
        f"{len(arrived)}: half of them after {statistics.median(waits):.2f} s, the last after "
        f"{max(waits):.2f} s; {held:.0f} MB held, {idle * 100:.0f} % of a core while idle",
        len(arrived) == streams and max(waits) <= 2,
    )


def _indicator(number: int, chance: random.Random) -> dict[str, object]:
    name = f"{chance.getrandbits(64):016x}.example"
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{_uuid(number)}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "name": f"seen at {name}",
        "description": f"Number {number}: " + "a beacon that was seen to call out. " * 4,
        "indicator_types": ["malicious-activity"],
        "pattern": f"[domain-name:value = '{name}']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
        "object_marking_refs": [_GREEN],
    }


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def _instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _shown(instant: dt.datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S.%f}Z"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument("--peer-objects", type=int, default=4_000)
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--peers", type=Path)
    page = Path(__file__).resolve().parents[1] / "docs" / "reference" / "exchange-benchmarks.md"
    parser.add_argument("--out", type=Path, default=page)
    return parser.parse_args()


if __name__ == "__main__":
    main()
