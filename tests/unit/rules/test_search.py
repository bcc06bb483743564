"""Detections of the corpus fire on the events they should, and on no other."""

from pathlib import Path
from typing import Any

import pytest

from sidelight.errors import RuleError
from sidelight.rules.document import documents
from sidelight.rules.reading import Reading
from sidelight.rules.search import detection
from sigma_rows import holds

CORPUS = Path(__file__).resolve().parents[2] / "corpus" / "rules"


def _cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['claim']}")
        for path in sorted(CORPUS.glob("*.yml"))
        for document in documents(path.read_bytes())
        for case in document.content
    ]


@pytest.mark.parametrize("case", _cases())
def test_a_detection_means_what_the_specification_says(case: dict[str, Any]) -> None:
    placeholders = {name: tuple(values) for name, values in case.get("placeholders", {}).items()}
    reading = Reading(placeholders, empty_is_null=case.get("empty is null", False))
    if "refused" in case:
        with pytest.raises(RuleError) as caught:
            detection(case["detection"], reading)
        assert case["refused"] in str(caught.value)
        return
    expr = detection(case["detection"], reading)
    events = [*case["fires"], *case["silent"]]
    expected = [True] * len(case["fires"]) + [False] * len(case["silent"])
    assert [holds(expr, event) for event in events] == expected
