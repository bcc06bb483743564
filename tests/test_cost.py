"""Work done on a fixed range: counted, so that no clock decides whether a change is slower."""

from importlib.resources import as_file, files
from pathlib import Path

from sidelight.evidence.inventory import survey
from sidelight.evidence.reading import read_task
from sidelight.hunt.scan import Scanner
from sidelight.rules.cache import load_compiled
from sidelight.schema import Frame
from sidelight.training.range import RangeOptions, write_range

CEILINGS = {"values": 2883, "bytes": 93577, "judged": 313, "rows": 8826, "rules": 73}


def _work(folder: Path) -> dict[str, int]:
    write_range(RangeOptions(events=2000, days=1), folder)
    with as_file(files("sidelight") / "content" / "rules") as own:
        scanner = Scanner(load_compiled([own], None))
    for task in survey([str(folder)]).tasks:
        for item in read_task(task, scanner.wanted):
            if isinstance(item, Frame):
                scanner.engine.scan(item)
    counts = scanner.engine.counters.as_dict()
    return {name: counts[name] for name in CEILINGS}


def test_rules_over_a_fixed_range_do_no_more_work_than_recorded(tmp_path: Path) -> None:
    done = _work(tmp_path)
    assert all(done.values())
    above = {name: count for name, count in done.items() if count > CEILINGS[name]}
    assert above == {}, (
        f"more work than recorded in {sorted(above)}; if that is meant, "
        f"write into {Path(__file__).name}: CEILINGS = {done}"
    )
