"""A small hunt loads nothing that it does not use; counted, since a clock would be noise."""

import os
import subprocess
import sys
from pathlib import Path

from sidelight.training.range import RangeOptions, write_range

UNUSED = (
    *("yaml", "rich", "csv", "concurrent.futures", "jinja2", "secrets", "hyperscan"),
    *(
        "sidelight.rules.load",
        "sidelight.rules.values",
        "sidelight.analytics.unpack",
        "sidelight.analytics.folding",
    ),
)
CODE = (
    "import sys\n"
    "from sidelight.cli import main\n"
    "try:\n    main()\n"
    "except SystemExit:\n    pass\n"
    f"print(*[name for name in {UNUSED} if name in sys.modules], file=sys.stderr)\n"
)


def test_a_hunt_with_cached_rules_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    write_range(RangeOptions(events=200, days=1), tmp_path / "evidence")
    log = min((tmp_path / "evidence").rglob("*.evtx"), key=lambda path: path.stat().st_size)
    homes = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CACHE", "DATA", "CONFIG")}
    hunt = ["hunt", str(log), "--quiet", "--jobs", "1", "--fail-level", "never"]
    hunt += ["-o", str(tmp_path / "found.jsonl")]
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", CODE, *hunt],
            env=os.environ | homes,
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stderr.split() == []
