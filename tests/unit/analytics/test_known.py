import tomllib
from pathlib import Path

import pytest

import sidelight
from sidelight.analytics.known import (
    is_shipped,
    known_pairs,
    phantom_names,
    programs,
    system_names,
)

CONTENT = Path(sidelight.__file__).parent / "content"
LISTS = sorted((CONTENT / "libraries").glob("*.txt"))
PROGRAMS = tomllib.loads((CONTENT / "programs.toml").read_text(encoding="utf-8"))


def words(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [word for line in lines for word in line.partition("#")[0].split()]


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_list_is_folded_without_repetition_and_says_where_it_is_from(path: Path) -> None:
    found = words(path)
    assert found
    assert [word for word in found if word != word.lower()] == []
    assert sorted({word for word in found if found.count(word) > 1}) == []
    assert all("\\" not in word and word.count(".") >= 1 for word in found)
    assert path.read_text(encoding="utf-8").startswith("#")
    assert "" not in path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("role", sorted(PROGRAMS))
def test_a_role_is_folded_sorted_and_without_repetition(role: str) -> None:
    found = PROGRAMS[role].split()
    assert [name for name in found if name != name.lower()] == []
    assert found == sorted(set(found))
    assert programs(role) == frozenset(found)


def test_names_of_windows_are_neither_phantoms_nor_shipped() -> None:
    assert not system_names() & phantom_names()
    assert not any(is_shipped(name) for name in phantom_names())
    assert len(system_names()) > 300


@pytest.mark.parametrize(
    ("name", "shipped"),
    [
        ("vcruntime140.dll", True),
        ("msvcp140_1.dll", True),
        ("api-ms-win-crt-runtime-l1-1-0.dll", True),
        ("d3dcompiler_47.dll", True),
        ("dbghelp.dll", True),
        ("version.dll", False),
        ("dbghelp.dll.exe", False),
        ("xdbghelp.dll", False),
    ],
)
def test_shipped_names_are_whole_names(name: str, shipped: bool) -> None:
    assert is_shipped(name) is shipped


def test_every_pair_names_its_programs_its_signers_and_its_source() -> None:
    pairs = known_pairs()
    assert len(pairs) >= 10
    for name, pair in pairs.items():
        assert name == pair.library == name.lower()
        assert pair.hosts
        assert pair.signers
        assert len(pair.source) > 10
        assert all(word == word.lower() for word in (*pair.hosts, *pair.signers))
    rows = tomllib.loads((CONTENT / "libraries" / "pairs.toml").read_text(encoding="utf-8"))["pair"]
    assert len(rows) == len(pairs)
