"""The house style, as far as a machine can see it."""

import ast
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "sidelight"
MODULES = sorted(SOURCE.rglob("*.py"))
BANNED = {
    "utils",
    "helpers",
    "common",
    "misc",
    "base",
    "manager",
    "handler",
    "processor",
    "service",
}
# The collector is one file: it is sent to hosts as it is.
LONGER = {"host/collect.py": 1640}


def _name(path: Path) -> str:
    return str(path.relative_to(SOURCE))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_is_small_named_by_a_noun_and_says_what_it_is(path: Path) -> None:
    """At most 400 lines, no catch-all name, a docstring; functions and classes are small and flat.

    Functions have under 50 lines, classes under 150 and one base class at most. The options of a
    command are a table, one a line, and are not counted.
    """
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert path.stem not in BANNED
    assert len(text.splitlines()) <= LONGER.get(_name(path), 400)
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(lineno=first, end_lineno=int(last), name=name, args=arguments):
                first += len(arguments.args) if name.endswith("_command") else 0
                assert last - first < 50, f"{path.name}: {name} has {last - first + 1} lines"
            case ast.ClassDef(lineno=first, end_lineno=int(last), name=name, bases=bases):
                assert last - first < 150, f"{path.name}: {name} has {last - first + 1} lines"
                assert len(bases) <= 1, f"{path.name}: {name} has {len(bases)} bases"


def test_unit_tests_mirror_the_source() -> None:
    """A test file under tests/unit stands where its module stands."""
    tests = ROOT / "tests" / "unit"
    modules = {str(path.relative_to(SOURCE).with_suffix("")) for path in MODULES}
    packages = {str(path.parent.relative_to(SOURCE)) for path in MODULES}
    for path in sorted(tests.rglob("test_*.py")):
        relative = path.relative_to(tests)
        module = str(relative.with_name(relative.name.removeprefix("test_")).with_suffix(""))
        assert module in modules | packages, f"{relative} tests no module"


def test_data_classes_are_those_of_the_package() -> None:
    """Which a short command pays less for; the collector is one file that stands alone."""
    exempt = {"values.py", "host/collect.py"}
    strangers = [
        _name(path)
        for path in MODULES
        if _name(path) not in exempt
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and node.module == "dataclasses"
        and "dataclass" in {each.name for each in node.names}
    ]
    assert strangers == []


def test_what_is_tested_with_is_what_may_be_installed() -> None:
    """Each package that the tests need has its version, within the range that users have."""
    text = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    known = dict(line.split("==") for line in lines)
    assert lines == [f"{name}=={known[name]}" for name in sorted(known)]
    file = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, groups = file["project"], file["dependency-groups"]
    extras = project["optional-dependencies"]
    named = [project["dependencies"], *(extras[name] for name in ("fast", "exchange", "psi"))]
    for wanted in map(Requirement, [each for some in (*named, *groups.values()) for each in some]):
        assert wanted.specifier.contains(known[canonicalize_name(wanted.name)]), wanted
