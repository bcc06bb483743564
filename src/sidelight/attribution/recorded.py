"""Findings that an earlier hunt wrote as JSON lines, as far as attribution needs them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final, cast

import orjson

from sidelight.errors import UsageError
from sidelight.findings.finding import Asset, Evidence, Finding, FindingClass, RuleRef
from sidelight.schema import LEVELS, NO_TIME, Level

_Row = Mapping[str, object]
_HINT: Final = "sidelight hunt … --output findings.jsonl writes such a file"


def recorded(lines: Iterable[bytes], where: str) -> Iterator[Finding]:
    """Yield the findings of a file of JSON lines; lines about the run are passed over.

    Raises:
        UsageError: a line is no JSON object, or a finding is not as it should be.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
            if row["kind"] == "finding":
                yield _finding(row)
        except (ValueError, KeyError, TypeError, AttributeError):
            place = f"{where}, line {number}"
            raise UsageError("is no finding of a hunt", where=place, hint=_HINT) from None


def _finding(row: _Row) -> Finding:
    level = LEVELS[LEVELS.index(cast("Level", row["level"]))]
    asset = cast("_Row | None", row.get("asset"))
    return Finding(
        id=str(row["id"]),
        title=str(row["title"]),
        cls=cast("FindingClass", str(row["class"])),
        level=level,
        score=int(cast("int", row["score"])),
        host=str(row["host"]),
        first_seen=_nanoseconds(row["first_seen"]),
        last_seen=_nanoseconds(row["last_seen"]),
        tactics=_texts(row["tactics"]),
        techniques=_texts(row["techniques"]),
        tags=_texts(row["tags"]),
        rules=tuple(
            RuleRef(str(rule["id"]), str(rule["title"]), cast("Level", rule["level"]))
            for rule in cast("list[_Row]", row["rules"])
        ),
        process=(),
        reasons=_texts(row["reasons"]),
        counter_evidence=(),
        count=int(cast("int", row["count"])),
        evidence=tuple(_evidence(event) for event in cast("list[_Row]", row["evidence"])),
        asset=Asset(str(asset["role"]), "", "") if asset else None,
    )


def _evidence(event: _Row) -> Evidence:
    return Evidence(
        str(event["source"]),
        int(cast("int", event["record"])),
        str(event["channel"]),
        str(event["event_id"]),
        NO_TIME,
        _texts(event["rules"]),
        _fields(event["fields"]),
    )


def _fields(value: object) -> dict[str, str | list[str]] | None:
    if value is None:
        return None
    return {
        name: list(_texts(each)) if isinstance(each, list) else str(each)
        for name, each in cast("_Row", value).items()
    }


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in cast("list[object]", value))


def _nanoseconds(value: object) -> int:
    """Read the time of a finding to the day: claims age by years."""
    if value is None:
        return NO_TIME
    day = date.fromisoformat(str(value)[:10])
    return (day.toordinal() - 719163) * 86_400_000_000_000
