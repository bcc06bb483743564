"""An invented run: a small operator, one intrusion, and everything an output must show."""

from dataclasses import replace
from uuid import UUID

import pyarrow as pa

from sidelight.coverage import BlindRule, BlindSpot, Input, Loaded, Manifest, Run, build
from sidelight.findings.finding import (
    Asset,
    Evidence,
    Finding,
    Instance,
    Instances,
    Process,
    RuleRef,
    Weight,
)
from sidelight.findings.hits import COUNTS
from sidelight.findings.resemblance import Hypothesis, Line, Resemblance
from sidelight.rules.rule import Meta, Refusal
from sidelight.schema import NO_TIME, Event, Gap, Level

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
START = 1_718_064_000 * SECOND
"""2024-06-11T00:00:00Z"""
SYSMON = "Microsoft-Windows-Sysmon/Operational"
STORY = "5d0b9a35-3f1d-5f0c-8b64-6e3c1f7a52a1"
HOSTILE = "</script><img src=x onerror=alert(1)>[red]\x1b[31m{{7*7}}\u202egpj.exe"


def rule(number: int, title: str, level: Level = "high", tags: tuple[str, ...] = ()) -> Meta:
    return Meta(
        id=f"00000000-0000-4000-8000-{number:012}",
        title=title,
        level=level,
        status="experimental",
        path=f"windows/image_load/rule_{number}.yml",
        line=1,
        author="A. Nalyst",
        tags=tags,
        references=("https://example.org/why",),
        falsepositives=("Portable copies of the player",),
    )


def ref(meta: Meta) -> RuleRef:
    return RuleRef(
        meta.id,
        meta.title,
        meta.level,
        meta.status,
        meta.author,
        meta.path,
        meta.references,
        meta.falsepositives,
    )


SIDELOAD = rule(
    1,
    "Library Loaded From The Folder Of A Renamed Media Player",
    "critical",
    ("attack.stealth", "attack.execution", "attack.t1574.001"),
)
INJECT = rule(
    2, "Thread Started In A Foreign Process", "high", ("attack.stealth", "attack.t1055.002")
)
HIVE = rule(
    3, "Registry Hive Saved To A File", "high", ("attack.credential-access", "attack.t1003.002")
)
SCAN = rule(4, "Port Scan From A Workstation", "medium", ("attack.discovery", "attack.t1046"))
LOGON = rule(
    5, "Remote Desktop Switched On", "low", ("attack.lateral-movement", "attack.t1021.001")
)
NOTE = rule(6, "Unsigned Driver Seen", "informational", ("attack.persistence", "attack.t1543.003"))
BLIND = rule(
    7, "Odd Query To A Name Server", "medium", ("attack.command-and-control", "attack.t1071.004")
)
RULES = (SIDELOAD, INJECT, HIVE, SCAN, LOGON, NOTE, BLIND)

LINEAGE = (
    Process(
        r"C:\ProgramData\Media\player.exe",
        r'"C:\ProgramData\Media\player.exe" --quiet --profile C:\ProgramData\Media\profile.dat',
        r"OPERATOR\anna",
        4312,
        "{9b3f1c52-0001-6667-8888-000000000001}",
        START + 7200 * SECOND,
        "guid",
    ),
    Process(r"C:\Windows\System32\cmd.exe", "cmd.exe /c start player.exe", r"OPERATOR\anna", 880),
    Process(r"C:\Windows\explorer.exe", "", r"OPERATOR\anna", 512),
)


def event(number: int, time: int, meta: Meta, fields: Event, event_id: str = "7") -> Evidence:
    return Evidence(
        "logs/ws-17.zip!Sysmon.evtx", 1000 + number, SYSMON, event_id, time, (meta.id,), fields
    )


LOADED: Event = {
    "UtcTime": "2024-06-11 02:00:07.123",
    "Image": r"C:\ProgramData\Media\player.exe",
    "ImageLoaded": r"C:\ProgramData\Media\codec.dll",
    "Signed": "false",
    "Hashes": "MD5=0123456789ABCDEF0123456789ABCDEF,SHA256=" + "AB" * 32,
    "ProcessGuid": "{9b3f1c52-0001-6667-8888-000000000001}",
    "ProcessId": "4312",
    "User": r"OPERATOR\anna",
    "Computer": "ws-17.operator.example",
}


