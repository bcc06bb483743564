"""Memory is given back when there is much of it, wherever Python runs."""

from itertools import chain, repeat

import pytest

from sidelight.hunt import memory


@pytest.fixture
def trimmed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    found: list[int] = []
    monkeypatch.setattr(memory, "of_libc", lambda name: found.append)
    return found


def _held(monkeypatch: pytest.MonkeyPatch, *sizes: int) -> memory.Held:
    """Give what holds so many bytes whenever it looks, the last number from then on."""
    looks = chain(sizes, repeat(sizes[-1]))
    monkeypatch.setattr(memory, "_resident", lambda: next(looks))
    return memory.Held()


def test_nothing_is_given_back_below_the_limit(
    monkeypatch: pytest.MonkeyPatch, trimmed: list[int]
) -> None:
    held = _held(monkeypatch, 1 << 30, (1 << 30) + memory.MUCH)
    held.give_back()
    held.give_back()
    assert not trimmed


def test_what_a_process_has_grown_by_is_given_back_once(
    monkeypatch: pytest.MonkeyPatch, trimmed: list[int]
) -> None:
    grown = (1 << 30) + memory.MUCH + 1
    held = _held(monkeypatch, 1 << 30, grown)
    held.give_back()
    held.give_back()
    held.give_back()  # it is what stays, though nothing was free
    assert trimmed == [0]
    assert held.least == grown


def test_the_least_counts(monkeypatch: pytest.MonkeyPatch, trimmed: list[int]) -> None:
    held = _held(monkeypatch, 1 << 30, 1 << 20, 1 << 30)
    for _ in range(3):
        held.give_back()
    assert trimmed == [0]


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_trimming_is_never_in_the_way(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.sys, "platform", platform)
    memory.trim()


def test_a_library_without_it_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "of_libc", lambda name: None)
    memory.trim()
