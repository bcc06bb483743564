import io
from pathlib import Path

import numpy as np
import pytest
import yaml

from sidelight.evidence import auditd, syslog
from sidelight.evidence.formats import recognise
from sidelight.evidence.stream import Reader, Stream
from sidelight.schema import Event, Frame, Gap, Kind, decode, want_all

CORPUS = Path(__file__).parents[2] / "corpus" / "evidence" / "linux_lines.yml"
CASES = yaml.safe_load(CORPUS.read_text(encoding="utf-8"))
READERS: dict[str, Reader] = {"auditd": auditd.read, "syslog": syslog.read}


def events(
    reader: Reader, text: str
) -> tuple[list[tuple[Kind, int, str | None, Event]], list[Gap]]:
    rows, gaps = [], []
    for item in reader([Stream("log", io.BytesIO(text.encode()), year=2026)], want_all):
        if isinstance(item, Gap):
            gaps.append(item)
            continue
        assert isinstance(item, Frame)
        details = item.detail(np.arange(len(item)))
        rows += [
            (item.kind, int(time), host, event)
            for time, host, event in zip(item.time, decode(item.host), details, strict=True)
        ]
    return rows, gaps


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_invented_lines_give_the_kind_and_fields_that_rules_look_for(case: dict) -> None:
    rows, gaps = events(READERS[case["reader"]], case["lines"])
    assert gaps == []
    kind = Kind(*case["kind"])
    matching = [row for row in rows if row[0] == kind]
    assert len(matching) == 1, rows
    _, time, host, event = matching[0]
    assert {name: event.get(name) for name in case["fields"]} == case["fields"]
    if "host" in case:
        assert host == case["host"]
    if "time" in case:
        assert np.datetime64(time, "ns") == np.datetime64(case["time"], "ns")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_invented_lines_are_recognised_as_their_format(case: dict) -> None:
    assert recognise(case["lines"].encode()) == case["reader"]