def finding(
    number: int,
    meta: Meta,
    cls: str = "sideload",
    score: int = 90,
    host: str = "ws-17.operator.example",
    fields: Event | None = None,
    process: tuple[Process, ...] = LINEAGE,
    count: int = 3,
    hour: int = 2,
) -> Finding:
    first = START + hour * HOUR + 7_123_456_700 + number * 60 * SECOND
    tactics = tuple(tag[7:] for tag in meta.tags if not tag.startswith("attack.t1"))
    techniques = tuple(tag[7:].upper() for tag in meta.tags if tag.startswith("attack.t1"))
    return Finding(
        id=f"f{number:015x}",
        title=meta.title,
        cls=cls,  # type: ignore[arg-type]
        level=meta.level,
        score=score,
        host=host,
        first_seen=first,
        last_seen=first + 90 * SECOND,
        tactics=tactics,
        techniques=techniques,
        tags=meta.tags,
        rules=(ref(meta),),
        process=process,
        reasons=(
            f"Rule «{meta.title}» ({meta.level}) matched {count} events.",
            *((f"The process ran as: {process[0].command_line}",) if process else ()),
            "It was started by cmd.exe, which a user's shell started.",
        ),
        counter_evidence=("The rule's author names: Portable copies of the player.",),
        count=count,
        evidence=tuple(
            event(number * 10 + index, first + index * SECOND, meta, fields or LOADED)
            for index in range(min(count, 2))
        ),
    )


def weighed(lead: Finding) -> Finding:
    """Give *lead* as an analytic would have concluded it."""
    place = lead.evidence[0].source, lead.evidence[0].record
    return replace(
        lead,
        weights=(
            Weight(45, "The library is not signed; player.exe beside it is.", (place,)),
            Weight(-10, "setup.exe installed it.", (place,)),
        ),
        refute=(r"Compare the hash of C:\ProgramData\Media\codec.dll with the vendor's.",),
        story=STORY,
        asset=Asset("jump-host", "a jump host", "Administrators pass through it.", ("disruption",)),
    )


def findings() -> list[Finding]:
    """Seven findings, most severe first, one of them with hostile values."""
    network: Event = {
        "Image": r"C:\ProgramData\Media\player.exe",
        "DestinationIp": "192.0.2.77",
        "DestinationPort": "443",
        "DestinationHostname": "updates.example.net",
        "SourceIp": "198.51.100.17",
    }
    registry: Event = {
        "Image": r"C:\Windows\System32\reg.exe",
        "TargetObject": r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\fDenyTSConnections",
        "Details": "DWORD (0x00000000)",
    }
    hostile: Event = {"CommandLine": HOSTILE, "Image": HOSTILE, "=cmd|'/c calc'!A1": HOSTILE}
    villain = (Process(HOSTILE, HOSTILE, HOSTILE, 7), Process(HOSTILE))
    return [
        weighed(finding(1, SIDELOAD, score=96, count=12)),
        replace(finding(2, INJECT, "memory", 81, count=2), story=STORY),
        finding(3, HIVE, "credential", 74, host="dc-01.operator.example", process=(), hour=3),
        finding(4, HIVE, "credential", 70, host=HOSTILE, fields=hostile, process=villain, count=1),
        replace(
            finding(5, SCAN, "discovery", 48, fields=network, count=1402, hour=5),
            instances=Instances(
                3,
                tuple(
                    Instance(replace(LINEAGE[0], pid=4312 + day), START + day * DAY)
                    for day in (0, 9)
                ),
            ),
        ),
        finding(6, LOGON, "lateral", 25, fields=registry, count=1, hour=6),
        finding(7, NOTE, "persistence", 5, host="", process=(), count=1, hour=20),
    ]


