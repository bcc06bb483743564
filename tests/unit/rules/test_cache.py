"""A cache of compiled rules is quick, never trusted, and never in the way."""

from pathlib import Path

import pytest

from sidelight.rules.cache import load_compiled

RULE = """\
title: {title}
logsource: {{product: windows}}
detection: {{s: {{Image|endswith: '\\{title}.exe'}}, condition: s}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "a.yml").write_text(RULE.format(title="one"), encoding="utf-8")
    return rules


def titles(folder: Path, cache: Path | None) -> list[str]:
    return [meta.title for meta in load_compiled([folder], cache).metas]


def test_what_is_kept_equals_what_was_compiled(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    fresh = load_compiled([folder], cache)
    assert len(list(cache.iterdir())) == 1
    assert load_compiled([folder], cache) == fresh == load_compiled([folder], None)


def test_a_changed_rule_is_compiled_again(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert titles(folder, cache) == ["one"]
    (folder / "a.yml").write_text(RULE.format(title="two"), encoding="utf-8")
    assert titles(folder, cache) == ["two"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:],
        lambda data: b"other" + data,
    ],
    ids=["emptied", "cut", "flipped", "foreign"],
)
def test_a_spoilt_cache_is_made_anew(folder: Path, tmp_path: Path, spoil: object) -> None:
    cache = tmp_path / "cache"
    assert titles(folder, cache) == ["one"]
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    assert callable(spoil)
    kept.write_bytes(spoil(whole))
    assert titles(folder, cache) == ["one"]
    assert kept.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_done_without(folder: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    assert titles(folder, blocked / "cache") == ["one"]
