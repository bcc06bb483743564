import pytest

from sidelight.rules import channels
from sidelight.rules.logsource import Route, refusal, route_to, routes
from sidelight.rules.rule import LogSource
from sidelight.schema import Kind
from sigma_rows import holds

SYSMON = "Microsoft-Windows-Sysmon/Operational"
CREATION = LogSource("windows", "process_creation")


def _sees(source: LogSource, kind: Kind) -> bool:
    return route_to(kind, routes(source)) is not None


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (CREATION, Kind("windows", SYSMON, "1")),
        (CREATION, Kind("windows", SYSMON.upper(), "1")),
        (CREATION, Kind("windows", "Security", "4688")),
        (CREATION, Kind("windows", "DeviceProcessEvents", "", "process_creation")),
        (LogSource("windows", "registry_set"), Kind("windows", SYSMON, "13")),
        (LogSource("windows", "registry_set"), Kind("windows", "Security", "4657")),
        (LogSource("windows", "ps_script"), Kind("windows", "PowerShellCore/Operational", "4104")),
        (LogSource("windows", service="system"), Kind("windows", "System", "7045")),
        (LogSource("windows", service="some/channel"), Kind("windows", "Some/Channel", "1")),
        (
            LogSource("windows", service="applocker"),
            Kind("windows", "Microsoft-Windows-AppLocker/MSI and Script", "8007"),
        ),
        (LogSource("windows"), Kind("windows", "Anything", "1")),
        (LogSource("linux", "process_creation"), Kind("linux", "sysmon", "1")),
        (LogSource("linux", "process_creation"), Kind("linux", "auditd", "", "process_creation")),
        (LogSource("linux", service="auditd"), Kind("linux", "auditd", "", "process_creation")),
        (LogSource("linux", service="auth"), Kind("linux", "sshd")),
        (LogSource("linux", service="syslog"), Kind("linux", "sudo")),
        (LogSource("linux", service="sshd"), Kind("linux", "sshd")),
        (LogSource("linux"), Kind("linux", "auditd")),
        (LogSource("macos", "process_creation"), Kind("macos", "es", "", "process_creation")),
        (LogSource("cisco", service="aaa"), Kind("cisco", "aaa")),
        (LogSource("kubernetes", "application", "audit"), Kind("kubernetes", "audit")),
        (LogSource("django", "application"), Kind("django", "log")),
        (LogSource("modsecurity"), Kind("linux", "modsecurity")),
        (LogSource(category="proxy"), Kind("squid", "access", "", "proxy")),
        (LogSource(service="apache"), Kind("linux", "apache")),
        (
            LogSource(category="antivirus"),
            Kind("windows", "Microsoft-Windows-Windows Defender/Operational", "1116"),
        ),
    ],
)
def test_a_logsource_sees_its_events(source: LogSource, kind: Kind) -> None:
    assert _sees(source, kind)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (CREATION, Kind("windows", SYSMON, "2")),
        (CREATION, Kind("windows", "Security", "1")),
        (CREATION, Kind("linux", "sysmon", "1")),
        (LogSource("windows", "file_delete"), Kind("windows", SYSMON, "26")),
        (LogSource("windows", "registry_rename"), Kind("windows", "Security", "4657")),
        (LogSource("windows", service="system"), Kind("windows", "Security", "4624")),
        (LogSource("windows", "process_creation", "sysmon"), Kind("windows", "Security", "4688")),
        (LogSource("linux", service="sshd"), Kind("linux", "sudo")),
        (LogSource("linux", service="auth"), Kind("linux", "auditd")),
        (LogSource("linux", service="syslog"), Kind("linux", "auditd")),
        (LogSource("aws", service="cloudtrail"), Kind("windows", "Security", "4624")),
        (LogSource(category="proxy"), Kind("windows", "Security", "4624")),
    ],
)
def test_a_logsource_sees_no_others(source: LogSource, kind: Kind) -> None:
    assert not _sees(source, kind)


def test_an_event_goes_one_way_and_its_category_comes_first() -> None:
    mapped = Kind("windows", SYSMON, "1", "process_creation")
    way = route_to(mapped, routes(CREATION))
    assert way == Route("windows", category="process_creation")


def test_security_events_are_read_by_their_own_names() -> None:
    way = route_to(Kind("windows", "Security", "4688"), routes(CREATION))
    assert way is not None
    fields = dict(way.fields)
    assert fields["Image"] == "NewProcessName"
    assert (fields["ProcessId"], fields["ParentProcessId"]) == ("NewProcessId", "ProcessId")


@pytest.mark.parametrize(
    ("category", "event", "wanted"),
    [
        ("registry_add", {"EventType": "CreateKey"}, True),
        ("registry_add", {"EventType": "DeleteKey"}, False),
        ("registry_add", {}, True),
        ("registry_delete", {"EventType": "deletevalue"}, True),
        ("registry_delete", {"EventType": "CreateKey"}, False),
        ("registry_delete", {}, True),
    ],
)
def test_one_event_id_is_told_apart_by_its_type(
    category: str, event: dict[str, str | list[str]], wanted: bool
) -> None:
    way = route_to(Kind("windows", SYSMON, "12"), routes(LogSource("windows", category)))
    assert way is not None
    assert way.extra is not None
    assert holds(way.extra, event) == wanted


@pytest.mark.parametrize(
    ("category", "kind", "wanted"),
    [
        ("registry_add", "CreateKey", True),
        ("registry_add", "SetValue", False),
        ("registry_set", "SetValue", True),
        ("registry_set", "CreateKey", True),
        ("registry_set", "DeleteValue", False),
        ("registry_delete", "DeleteValue", True),
        ("registry_delete", "SetValue", False),
    ],
)
def test_values_of_the_registry_are_told_apart_in_the_security_log(
    category: str, kind: str, wanted: bool
) -> None:
    way = route_to(Kind("windows", "Security", "4657"), routes(LogSource("windows", category)))
    assert way is not None
    assert way.extra is not None
    assert holds(way.extra, {"EventType": kind}) == wanted


def test_only_what_no_log_carries_is_refused() -> None:
    assert "kernel tracing" in refusal(LogSource("windows", "file_access"))
    assert refusal(LogSource("macos", "file_access")) == ""
    assert refusal(LogSource("aws", service="cloudtrail")) == ""


def test_every_category_and_service_has_a_way() -> None:
    sources = [LogSource("windows", service=name) for name in channels.WINDOWS_SERVICES]
    sources += [LogSource("windows", name) for name in channels.SYSMON_CATEGORIES]
    sources += [LogSource("windows", name) for name in channels.POWERSHELL_CATEGORIES]
    assert all(any(way.channels for way in routes(source)) for source in sources)
