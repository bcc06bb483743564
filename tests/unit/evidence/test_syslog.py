import io
from pathlib import Path

import numpy as np
import pytest
import yaml

from sidelight.evidence import auditd, syslog
from sidelight.evidence.formats import recognise
from sidelight.evidence.stream import Reader, Stream
from sidelight.rules.evaluate import Engine
from sidelight.rules.expr import And, Glob, Match
from sidelight.rules.plan import compile_plan
from sidelight.rules.rule import LogSource, Meta, Rule
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


JUDGED = [case for case in CASES if "meets" in case]


@pytest.mark.parametrize("case", JUDGED, ids=[case["name"] for case in JUDGED])
def test_rules_find_an_event_by_every_name_of_its_values(case: dict) -> None:
    asked = [*case["meets"], *case["misses"]]
    engine = Engine(compile_plan([_asking(number, fields) for number, fields in enumerate(asked)]))
    stream = Stream("log", io.BytesIO(case["lines"].encode()), year=2026)
    items = READERS[case["reader"]]([stream], engine.wanted)
    matches = engine.scan_all([item for item in items if isinstance(item, Frame)])
    found = {int(name) for each in matches for name in each}
    assert [asked[number] for number in sorted(found)] == case["meets"]


def _asking(number: int, fields: dict[str, str]) -> Rule:
    tests = [Match(name, Glob((value,))) for name, value in fields.items()]
    meta = Meta(str(number), "t", "low", "test", "p", 1)
    return Rule(meta, LogSource(product="linux", service="auditd"), And(tuple(tests)))
