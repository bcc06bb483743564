"""The shapes in which Windows events travel as JSON: one table of data, tried in order.

All names are those of flattened records: members joined by dots, whether the shipper nested
them or wrote the dots itself.
"""

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Final, Literal

from sidelight.values import dataclass

ANY: Final[frozenset[str]] = frozenset()
"""In `Shape.marks`: the field is there, whatever it holds."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where fields of the event lie.

    Args:
        prefix: what their names begin with.
        naming: what their own name is: what follows the prefix as it is (``rest``), with
            underscores for dots as Sigma's taxonomy has it (``joined``), or its last part
            (``leaf``).
    """

    prefix: str
    naming: Literal["rest", "joined", "leaf"]


@dataclass(frozen=True, slots=True)
class Shape:
    """How a program writes a Windows event.

    Args:
        title: what a person calls it.
        marks: fields by which it is recognised, with the values they may have.
        channel: fields that give the channel; the first that is there counts, as below.
        event_id: fields that give the event id.
        host: fields that give the computer.
        time: fields that give the time, best first; unreadable ones are passed over.
        places: where the event's own fields lie; empty where that is beside everything else.
        renames: other fields that are kept, with the name they get unless there is one already.
        data_xml: fields that hold its EventData or UserData as XML.
        data_json: fields that hold its data as JSON in a text.
        unnamed: fields that hold a JSON list of unnamed data in a text.
        fixed: fields of the event that its records lack because they are always the same.
        message: the field that holds the rendered message; Sysmon's names all data.
    """

    title: str
    marks: Mapping[str, frozenset[str]]
    channel: tuple[str, ...] = ()
    event_id: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    renames: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    data_xml: tuple[str, ...] = ()
    data_json: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    message: str = ""


def marks(*names: str) -> Mapping[str, frozenset[str]]:
    """Require fields, whatever they hold."""
    return dict.fromkeys(names, ANY)


FLAT: Final = Shape(
    # NXLog's im_msvistalog through to_json, and what Mordor made of it. EventTime is local
    # time without a zone, @timestamp the time of receipt; Sysmon's UtcTime is the event's own.
    title="flat Windows events (NXLog, Mordor)",
    marks=marks("Channel", "EventID"),
    channel=("Channel",),
    event_id=("EventID",),
    host=("Computer", "Hostname", "HostName", "host.name", "host"),
    time=("TimeCreated", "UtcTime", "@timestamp", "EventTime", "TimeGenerated"),
    renames={
        "SourceName": "Provider_Name",
        "ProviderGuid": "Provider_Guid",
        "Hostname": "Computer",
        "RecordNumber": "EventRecordID",
        "ExecutionProcessID": "Execution_ProcessID",
        "message": "Message",
    },
)

_WINLOG_NAMES: Final = {
    "message": "Message",
    "winlog.provider_name": "Provider_Name",
    "winlog.provider_guid": "Provider_Guid",
    "winlog.channel": "Channel",
    "winlog.computer_name": "Computer",
    "winlog.event_id": "EventID",
    "winlog.record_id": "EventRecordID",
    "winlog.task": "Task",
    "winlog.opcode": "Opcode",
    "winlog.version": "Version",
    "winlog.keywords": "Keywords",
    "winlog.process.pid": "Execution_ProcessID",
    "winlog.process.thread.id": "Execution_ThreadID",
    "winlog.user.identifier": "Security_UserID",
    "winlog.activity_id": "Correlation_ActivityID",
    "event.code": "EventID",
    "event.provider": "Provider_Name",
    "log.level": "Level",
}