def counts() -> pa.Table:
    hour = START // HOUR
    rows = [
        (
            "logs/ws-17.zip!Sysmon.evtx",
            "ws-17.operator.example",
            "windows",
            SYSMON,
            "7",
            hour + h,
            0,
            100 + 7 * h,
        )
        for h in range(24)
        if h not in {9, 10, 11}
    ]
    rows += [
        ("logs/ws-18.evtx", "ws-18.operator.example", "windows", SYSMON, "1", hour + h, 0, 30)
        for h in range(8, 14)
    ]
    rows += [
        (
            "logs/dc-01.evtx",
            "dc-01.operator.example",
            "windows",
            "Security",
            "4688",
            hour + h,
            0,
            900 + 40 * (h % 7),
        )
        for h in range(24)
    ]
    rows += [
        ("logs/dc-01.evtx", "dc-01.operator.example", "windows", "Security", "4624", NO_TIME, 0, 3)
    ]
    rows += [
        ("logs/med-1.log", "med-1", "linux", "auditd", "", hour + h, part, 50)
        for h in range(6, 18)
        for part in (0, 1)
    ]
    whole = [(*row[:5], "", *row[5:]) for row in rows]
    columns = [list(column) for column in zip(*whole, strict=True)]
    return pa.table(columns, names=COUNTS.names).cast(COUNTS)


def loaded() -> Loaded:
    return Loaded(
        tuple(rule.id for rule in RULES),
        tuple(rule.tags for rule in RULES),
        (
            Refusal(
                "windows/odd.yml", 1, "the condition names no selection «filter»", "An Odd Rule"
            ),
        ),
    )


def gaps() -> tuple[Gap, ...]:
    return (
        Gap("logs/dc-01.evtx", 65536, "damaged", "chunk 1: checksum does not match", 12),
        Gap("logs/readme.txt", 0, "foreign", "not an event log"),
        Gap("logs/copy-of-dc-01.evtx", 0, "duplicate", "the same bytes as logs/dc-01.evtx"),
    )


def spots() -> tuple[BlindSpot, ...]:
    """Give what analytics could not see, whatever analytics there are by now."""
    hour = START // HOUR
    return (
        BlindSpot(
            ("load", "thread"),
            ("memory.clr", "memory.thread-unbacked", "sideload.load"),
            ("dc-01.operator.example", "ws-18.operator.example"),
            (),
            24_840,
        ),
        BlindSpot(
            ("load",),
            ("memory.clr", "sideload.load"),
            ("ws-17.operator.example",),
            ((hour + 9, hour + 11),),
            72,
        ),
    )


def resemblance() -> Resemblance:
    """Two invented sets, one of which is worth naming, with hostile values."""
    lines = (
        Line(
            "delivery",
            "delivery:mirrorcall",
            14.4,
            f"codec.dll loaded by player.exe has delivered MIRRORCALL {HOSTILE}",
            ("vendor-2024",),
            ("f000000000000001",),
        ),
        Line("technique", "technique:T1046", 0.9, "not known for it, as 31 sets of ATT&CK are"),
    )
    named = Hypothesis(f"intrusion-set--{UUID(int=7)}", "Grey Heron", ("G9999",), 0.31, lines, True)
    other = Hypothesis(f"intrusion-set--{UUID(int=8)}", "Slow Crane", (), 0.02, lines[1:], False, 2)
    ties = (("MIRRORCALL", ("Grey Heron",)), ("EMBERGATE", ("Slow Crane",)))
    tools = ("EMBERGATE", "MIRRORCALL")
    return Resemblance((named, other), 0.62, 4, tools, "", "no one set has both", ties)


def run(count: int = 7, partial: str = "") -> Run:
    table = counts()
    blind = (BlindRule(BLIND.id, "windows dns_query", "no-log-source"),)
    coverage = replace(build(table, gaps(), loaded(), blind), analytics=spots())
    inputs = (
        Input("logs/ws-17.zip!Sysmon.evtx", 1_118_208, "ab" * 32, "evtx"),
        Input("logs/dc-01.evtx", 69_632, "cd" * 32, "evtx"),
        Input("logs/med-1.log", 4_096, "", "auditd"),
    )
    manifest = Manifest(
        version="0.1.0",
        started=START + 24 * HOUR,
        finished=START + 24 * HOUR + 3 * SECOND,
        rules_digest="cd" * 32,
        rules=7,
        inputs=inputs,
        options=(("paths", "logs"), ("min-level", "informational")),
        events=coverage.events,
        hits=1422,
        findings=count,
        partial=partial,
    )
    return Run(manifest, coverage, resemblance() if count else None)
