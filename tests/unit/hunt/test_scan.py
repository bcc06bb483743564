import numpy as np

from sidelight.findings.sample import EACH_IMAGE, EACH_PROCESS
from sidelight.hunt.scan import Scanner
from sidelight.rules.cache import compiled
from sidelight.rules.files import RuleFile
from sidelight.rules.load import compile_documents
from sidelight.schema import Frame, Kind, constant, encode

RULES = b"""
title: Base
id: 11111111-1111-4111-8111-111111111111
name: base
logsource: {product: windows, category: process_creation}
detection:
  s: {CommandLine|contains: secret}
  condition: s
---
title: Many
id: 22222222-2222-4222-8222-222222222222
correlation:
  type: event_count
  rules: [base]
  group-by: [Company]
  timespan: 1d
  generate: true
  condition: {gte: 5}
"""


def frame(companies: list[str | None]) -> Frame:
    size = len(companies)
    columns = {
        "Image": constant(r"C:\a\x.exe", size),
        "CommandLine": constant("x secret", size),
        "ProcessGuid": encode([f"{{{number}}}" for number in range(size)]),
        "Company": encode(companies),
    }
    return Frame(
        kind=Kind("windows", "Microsoft-Windows-Sysmon/Operational", "1"),
        sources=("log",),
        source=np.zeros(size, np.int32),
        record=np.arange(size),
        time=1 + np.arange(size),
        host=constant("h", size),
        columns=columns,
        detail=lambda rows: [{} for _ in rows],
    )


def test_hits_that_take_no_part_take_no_room_from_members() -> None:
    """The rule speaks as well, and its first hits lack what the correlation groups by."""
    scanner = Scanner(compiled(compile_documents([RuleFile("r.yml", RULES)], digest="")))
    part = scanner.scan(frame([*[None] * EACH_IMAGE, *["Acme"] * 20]))
    assert (part.hits.num_rows, part.members.num_rows) == (EACH_IMAGE + 20, 20)
    kept = set(part.events.column("record").to_pylist())
    assert kept >= set(range(EACH_IMAGE, EACH_IMAGE + EACH_PROCESS))
