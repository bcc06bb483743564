"""A pull against servers that are broken in the known ways; no socket is opened."""

import os
import re
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sidelight.errors import ExchangeError, UsageError
from sidelight.exchange import inbox
from sidelight.exchange.client import Client, Room
from sidelight.exchange.connection import RefusalError
from sidelight.exchange.inbox import pull, take_out
from sidelight.exchange.taxii.paging import Page
from sidelight.replacement import replace_file

ROOM = Room("https://cert.example/api/collections/1/", "1", "Finds", 1000)


@dataclass
class Script:
    """Plays a server: a page or an error for each request, and what was asked."""

    answers: list[tuple[list[bytes], Page] | Exception]
    asked: list[Mapping[str, str]] = field(default_factory=list)

    def page(self, room: Room, parameters: Mapping[str, str]) -> tuple[list[bytes], Page]:
        assert room is ROOM
        self.asked.append(parameters)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def one(number: int, *, more: bool = False, following: str = "") -> tuple[list[bytes], Page]:
    last = f"2026-01-0{number}T00:00:00.000000Z"
    return [b'{"id":"%d",\n"x":1}' % number], Page(1, more, following, last, last, f"m{number}")


def run(script: Script, path: Path) -> tuple[int, str]:
    client: Client = script  # type: ignore[assignment]
    done = pull(client, ROOM, path, limit=1)
    return done.objects, done.stuck


def lines(path: Path) -> list[str]:
    return [line[:8] for line in path.read_text().splitlines()]


def test_a_cut_pull_goes_on_by_date_and_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    cut = Script([one(1, more=True, following="n1"), one(2, more=True, following="n2"),
                  RefusalError(500, "broken", "x")])  # fmt: skip
    with pytest.raises(ExchangeError):
        run(cut, path)
    with path.open("ab") as file:
        file.write(b'{"half')
    again = Script([one(2, more=True, following="m1"), one(3)])
    assert run(again, path) == (1, "")
    assert again.asked[0] == {"added_after": "2026-01-01T23:59:59.999999Z", "limit": "1"}
    assert lines(path) == ['{"id":"1', '{"id":"2', '{"id":"3']
    later = Script([([], Page(0))])
    assert run(later, path) == (0, "")
    assert later.asked[0]["added_after"] == "2026-01-02T23:59:59.999999Z"


def test_a_cursor_of_an_older_release_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"id":"1"}\n{"id":"2"}\n')
    after = "2026-01-01T00:00:00.000000Z"
    (tmp_path / "x.jsonl.cursor").write_text(
        f'{{"collection":"{ROOM.url}","after":"{after}","length":11,"next":"n1","next_length":22}}'
    )
    run(Script([one(2)]), path)
    assert lines(path) == ['{"id":"1', '{"id":"2']


def test_a_file_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("{}\n")
    with pytest.raises(UsageError):
        run(Script([one(1)]), path)
    (tmp_path / "x.jsonl.cursor").write_text('{"collection":"https://elsewhere/"}')
    with pytest.raises(UsageError):
        run(Script([one(1)]), path)
    (tmp_path / "x.jsonl.cursor").write_text("{")
    with pytest.raises(UsageError):
        run(Script([one(1)]), path)
    assert path.read_text() == "{}\n"


@pytest.mark.parametrize("left", ["", '{"id":"1"'])
def test_a_file_that_lost_lines_is_not_filled_up(tmp_path: Path, left: str) -> None:
    path = tmp_path / "x.jsonl"
    run(Script([one(1)]), path)
    path.write_text(left)
    with pytest.raises(UsageError, match="shorter"):
        run(Script([one(2)]), path)
    assert path.read_text() == left
    path.unlink()
    with pytest.raises(UsageError, match="shorter"):
        run(Script([one(2)]), path)


def test_what_was_pulled_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        run(Script([one(1)]), tmp_path / "x.jsonl")
    finally:
        os.umask(before)
    assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("cut", ["", "before the file", "after the file"])
def test_lines_are_taken_out_and_a_pull_goes_on_wherever_that_is_cut(
    tmp_path: Path, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.jsonl"
    run(Script([one(1, more=True, following="a"), one(2, more=True, following="b"), one(3)]), path)
    with path.open("ab") as file:
        file.write(b'{"id":"4"}\n{"half')  # of a pull that was cut

    def stops(at: Path, *rest: object) -> None:
        if cut == "before the file" and at == path:
            raise KeyboardInterrupt
        replace_file(at, *rest)  # type: ignore[arg-type]
        if cut == "after the file" and at == path:
            raise KeyboardInterrupt

    monkeypatch.setattr(inbox, "replace_file", stops)
    goes = re.compile(rb'"id":"[14]"').search
    with pytest.raises(KeyboardInterrupt) if cut else nullcontext():
        assert take_out(path, lambda line: bool(goes(line))) == 2
    monkeypatch.undo()
    again = Script([one(4)])
    assert run(again, path) == (1, "")
    left = ["1", "2", "3", "4"] if cut == "before the file" else ["2", "3", "4"]
    assert [line[7] for line in path.read_text().splitlines()] == left
    assert again.asked[0]["added_after"].startswith("2026-01-02T23:59:59")


def test_a_file_that_lost_lines_is_still_said_to_have_after_some_were_taken_out(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x.jsonl"
    run(Script([one(1, more=True, following="a"), one(2)]), path)
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    assert take_out(path, lambda line: True) == 1
    with pytest.raises(UsageError, match="is shorter"):
        run(Script([]), path)
