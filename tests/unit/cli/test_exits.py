"""One exit code for a command that does several things."""

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from allies import indicator
from broken_taxii import Broken, running
from sidelight.cli import received, transfer
from sidelight.cli.app import run
from sidelight.cli.exits import FOUND, INTERRUPTED, UNREADABLE, USAGE, worst
from sidelight.cli.received import Hunting, hunt_stream
from sidelight.errors import ExchangeError

ORDER = [INTERRUPTED, FOUND, USAGE, UNREADABLE, 0]


def test_the_worst_counts_in_whatever_order_they_come() -> None:
    for count in range(len(ORDER) + 1):
        for codes in permutations(ORDER, count):
            assert worst(codes) == next((each for each in ORDER if each in codes), 0)


@pytest.mark.parametrize("tells", [0, FOUND, ExchangeError("down")])
@pytest.mark.parametrize("hunts", [0, FOUND, UNREADABLE, INTERRUPTED])
@pytest.mark.parametrize("stuck", [False, True])
def test_pulling_hunting_and_telling_come_to_one_code(
    hunts: int,
    tells: int | ExchangeError,
    stuck: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = []

    def tell(*arguments: object) -> int:
        told.append(arguments)
        if isinstance(tells, ExchangeError):
            raise tells
        return tells

    monkeypatch.setattr(transfer, "hunt_received", lambda *_: hunts)
    monkeypatch.setattr(transfer, "tell", tell)
    (tmp_path / "token").write_text("t")
    server = Broken(held=[indicator(1), indicator(2)], most=1, promises=stuck)
    with running(server) as there:
        came_to = run(["share", "pull", there.url, "--collection", "Finds", "--token-file",
                       str(tmp_path / "token"), "-o", str(tmp_path / "got.jsonl"), "--kept",
                       str(tmp_path), "--hunt", str(tmp_path), "--sighting", "own"])  # fmt: skip
    failed = isinstance(tells, ExchangeError) and hunts != INTERRUPTED
    codes = {hunts}
    if hunts != INTERRUPTED:
        codes.add(USAGE if failed else int(str(tells)))
    if stuck:
        codes.add(USAGE)
    assert came_to == next(each for each in ORDER if each in codes)
    assert bool(told) == (hunts != INTERRUPTED), "after Ctrl-C nothing is sent"
    said = capsys.readouterr().err
    assert ("down" in said, "what came is in" in said) == (failed, stuck)


def test_a_stream_comes_to_the_worst_of_all_its_hunts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stream(codes: list[int]) -> int:
        left = iter(codes)
        monkeypatch.setattr(received, "hunt_received", lambda *_: next(left))
        monkeypatch.setattr(received, "_TOGETHER_S", 0.0)
        monkeypatch.setattr(received, "_AT_ONCE", 1)
        bodies: Iterator[bytes] = iter([b"indicator"] * (len(codes) // 2))
        return hunt_stream(bodies, Hunting([tmp_path], tmp_path, 1), lambda: next(left))

    assert stream([UNREADABLE, FOUND, 0, 0]) == FOUND
    assert stream([0, FOUND, UNREADABLE, 0]) == FOUND
    assert stream([UNREADABLE, 0, 0, 0]) == UNREADABLE
    assert stream([0, USAGE, UNREADABLE, 0]) == USAGE
