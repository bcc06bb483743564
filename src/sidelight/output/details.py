"""The fields of an event that tell its story, on one line."""

from collections.abc import Mapping
from typing import Final

from sidelight.findings.finding import Evidence, Finding
from sidelight.output.plain import plain
from sidelight.schema import Event

BROKEN_BAR: Final = " ¦ "
"""Separates fields, as timelines of Windows logs commonly do."""

LONGEST: Final = 8_000
"""A keyword of an OpenSearch index has at most 32,766 bytes; UTF-8 has at most four a character."""

_SYSMON: Final[Mapping[str, tuple[str, ...]]] = {
    "1": (
        "CommandLine",
        "Image",
        "ParentImage",
        "ParentCommandLine",
        "User",
        "ProcessId",
        "Hashes",
    ),
    "3": ("Image", "DestinationIp", "DestinationPort", "DestinationHostname", "User"),
    "6": ("ImageLoaded", "Signed", "Signature", "SignatureStatus", "Hashes"),
    "7": ("Image", "ImageLoaded", "Signed", "Signature", "SignatureStatus", "Hashes"),
    "8": ("SourceImage", "TargetImage", "StartAddress", "StartModule", "StartFunction"),
    "10": ("SourceImage", "TargetImage", "GrantedAccess", "CallTrace"),
    "11": ("Image", "TargetFilename", "User"),
    "12": ("Image", "EventType", "TargetObject", "User"),
    "13": ("Image", "TargetObject", "Details", "User"),
    "15": ("Image", "TargetFilename", "Contents", "Hash"),
    "17": ("Image", "PipeName", "User"),
    "18": ("Image", "PipeName", "User"),
    "22": ("Image", "QueryName", "QueryResults"),
    "25": ("Image", "Type", "User"),
}
_SECURITY: Final[Mapping[str, tuple[str, ...]]] = {
    "4624": ("TargetUserName", "LogonType", "IpAddress", "WorkstationName", "ProcessName"),
    "4625": ("TargetUserName", "LogonType", "IpAddress", "WorkstationName", "SubStatus"),
    "4648": ("SubjectUserName", "TargetUserName", "TargetServerName", "ProcessName"),
    "4688": ("CommandLine", "NewProcessName", "ParentProcessName", "SubjectUserName"),
    "4698": ("TaskName", "SubjectUserName", "TaskContent"),
    "5145": ("ShareName", "RelativeTargetName", "SubjectUserName", "IpAddress"),
}
_KEY_FIELDS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "Microsoft-Windows-Sysmon/Operational": _SYSMON,
    "Security": _SECURITY,
    "System": {"7045": ("ServiceName", "ImagePath", "StartType", "AccountName")},
    "Microsoft-Windows-PowerShell/Operational": {"4104": ("ScriptBlockText", "Path")},
}
_ANY: Final = (
    "CommandLine",
    "Image",
    "ImageLoaded",
    "ParentImage",
    "SourceImage",
    "TargetImage",
    "TargetFilename",
    "TargetObject",
    "Details",
    "DestinationIp",
    "QueryName",
    "TargetUserName",
    "IpAddress",
    "ServiceName",
    "ScriptBlockText",
    "User",
    "exe",
    "a0",
    "a1",
    "message",
    "Message",
)
_FALLBACK: Final = 8


def split(event: Evidence) -> tuple[dict[str, str], dict[str, str]]:
    """Give the fields that tell the story of *event*, and all others; both as safe text."""
    fields = event.fields or {}
    names = _key_fields(event, fields)
    told = {name: text(fields[name]) for name in names}
    rest = {name: text(value) for name, value in fields.items() if name not in told}
    return told, rest


def joined(fields: Mapping[str, str]) -> str:
    """Write fields on one line, cut where it would be too long for an index."""
    line = BROKEN_BAR.join(f"{plain(name)}: {value}" for name, value in fields.items() if value)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def text(value: str | list[str]) -> str:
    """Write the value or values of a field as safe text."""
    return plain(value if isinstance(value, str) else ", ".join(value))


def titles(finding: Finding, event: Evidence) -> tuple[str, ...]:
    """Name the rules that matched *event*, the finding itself where they are not named."""
    named = tuple(plain(rule.title) for rule in finding.rules if rule.id in event.rules)
    return named or (plain(finding.title),)


def _key_fields(event: Evidence, fields: Event) -> list[str]:
    known = _KEY_FIELDS.get(event.channel, {}).get(event.event_id, _ANY)
    names = [name for name in known if name in fields]
    return names or list(fields)[:_FALLBACK]
