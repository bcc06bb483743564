"""Every mark that code makes is described, and no other."""

import ast
import re
from pathlib import Path

import sidelight.host
from sidelight.host.memory import _POINTS
from sidelight.host.traits import TRAITS

SOURCE = Path(sidelight.host.__file__).parent


def made() -> set[str]:
    found: set[str] = set()
    for path in sorted(SOURCE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Mark":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found | {f"executable-{sort}" for sort in _POINTS}


def test_every_mark_is_described() -> None:
    assert made() == set(TRAITS)


def test_what_is_held_against_somebody_names_a_technique_and_a_way_past_it() -> None:
    for trait in TRAITS.values():
        assert bool(re.fullmatch(r"T\d{4}(\.\d{3})?", trait.technique)) == (trait.cls != "remark")
        assert bool(trait.defeated_by) == (trait.cls != "remark")
