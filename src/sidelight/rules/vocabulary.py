"""The fields that events have, so that a rule can be told when it asks for one that is not there.

Sources: the event manifest of Sysmon (schema 4.90), and Microsoft's pages on security auditing
(4688, 4657) and on PowerShell logging (4103, 4104, and the classic events).
"""

from collections.abc import Iterable, Mapping
from typing import Final

from sidelight.rules import channels
from sidelight.rules.logsource import Route


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HEADER: Final = _words(
    """Provider_Name Provider_Guid Provider_EventSourceName EventID EventID_Qualifiers Version
    Level Task Opcode Keywords TimeCreated TimeCreated_SystemTime EventRecordID
    Correlation_ActivityID Correlation_RelatedActivityID Execution_ProcessID Execution_ThreadID
    Channel Computer Security_UserID Message"""
)
"""What every Windows event has (Sigma specification 2.1, "Field Usage")."""

_PROCESS: Final = "RuleName UtcTime ProcessGuid ProcessId Image User"
_FILE: Final = f"{_PROCESS} TargetFilename"
_VERSION: Final = "FileVersion Description Product Company OriginalFileName Hashes"
_SIGNED: Final = "Hashes Signed Signature SignatureStatus"
_KEY: Final = f"{_PROCESS} EventType TargetObject"
_WMI: Final = "RuleName EventType UtcTime Operation User"
_PAIR: Final = """RuleName UtcTime SourceProcessGuid SourceProcessId SourceImage
    TargetProcessGuid TargetProcessId TargetImage SourceUser TargetUser"""
_PORTS: Final = " ".join(
    f"{end}{name}"
    for end in ("Source", "Destination")
    for name in ("IsIpv6", "Ip", "Hostname", "Port", "PortName")
)


SYSMON: Final[Mapping[str, frozenset[str]]] = {
    event_id: _words(text)
    for event_id, text in {
        "1": f"""{_PROCESS} {_VERSION} CommandLine CurrentDirectory LogonGuid LogonId
            TerminalSessionId IntegrityLevel ParentProcessGuid ParentProcessId ParentImage
            ParentCommandLine ParentUser""",
        "2": f"{_FILE} CreationUtcTime PreviousCreationUtcTime",
        "3": f"{_PROCESS} Protocol Initiated {_PORTS}",
        "4": "UtcTime State Version SchemaVersion",
        "5": _PROCESS,
        "6": f"RuleName UtcTime ImageLoaded {_SIGNED}",
        "7": f"{_PROCESS} ImageLoaded {_VERSION} {_SIGNED}",
        "8": f"{_PAIR} NewThreadId StartAddress StartModule StartFunction",
        "9": f"{_PROCESS} Device",
        "10": f"{_PAIR} SourceProcessGUID TargetProcessGUID SourceThreadId GrantedAccess CallTrace",
        "11": f"{_FILE} CreationUtcTime",
        "12": _KEY,
        "13": f"{_KEY} Details",
        "14": f"{_KEY} NewName",
        "15": f"{_FILE} CreationUtcTime Hash Contents",
        "16": "UtcTime Configuration ConfigurationFileHash",
        "17": f"{_PROCESS} EventType PipeName",
        "18": f"{_PROCESS} EventType PipeName",
        "19": f"{_WMI} EventNamespace Name Query",
        "20": f"{_WMI} Name Type Destination",
        "21": f"{_WMI} Consumer Filter",
        "22": f"{_PROCESS} QueryName QueryStatus QueryResults",
        "23": f"{_FILE} Hashes IsExecutable Archived",
        "24": f"{_PROCESS} Session ClientInfo Hashes Archived",
        "25": f"{_PROCESS} Type",
        "26": f"{_FILE} Hashes IsExecutable",
        "27": f"{_FILE} Hashes",
        "28": f"{_FILE} Hashes IsExecutable",
        "29": f"{_FILE} Hashes",
        "255": "UtcTime ID Description",
    }.items()
}
"""Event id of Sysmon -> fields."""

_SUBJECT: Final = "SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId"

SECURITY: Final[Mapping[str, frozenset[str]]] = {
    "4688": _words(
        f"""{_SUBJECT} NewProcessId NewProcessName TokenElevationType ProcessId CommandLine
        TargetUserSid TargetUserName TargetDomainName TargetLogonId ParentProcessName
        MandatoryLabel 4688.IntegrityLevel"""
    ),
    "4657": _words(
        f"""{_SUBJECT} ObjectName ObjectValueName HandleId OperationType OldValueType OldValue
        NewValueType NewValue ProcessId ProcessName 4657.TargetObject 4657.Details
        4657.EventType"""
    ),
}
"""Event id of the Security channel -> fields, derived columns included."""

POWERSHELL: Final[Mapping[str, frozenset[str]]] = {
    "4103": _words("ContextInfo UserData Payload"),
    "4104": _words("MessageNumber MessageTotal ScriptBlockText ScriptBlockId Path"),
    "400": _words("Data"),
    "600": _words("Data"),
    "800": _words("Data"),
}

_CHANNELS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    channel.lower(): fields
    for group, fields in (
        ((*channels.SYSMON, *channels.LINUX_SYSMON), SYSMON),
        (channels.SECURITY, SECURITY),
        ((*channels.POWERSHELL, *channels.POWERSHELL_CLASSIC), POWERSHELL),
    )
    for channel in group
}


def known_fields(ways: Iterable[Route]) -> frozenset[str] | None:
    """Give the names a rule can use on *ways*, in lower case; None where that is not known.

    Ways by category alone are passed over: whatever a reader maps into a category is mapped
    onto the names that the other ways have.
    """
    names: set[str] = set()
    bound = [way for way in ways if way.channels]
    for way in bound:
        found = _fields(way)
        if found is None:
            return None
        renamed = dict(way.fields)
        names |= found | renamed.keys()
    return frozenset(name.lower() for name in names | HEADER) if bound else None


def _fields(way: Route) -> frozenset[str] | None:
    found: set[str] = set()
    for channel in way.channels:
        table = _CHANNELS.get(channel, {})
        if not way.event_ids <= table.keys() or not (way.event_ids or table is SYSMON):
            return None
        for event_id in way.event_ids or table.keys():
            found |= table[event_id]
    return frozenset(found)
