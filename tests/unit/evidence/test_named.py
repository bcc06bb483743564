import os
from pathlib import Path

import pytest

from sidelight.errors import UsageError
from sidelight.evidence.named import ABSENT, present
from sidelight.schema import Gap


def test_what_is_missing_beside_others_is_a_gap_once(tmp_path: Path) -> None:
    gaps: list[Gap] = []
    there, gone = str(tmp_path), str(tmp_path / "gone")
    assert present([gone, there, gone, "-"], gaps) == [there, "-"]
    assert [(gap.source, gap.text) for gap in gaps] == [(gone, ABSENT)]
    assert present([], []) == []


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("logs/Securty.evtx", "did you mean logs/Security.evtx?"),
        ("log", "did you mean logs?"),
        ("log/", "did you mean logs?"),
        ("./log", "did you mean ./logs?"),
        ("zebra", ""),
        ("gone/a", "nor is there gone"),
        ("logs/Security.evtx/a", ""),
        ("", ""),
    ],
)
def test_where_nothing_is_there_it_says_what_may_be_meant(
    path: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "Security.evtx").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as raised:
        present([path.replace("/", os.sep), "other"], [])
    assert raised.value.hint == hint.replace("/", os.sep)
