"""Write how many groups of ATT&CK use each technique and each piece of software.

``python bench/attribution_figures.py enterprise-attack.json.gz`` writes
``content/attribution/figures.txt``: figures, not text, so that what is rare counts for more.
"""

import gzip
import json
import sys
from collections import Counter
from pathlib import Path

from sidelight.findings.attack import REVOKED

TARGET = Path(__file__).parents[1] / "src/sidelight/content/attribution/figures.txt"


def main() -> int:
    """Count, and write one line for each number: how many groups use it."""
    path = Path(sys.argv[1])
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    objects = {each["id"]: each for each in json.loads(data)["objects"]}
    uses: set[tuple[str, str]] = set()
    for each in objects.values():
        ends = objects.get(each.get("source_ref", "")), objects.get(each.get("target_ref", ""))
        if each.get("relationship_type") == "uses" and all(map(_lives, (each, *ends))):
            source, target = ends
            if source and target and source["type"] == "intrusion-set":
                uses.add((source["id"], _today(_number(target))))
    counts = Counter(number for _, number in uses)
    groups = len({group for group, _ in uses})
    head = f"# Of {groups} groups of ATT&CK Enterprise (source: attack-2025), how many use each."
    lines = [head, *(f"{number} {count}" for number, count in sorted(counts.items()))]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def _lives(thing: dict[str, object] | None) -> bool:
    return bool(thing) and not (thing.get("revoked") or thing.get("x_mitre_deprecated"))


def _number(thing: dict[str, object]) -> str:
    return str(thing["external_references"][0]["external_id"])  # type: ignore[index]


def _today(number: str) -> str:
    return REVOKED.get(number, number)


if __name__ == "__main__":
    raise SystemExit(main())
