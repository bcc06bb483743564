"""YARA rules out of a folder."""

import sys
from pathlib import Path

import pytest

from sidelight.errors import UsageError
from sidelight.evidence.yara.pack import compile_folder

GOOD = "rule good { condition: true }\n"


def folder(tmp_path: Path, **files: str) -> Path:
    (tmp_path / "in").mkdir()
    for name, text in files.items():
        (tmp_path / "in" / f"{name}.yar").write_text(text)
    return tmp_path


def test_a_rule_that_does_not_compile_is_named_and_the_rest_runs(tmp_path: Path) -> None:
    pytest.importorskip("yara_x")
    bad = GOOD + "rule bad { condition: $b }\nrule fine { condition: true }\n"
    pack = compile_folder(folder(tmp_path, a=bad, b=GOOD))
    assert pack.count == 3
    (flaw,) = pack.flaws
    assert (Path(flaw.path).name, flaw.line) == ("a.yar", 2)
    assert "$b" in flaw.reason


def test_no_rule_reaches_outside_of_the_folder(tmp_path: Path) -> None:
    pytest.importorskip("yara_x")
    (tmp_path / "other.yar").write_text(GOOD)
    pack = compile_folder(folder(tmp_path, a=f'include "{tmp_path}/other.yar"', b=GOOD) / "in")
    assert (pack.count, len(pack.flaws)) == (1, 1)


def test_the_digest_tells_rules_apart(tmp_path: Path) -> None:
    pytest.importorskip("yara_x")
    first = compile_folder(folder(tmp_path, a=GOOD)).digest
    (tmp_path / "in" / "a.yar").write_text(GOOD + " ")
    assert compile_folder(tmp_path).digest != first


@pytest.mark.parametrize("text", [None, "rule a { condition: $b }"])
def test_a_folder_without_a_rule_that_runs_is_refused(tmp_path: Path, text: str | None) -> None:
    pytest.importorskip("yara_x")
    with pytest.raises(UsageError, match=r"no YARA rule"):
        compile_folder(folder(tmp_path, **({"a": text} if text else {})))


def test_without_the_extra_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "yara_x", None)
    with pytest.raises(UsageError, match=r"pip install '\.\[yara\]'"):
        compile_folder(folder(tmp_path, a=GOOD))
