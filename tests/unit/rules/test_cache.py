"""A cache of compiled rules is quick, never trusted, and never in the way."""

import zipfile
from pathlib import Path

import msgspec
import pytest

from sidelight.errors import UsageError
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


def test_a_package_that_cannot_be_read_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    package = tmp_path / "rules.zip"
    package.write_bytes(b"PK no package")
    with pytest.raises(UsageError, match="no package that can be read"):
        load_compiled([package], tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_package_that_broke_after_it_was_kept_is_refused(tmp_path: Path) -> None:
    package, cache = tmp_path / "rules.zip", tmp_path / "cache"
    with zipfile.ZipFile(package, "w") as whole:
        whole.writestr("a.yml", RULE.format(title="one"))
    assert load_compiled([package], cache) == load_compiled([package], cache)
    package.write_bytes(package.read_bytes()[:-8])
    with pytest.raises(UsageError, match="no package that can be read"):
        load_compiled([package], cache)


def test_a_rule_file_that_moves_within_the_folder_is_another_rule_set(tmp_path: Path) -> None:
    """Also where all that is read, one after another, stays the same."""
    folder, cache = tmp_path / "rules", tmp_path / "cache"
    folder.mkdir()
    for first, second in (("ab", "c"), ("a", "bc")):
        (folder / "1.yml").write_text(f"# {first}", encoding="utf-8")
        (folder / "2.yml").write_text(f"{second}", encoding="utf-8")
        load_compiled([folder], cache)
    assert len(list(cache.iterdir())) == 2


def test_what_rules_say_is_read_only_of_those_that_are_asked_for(
    folder: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    for _ in range(2):
        rules = load_compiled([folder], cache)
    assert all(isinstance(each, msgspec.Raw) for each in rules.told)
    assert [rules.meta(0)] == list(rules.metas)
    assert [each.id for each in rules.metas] == list(rules.plan.rules)
    assert [each.tags for each in rules.metas] == list(rules.tags)