SHAPES: Final[tuple[Shape, ...]] = (
    Shape(
        title="evtx_dump and the evtx crate",
        marks=marks("Event.System.EventID"),
        channel=("Event.System.Channel",),
        event_id=("Event.System.EventID",),
        host=("Event.System.Computer",),
        time=("Event.System.TimeCreated.SystemTime",),
        places=(
            Place("Event.System.", "joined"),
            Place("Event.EventData.", "rest"),
            Place("Event.UserData.", "leaf"),
            Place("Event.DebugData.", "leaf"),
            Place("Event.BinaryEventData", "leaf"),
            Place("Event.ProcessingErrorData.", "leaf"),
            Place("Event.RenderingInfo.Message", "leaf"),
        ),
    ),
    Shape(
        title="Winlogbeat 7 and 8",
        marks=marks("winlog.channel"),
        channel=("winlog.channel",),
        event_id=("winlog.event_id", "event.code"),
        host=("winlog.computer_name", "host.name"),
        time=("@timestamp", "event.created"),
        places=(Place("winlog.event_data.", "rest"), Place("winlog.user_data.", "leaf")),
        renames=_WINLOG_NAMES,
    ),
    Shape(
        title="Winlogbeat 5 and 6",
        marks=marks("log_name", "event_id"),
        channel=("log_name",),
        event_id=("event_id",),
        host=("computer_name",),
        time=("@timestamp",),
        places=(Place("event_data.", "rest"), Place("user_data.", "leaf")),
        renames={
            "message": "Message",
            "log_name": "Channel",
            "event_id": "EventID",
            "computer_name": "Computer",
            "source_name": "Provider_Name",
            "provider_guid": "Provider_Guid",
            "record_number": "EventRecordID",
            "level": "Level",
            "task": "Task",
            "opcode": "Opcode",
            "version": "Version",
            "keywords": "Keywords",
            "process_id": "Execution_ProcessID",
            "thread_id": "Execution_ThreadID",
            "user.identifier": "Security_UserID",
            "activity_id": "Correlation_ActivityID",
        },
    ),
    Shape(
        title="EvtxECmd",
        marks=marks("Payload", "EventId", "Channel"),
        channel=("Channel",),
        event_id=("EventId",),
        host=("Computer",),
        time=("TimeCreated",),
        places=(Place("Payload.EventData.", "leaf"), Place("Payload.UserData.", "leaf")),
        renames={
            "EventId": "EventID",
            "Channel": "Channel",
            "Provider": "Provider_Name",
            "Computer": "Computer",
            "EventRecordId": "EventRecordID",
            "RecordNumber": "EventRecordID",
            "Level": "Level",
            "Keywords": "Keywords",
            "ProcessId": "Execution_ProcessID",
            "ThreadId": "Execution_ThreadID",
            "UserId": "Security_UserID",
        },
        data_json=("Payload",),
    ),
    Shape(
        title="Azure Monitor's SecurityEvent and Event tables",
        marks={"Type": frozenset({"SecurityEvent", "Event", "WindowsEvent"})},
        channel=("Channel", "EventLog"),
        event_id=("EventID",),
        host=("Computer",),
        time=("TimeCollected", "TimeGenerated"),
        renames={
            "EventSourceName": "Provider_Name",
            "Source": "Provider_Name",
            "Provider": "Provider_Name",
            "EventLog": "Channel",
            "EventRecordId": "EventRecordID",
            "RenderedDescription": "Message",
        },
        data_xml=("EventData",),
        data_json=("EventData_s",),
        unnamed=("EventData_dynamic",),
    ),
    FLAT,
    Shape(
        # Queries of that table rarely keep the column that says what it is.
        title="Azure Monitor's SecurityEvent table, some columns of it",
        marks=marks("EventID", "SubjectUserSid"),
        event_id=("EventID",),
        host=("Computer",),
        time=("TimeCollected", "TimeCreatedUtc", "TimeGenerated"),
        renames={"EventSourceName": "Provider_Name", "EventRecordId": "EventRecordID"},
        data_xml=("EventData",),
        fixed={"Channel": "Security"},
    ),
    Shape(
        title="PowerShell's Get-WinEvent",
        marks=marks("LogName", "Id", "ProviderName"),
        channel=("LogName",),
        event_id=("Id",),
        host=("MachineName",),
        time=("TimeCreated", "TimeCreated.value", "TimeCreated.DateTime"),
        places=(Place("Properties.Value", "leaf"),),
        renames={
            "Message": "Message",
            "LogName": "Channel",
            "Id": "EventID",
            "MachineName": "Computer",
            "ProviderName": "Provider_Name",
            "RecordId": "EventRecordID",
            "ProcessId": "Execution_ProcessID",
            "ThreadId": "Execution_ThreadID",
            "Properties.Value": "Data",
        },
        message="Message",
    ),
)

AROUND: Final = ("_source.", "result.")
"""What exports of Elasticsearch and Splunk put around a record; tried where it is of no shape."""

XML_FIELDS: Final = (
    "_raw",
    "result._raw",
    "data._raw",
    "SyslogMessage",
    "event.original",
    "MESSAGE",
    "xml",
    "Xml",
    "RawXml",
)
"""Where a shipper may have put an event's XML; it then counts instead of all the rest."""

XML_MESSAGES: Final = ("Message", "message")
"""The same, but only in records that are no Windows event by themselves."""

TEXTS: Final = tuple(
    around + name
    for around in ("", *AROUND)
    for name in ("message", "Message", "MESSAGE", "_raw", "event.original", "log", "SyslogMessage")
)
"""Where a shipper may have put a record as its text; read where the rest is of no shape."""

CHANNELS: Final = (
    "Application",
    "Security",
    "Setup",
    "System",
    "Directory Service",
    "DNS Server",
    "ForwardedEvents",
    "Windows PowerShell",
    "Microsoft-Windows-PowerShell/Operational",
    "Microsoft-Windows-Sysmon/Operational",
    "Microsoft-Windows-TaskScheduler/Operational",
    "Microsoft-Windows-WMI-Activity/Operational",
    "Microsoft-Windows-Windows Defender/Operational",
    "Microsoft-Windows-CodeIntegrity/Operational",
    "Microsoft-Windows-Bits-Client/Operational",
    "Microsoft-Windows-AppLocker/EXE and DLL",
    "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
    "Microsoft-Windows-DNS-Client/Operational",
    "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall",
)
"""Channels that some shippers spell in another case, as Windows spells them."""


@dataclass(frozen=True, slots=True)
class ResultShape:
    """How a detection tool writes its results, which are no evidence.

    Args:
        title: the tool.
        marks: fields by which its results are recognised, with the values they may have.
    """

    title: str
    marks: Mapping[str, frozenset[str]]


RESULTS: Final[tuple[ResultShape, ...]] = (
    ResultShape("Sidelight", {"kind": frozenset({"finding", "coverage", "manifest", "truth"})}),
    ResultShape("Hayabusa", marks("RuleTitle", "Timestamp", "EventID")),
    ResultShape("Chainsaw", marks("group", "kind", "name", "timestamp")),
    ResultShape("Zircolite", marks("rule_level", "matches.row_id")),
    ResultShape("Zircolite", marks("rule_level", "title", "count")),
)
