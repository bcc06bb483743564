"""Kills server, client and database 200 times under a bad network, and says what was lost.

``python bench/soak.py [KILLS] [SEED]``: half of the kills on SQLite, half on PostgreSQL where
Debian's package is installed. Exits 1 if anything was lost, doubled, out of order or misdirected.
"""

import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import databases
from soak import Soak, run


def main(kills: int, seed: int) -> int:
    """Soak both databases."""
    code = 0
    for name in ("SQLite", "PostgreSQL"):
        if name == "PostgreSQL" and databases.missing():
            print(f"{name}: {databases.missing()}")
            continue
        code = max(code, one(name, kills // 2, seed))
    return code


def one(name: str, kills: int, seed: int) -> int:
    """Soak one database, and print a row."""
    place = databases.cluster() if name == "PostgreSQL" else nullcontext(None)
    with tempfile.TemporaryDirectory() as folder, place as cluster:
        where = cluster.address if cluster else "exchange.db"
        soak = Soak(Path(folder), where, kills, seed, cluster=cluster)
        start = time.monotonic()
        proxy = run(soak)
        problems = soak.problems()
        took = time.monotonic() - start
        print(f"{name}: {soak.killed}, {took:.0f} s, connections {dict(proxy.fared)}")
        print(f"  pushed {soak.pushed}, accepted {len(soak.accepted)}, "
              f"arrived {len(soak.got('B'))}, told by webhook {len(soak.told)}")  # fmt: skip
        print(f"  {problems or 'nothing lost, doubled, out of order or misdirected'}", flush=True)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200,
                  int(sys.argv[2]) if len(sys.argv) > 2 else 1))  # fmt: skip
