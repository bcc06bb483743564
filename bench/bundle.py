"""A STIX bundle of any size, of invented things, shaped as ATT&CK's: mostly relationships."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

_SPACE: Final = UUID("2f8e6f0a-6f0c-5d8e-8d0a-0c8f5a1b7e11")
_TIME: Final = "2025-01-02T03:04:05.678Z"
_WORDS: Final = "has used a loader to run a payload in the memory of a trusted program. " * 8
_THINGS: Final = (("intrusion-set", 200), ("malware", 900), ("attack-pattern", 900))


def write_bundle(path: Path, objects: int) -> Path:
    """Write a bundle of *objects* objects, some 1.2 kB each, as ATT&CK's are, to *path*."""
    things = [thing for kind, count in _THINGS for thing in _things(kind, min(count, objects // 4))]
    ties = list(_ties(things, objects - len(things)))
    bundle = {"type": "bundle", "id": _id("bundle", 0), "objects": [*things, *ties]}
    path.write_text(json.dumps(bundle), encoding="utf-8")
    return path


def _id(kind: str, number: int) -> str:
    return f"{kind}--{uuid5(_SPACE, f'{kind}{number}')}"


def _common(kind: str, number: int) -> dict[str, object]:
    reference = {
        "source_name": f"Report {number % 500}",
        "description": "Doe, J. (2024, March 4). A report.",
        "url": f"https://vendor{number % 40}.example/report/{number % 500}",
    }
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": _id(kind, number),
        "created_by_ref": _id("identity", 0),
        "created": _TIME,
        "modified": _TIME,
        "description": _WORDS,
        "external_references": [reference],
    }


def _things(kind: str, count: int) -> Iterator[dict[str, object]]:
    for number in range(count):
        yield {**_common(kind, number), "name": f"{kind} {number}", "aliases": [f"a{number}"]}


def _ties(things: list[dict[str, object]], count: int) -> Iterator[dict[str, object]]:
    for number in range(count):
        source = things[number * 7 % (len(things) // 2)]
        target = things[len(things) // 2 + number * 13 % (len(things) // 2)]
        ends = {"source_ref": source["id"], "target_ref": target["id"]}
        yield {**_common("relationship", number), "relationship_type": "uses", **ends}


if __name__ == "__main__":
    write_bundle(Path(sys.argv[1]), int(sys.argv[2]))
