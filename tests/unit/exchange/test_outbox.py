"""The outbox: on the disk first, in order, once, and nothing leaves it by itself."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sidelight.errors import UsageError
from sidelight.exchange.outbox import Destination, Item, Outbox

TO = Destination("https://cert.example", "finds", "/token")
OTHER = Destination("https://elsewhere.example", "finds", "/token")


def body(number: int) -> bytes:
    return b'{"id":"indicator--%d","modified":"2026"}' % number


@pytest.fixture
def box(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "folder" / "outbox.db")


def test_it_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    Outbox(tmp_path / "outbox.db").close()
    assert (tmp_path / "outbox.db").stat().st_mode & 0o077 == 0


def waiting(box: Outbox, place: int = 1) -> list[bytes]:
    return [each.body for each in box.items(place, "waiting")]


def test_what_is_put_waits_in_order_and_once(box: Outbox) -> None:
    assert box.put(TO, [body(2), body(1), body(2)], 5) == [1, 2]
    assert len(box.put(TO, [body(1), body(3)], 6)) == 1
    assert len(box.put(OTHER, [body(1)], 6)) == 1
    assert waiting(box) == [body(2), body(1), body(3)]
    assert [(each.waiting, each.sent) for each in box.standings()] == [(3, 0), (1, 0)]


def test_what_is_taken_leaves_and_what_is_refused_stays_with_its_reason(box: Outbox) -> None:
    box.put(TO, [body(1), body(2), body(3)], 5)
    one, two, _ = box.items(1, "waiting")
    box.fail(1, "down", 99)
    box.settle(1, [one], [Item(two.number, two.body, 5, "refused", "unmarked: it is")])
    (standing,) = box.standings()
    assert (standing.waiting, standing.refused, standing.sent) == (1, 1, 1)
    assert (standing.failures, standing.due, standing.why) == (0, 0, "")
    (bad,) = box.items(1, "refused")
    assert (bad.why, bad.name) == ("unmarked: it is", "indicator--2 2026")
    assert box.retry() == 1
    assert waiting(box) == [body(2), body(3)]


def test_what_was_refused_and_comes_again_waits_behind_the_others(box: Outbox) -> None:
    box.put(TO, [body(1), body(2)], 5)
    one, _ = box.items(1, "waiting")
    box.settle(1, [], [one])
    assert len(box.put(TO, [body(1)], 6)) == 1
    assert waiting(box) == [body(2), body(1)]


def test_only_what_is_named_is_dropped(box: Outbox) -> None:
    box.put(TO, [body(1), body(2), body(3)], 5)
    one, *_ = box.items(1, "waiting")
    box.settle(1, [], [one])
    assert box.drop([]) == 0
    assert box.drop([2]) == 1
    assert box.drop((), refused=True) == 1
    assert waiting(box) == [body(3)]


def test_a_failure_is_counted_until_something_goes_through(box: Outbox) -> None:
    box.put(TO, [body(1)], 5)
    box.fail(1, "down", 70)
    box.fail(1, "still down", 90)
    (standing,) = box.standings()
    assert (standing.failures, standing.due, standing.why) == (2, 90, "still down")


def test_a_full_disk_is_said_and_queues_nothing(box: Outbox) -> None:
    box.put(TO, [body(1)], 5)
    (pages,) = box.base.execute("PRAGMA page_count").fetchone()
    box.base.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(UsageError, match=r"full.*nothing was queued"):
        box.put(TO, [b"%d" % number + b"x" * 4000 for number in range(100)], 6)
    assert waiting(box) == [body(1)]


def test_what_is_no_outbox_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(UsageError, match="no outbox"):
        Outbox(path)
    assert path.read_bytes() == b"this is no database" * 100
    newer = tmp_path / "newer.db"
    with sqlite3.connect(newer) as base:
        base.execute("PRAGMA user_version = 7")
    base.close()
    with pytest.raises(UsageError, match="another release"):
        Outbox(newer)


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process")
def test_what_was_put_before_a_kill_is_there(tmp_path: Path) -> None:
    """The writer says a number when it is told that it is accepted, and dies with no warning."""
    program = (
        "import os, sys; from pathlib import Path;"
        "from sidelight.exchange.outbox import Destination, Outbox;"
        "box = Outbox(Path(sys.argv[1])); to = Destination('https://x.example', 'c', 't');"
        '[(box.put(to, [b\'{"id":"%d"}\' % n], 1), print(n, flush=True)) for n in range(20)];'
        "os.kill(os.getpid(), 9)"
    )
    path = tmp_path / "outbox.db"
    done = subprocess.run(
        [sys.executable, "-c", program, path],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    said = done.stdout.split()
    assert len(said) == 20, done.stderr
    assert waiting(Outbox(path)) == [b'{"id":"%s"}' % each for each in said]


def test_an_outbox_of_before_certificates_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with closing(Outbox(path)) as box:
        box.put(TO, [b"{}"], 1)
    with closing(sqlite3.connect(path)) as base:
        base.executescript(
            "ALTER TABLE place DROP COLUMN certificate; ALTER TABLE place DROP COLUMN client_key;"
            "PRAGMA user_version = 1;"
        )
    shown = replace(TO, certificate="/feed.pem", key="/feed.key")
    with closing(Outbox(path)) as box:
        assert [each.destination for each in box.standings()] == [TO]
        box.put(shown, [b"{}"], 2)
        [standing] = box.standings()
    assert (standing.destination, standing.waiting) == (shown, 1)
