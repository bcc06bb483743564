"""Two servers on one database are as one: on SQLite, and on PostgreSQL."""

import json
import shutil
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import databases
from allies import indicator
from patience import PATIENCE_S

from .conftest import CommandLine
from .test_hostile import OBJECTS, post, raw
from .test_share import ALLIES, Served, allied, prepare, start, stop

__all__ = ("allied",)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops the server by a signal")


@contextmanager
def running(desk: CommandLine, database: str) -> Iterator[Served]:
    process, url = start(desk, "--database", database)
    tokens = {who: desk.folder / f"token-{who}" for who in ALLIES}
    try:
        yield Served(desk, url, Path(database), tokens, process)
    finally:
        stop(process)


@pytest.fixture(params=["sqlite", "postgresql"])
def pair(
    request: pytest.FixtureRequest, allied: Path, tmp_path: Path
) -> Iterator[tuple[Served, Served, str]]:
    with ExitStack() as stack:
        database = "exchange.db"
        if request.param == "sqlite":
            shutil.copytree(allied, tmp_path, dirs_exist_ok=True)
        else:
            server = request.getfixturevalue("server")
            database = stack.enter_context(databases.fresh(server))
            prepare(tmp_path, database)
        desk = CommandLine(tmp_path)
        yield (
            stack.enter_context(running(desk, database)),
            stack.enter_context(running(desk, database)),
            database,
        )


def add(served: Served, *numbers: int) -> None:
    body = json.dumps({"objects": [indicator(number) for number in numbers]}).encode()
    ((status, said),) = raw(served, post(served, body))
    assert (status, said["success_count"]) == (202, len(numbers))


def test_two_servers_on_one_database_are_as_one(pair: tuple[Served, Served, str]) -> None:
    one, two, database = pair
    with ThreadPoolExecutor(4) as pool:
        work = [
            pool.submit(add, (one, two)[number % 2], *range(number * 5, number * 5 + 5))
            for number in range(12)
        ]
        for each in work:
            each.result()
    found, dates, path = [], [], f"{OBJECTS}?limit=7"
    for turn in range(20):
        status, headers, body = (one, two)[turn % 2].request(path, who="B")
        assert status == 200
        page = json.loads(body)
        found += [each["name"] for each in page["objects"]]
        named = {name.lower(): value for name, value in headers.items()}
        dates += [named["x-taxii-date-added-first"], named["x-taxii-date-added-last"]]
        if not page.get("more"):
            break
        path = f"{OBJECTS}?limit=7&next={page['next']}"
    assert sorted(found) == sorted(f"number {number}" for number in range(60))
    assert dates == sorted(dates)

    # What one takes, the other tells; what ends at one, ends at the other.
    head = {"Authorization": f"Bearer {two.token('B')}", "Last-Event-ID": dates[-1]}
    request = urllib.request.Request(two.url + OBJECTS.replace("objects", "stream"), headers=head)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as stream:
        add(one, 99)
        assert any(b"number 99" in line for line in stream)
    ident = one.token("B").split("_")[1]
    ran = one.desk("share", "token", "revoke", ident, "--database", database)
    assert ran.code == 0, ran.err
    assert [each.request("/taxii2/", who="B")[0] for each in (one, two)] == [401, 401]
    ran = one.desk("share", "audit", "verify", "--database", database)
    assert (ran.code, b"entries fit" in ran.out) == (0, True)
    ran = one.desk("share", "ledger", "--organisation", "B", "--database", database)
    lines = [line for line in ran.out.decode().splitlines() if "  objects  " in line]
    given = [word for line in lines for word in line.split() if word.startswith("indicator--")]
    assert len(given) == len(set(given)) == 60
