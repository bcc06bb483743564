import sys
from pathlib import Path

from sample_run import findings
from sidelight.attribution.observation import Observer
from sidelight.hunt.likeness import resemblance_of


def seen() -> Observer:
    observer = Observer()
    for finding in findings():
        observer.add(finding)
    return observer


def test_findings_are_weighed_at_the_end() -> None:
    observer = seen()
    came = resemblance_of(observer)
    assert came is not None
    assert came.told == ()  # an invented library tells nothing
    assert came.techniques == 4


def test_without_findings_no_knowledge_is_read() -> None:
    sys.modules.pop("sidelight.intel.statements", None)
    assert resemblance_of(Observer()) is None
    assert "sidelight.intel.statements" not in sys.modules


def test_what_is_kept_weighs_the_same(tmp_path: Path) -> None:
    observer = seen()
    drawn = resemblance_of(observer)
    assert resemblance_of(observer, tmp_path) == drawn
    sys.modules.pop("sidelight.attribution.hearsay", None)
    assert resemblance_of(observer, tmp_path) == drawn
    assert "sidelight.attribution.hearsay" not in sys.modules
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])
    assert resemblance_of(observer, tmp_path) == drawn
