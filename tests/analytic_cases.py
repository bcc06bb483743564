"""Invented events, told in Sigma's field names, taken from scan to conclusion in memory."""

import functools
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from sidelight.analytics.conclude import Facts, conclude_facts
from sidelight.analytics.estate import Estate
from sidelight.analytics.scan import facts_of
from sidelight.findings.conclude import Limits
from sidelight.findings.finding import Finding
from sidelight.findings.hits import HITS, union
from sidelight.findings.processes import process_rows
from sidelight.findings.shelf import Shelf
from sidelight.schema import LEVELS, NO_TIME, Frame, Kind, encode

CORPUS = Path(__file__).parent / "corpus" / "analytics"
SECOND = 1_000_000_000
START = 1_718_064_000 * SECOND
SYSMON = "Microsoft-Windows-Sysmon/Operational"
KINDS = {
    "start": Kind("windows", SYSMON, "1"),
    "load": Kind("windows", SYSMON, "7"),
    "thread": Kind("windows", SYSMON, "8"),
    "access": Kind("windows", SYSMON, "10"),
    "write": Kind("windows", SYSMON, "11"),
    "registry": Kind("windows", SYSMON, "13"),
    "tamper": Kind("windows", SYSMON, "25"),
    "connect": Kind("windows", SYSMON, "3"),
    "start-4688": Kind("windows", "Security", "4688"),
    "service-4697": Kind("windows", "Security", "4697"),
    "transaction": Kind("windows", "Security", "4985"),
    "share": Kind("windows", "Security", "5145"),
    "script": Kind("windows", "Microsoft-Windows-PowerShell/Operational", "4104"),
    "pipeline": Kind("windows", "Microsoft-Windows-PowerShell/Operational", "4103"),
    "pipeline-800": Kind("windows", "Windows PowerShell", "800"),
    "service": Kind("windows", "System", "7045"),
    "printer": Kind("windows", "Microsoft-Windows-PrintService/Operational", "808"),
    "process": Kind("linux", "sidelight-host", "", "process_creation"),
    "dump": Kind("windows", "sidelight-host", "", "process_creation"),
    "module": Kind("windows", "sidelight-host", "", "image_load"),
    "match": Kind("", "sidelight-yara", "match"),
    "dns-plugin": Kind("windows", "DNS Server", "770"),
}
PLACE = ("is", "at", "host", "source", "record")

Event = Mapping[str, Any]


def read_cases() -> list[dict[str, Any]]:
    """Give every case of the corpus, with the file it stands in."""
    return [
        {"file": path.stem, **case}
        for path in sorted(CORPUS.glob("*.yml"))
        for case in _cases(yaml.safe_load(path.read_text(encoding="utf-8")))
    ]


def _cases(document: Any) -> list[dict[str, Any]]:
    """Give the cases in a file; other files hold other things."""
    return document["cases"] if isinstance(document, dict) else []


def placed(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Give events with all of `PLACE`: a second apart, on one host, in one source."""
    made = []
    for number, event in enumerate(events):
        place = {"at": number, "host": "WS1", "source": "case.evtx", "record": number + 1}
        made.append({**place, **event})
    return made


def frames_of(events: Sequence[Event]) -> list[Frame]:
    """Give placed events as frames, one for each kind, in the order of the events."""
    groups: defaultdict[str, list[Event]] = defaultdict(list)
    for event in placed(events):
        groups[event["is"]].append(event)
    return [_frame(KINDS[name], rows) for name, rows in groups.items()]


def _frame(kind: Kind, rows: Sequence[Event]) -> Frame:
    names = sorted({name for row in rows for name in row if name not in PLACE})
    sources = sorted({row["source"] for row in rows})
    times = [NO_TIME if row["at"] is None else START + row["at"] * SECOND for row in rows]
    return Frame(
        kind,
        tuple(sources),
        np.array([sources.index(row["source"]) for row in rows], np.int32),
        np.array([row["record"] for row in rows], np.int64),
        np.array(times, np.int64),
        encode([row["host"] for row in rows]),
        {name: encode([row.get(name) for row in rows]) for name in names},
        lambda picked: [_fields(rows[index]) for index in picked.tolist()],
    )


def _fields(row: Event) -> dict[str, str | list[str]]:
    return {name: value for name, value in row.items() if name not in PLACE}


def facts_in(frames: Iterable[Frame]) -> Facts:
    """Unite the facts of frames."""
    found = facts_of(list(frames))
    return Facts(**{name: union(some) if len(some) else some for name, some in found.items()})


def conclude_frames(frames: Sequence[Frame]) -> tuple[Finding, ...]:
    """Give the findings that analytics draw from frames, without any rule."""
    processes = [process_rows(frame) for frame in frames]
    found = conclude_facts(
        facts_in(frames), HITS.empty_table(), Shelf.of([]), processes, {}, Limits(100, 10)
    )
    return found.findings


def conclude_events(events: Sequence[Event]) -> tuple[Finding, ...]:
    """Give the findings that analytics draw from events."""
    return _concluded(json.dumps([list(event.items()) for event in events]))


@functools.lru_cache(4096)
def _concluded(events: str) -> tuple[Finding, ...]:
    # Most tests ask for what each case comes to as it is; findings cannot be changed.
    return conclude_frames(frames_of([dict(event) for event in json.loads(events)]))


def is_serious(finding: Finding) -> bool:
    """Tell whether a finding of the two classes is at medium or above."""
    serious = LEVELS.index(finding.level) >= LEVELS.index("medium")
    return serious and finding.cls in {"sideload", "memory"}


def spoken(findings: Iterable[Finding]) -> str:
    """Give all that findings say, folded."""
    return "\n".join(
        text.lower()
        for finding in findings
        for text in (finding.title, *finding.reasons, *finding.counter_evidence)
    )


def estate_of(events: Sequence[Event]) -> Estate:
    """Give what a run knows of its estate from events."""
    facts = facts_in(frames_of(events))
    return Estate.of(facts.loads, facts.writes)


def load(image: str, library: str, signed: str | None = None, **fields: Any) -> dict[str, Any]:
    """Make an image load; *signed* is who signed it, "-" for nobody, None for not told."""
    told = {
        None: {},
        "-": {"Signed": "false", "Signature": "-", "SignatureStatus": "Unavailable"},
    }.get(signed, {"Signed": "true", "Signature": signed, "SignatureStatus": "Valid"})
    guid = f"{{00000000-0000-0000-0000-{sum(image.lower().encode()):012}}}"
    return {
        "is": "load", "ProcessGuid": guid, "Image": image, "ImageLoaded": library, **told, **fields,
    }  # fmt: skip


def write(image: str, target: str, **fields: Any) -> dict[str, Any]:
    """Make the creation of a file."""
    guid = f"{{00000000-0000-0000-0000-{sum(image.lower().encode()):012}}}"
    return {"is": "write", "ProcessGuid": guid, "Image": image, "TargetFilename": target, **fields}
