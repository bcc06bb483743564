"""Memory is given back when there is much of it, wherever Python runs."""

import pytest

from sidelight.hunt import memory


@pytest.mark.parametrize("much", [0, 1 << 50])
@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_giving_back_is_never_in_the_way(
    much: int, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trimmed: list[int] = []
    monkeypatch.setattr(memory, "MUCH", much)
    monkeypatch.setattr(memory.sys, "platform", platform)
    if platform == "linux":
        monkeypatch.setattr(memory, "_of_libc", lambda name: trimmed.append)
    memory.give_back()
    assert trimmed == ([0] if platform == "linux" and not much else [])
