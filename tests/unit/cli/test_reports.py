"""Where reports come from: what cannot be had is told, and the rest is read."""

from pathlib import Path

import pytest

from sidelight.cli import reports
from sidelight.errors import EvidenceError, UsageError


def test_a_report_that_is_too_large_is_refused_and_not_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("12345", encoding="utf-8")
    (tmp_path / "b.txt").write_text("1234", encoding="utf-8")
    monkeypatch.setattr(reports, "MOST", 4)
    problems: list[EvidenceError] = []
    taken = list(reports.take([str(tmp_path)], problems))
    assert [Path(each.name).name for each in taken] == ["b.txt"]
    assert "is larger than" in str(problems[0])


def test_a_file_that_may_not_be_opened_is_a_problem_and_no_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")

    def start(path: Path) -> bytes:
        if path.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return path.read_bytes()

    monkeypatch.setattr(reports, "_start", start)
    problems: list[EvidenceError] = []
    taken = list(reports.take([str(tmp_path)], problems))
    assert [each.documents[0].text for each in taken] == ["b.txt"]
    assert [str(each) for each in problems] == [
        f"{tmp_path / 'a.txt'}: cannot be read: Permission denied"
    ]


def test_hidden_files_of_a_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.txt").write_text("x", encoding="utf-8")
    assert list(reports.take([str(tmp_path)], [])) == []


def test_what_is_not_there_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="no such file"):
        list(reports.take(["nowhere"], []))
