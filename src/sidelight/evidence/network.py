"""Messages of network elements as events of Sigma's products.

Sources: Cisco's "System Message Logging" (``%FACILITY-SEVERITY-MNEMONIC``) and TACACS+ accounting
records, Fortinet's FortiOS log reference (``key=value``), Huawei's ``%%ddMODULE/SEVERITY/BRIEF``,
Juniper's daemons of Junos.
"""

import re
from typing import Final

from sidelight.evidence.times import time_of
from sidelight.schema import NO_TIME, Event, Kind

_CISCO: Final = re.compile(
    r"(?:^|[\s:])%(?P<facility>[A-Z][A-Z0-9_]*+(?:-[0-9]*+[A-Z_][A-Z0-9_]*+)*)-(?P<severity>[0-7])-"
    r"(?P<mnemonic>[A-Z0-9_]+): ?(?P<text>.*)",
    re.DOTALL,
)
_HUAWEI: Final = re.compile(
    r"%%\d\d(?P<module>[A-Z0-9_]+)/(?P<severity>\d)/(?P<mnemonic>\w+)\((?P<type>\w)\)"
    r"(?:\[\d+\])?:? ?(?P<text>.*)",
    re.DOTALL,
)
_LOGGED: Final = re.compile(
    r"User:\s?(?P<user>\S{1,256})\s+logged command:\s?(?P<CmdSet>.*)", re.DOTALL
)
_CONFIGURED: Final = re.compile(
    r"Configured from (?P<from>\S+)(?: by (?P<user>\S+))?(?: on (?P<tty>\S+))?"
    r"(?: \((?P<src_ip>[^)]+)\))?"
)
_ACCOUNTED: Final = re.compile(r"(?:^|\s)(?:start|stop|update)\s")
_SERVICE: Final = re.compile(r"\bservice=\S")
_ADDITION: Final = re.compile(
    r"(?<![\w-])([\w-]{1,64})=(.*?)(?=\s{1,8}[\w-]{1,64}=|\t|$)", re.DOTALL
)
_PAIR: Final = re.compile(r"""(?<!\w)(\w++)=("[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s",]*)""")
_FORTIGATE: Final = re.compile(r"\b(?:devid|devname|logid|log_id)=")
_JUNOS: Final = frozenset({"rpd", "mgd", "chassisd", "dcd", "mib2d", "snmpd", "dfwd", "pfed"})
_JUNOS_KERNEL: Final = re.compile(r"tcp_auth_ok:|missing MD5 digest")
_BGP: Final = re.compile(r"bgp|[:(]179\b", re.IGNORECASE)
_LDP: Final = re.compile(r"ldp|[:(]646\b", re.IGNORECASE)
_AAA: Final = frozenset({"AAA", "AAAA", "PARSER", "SEC_LOGIN", "TAC", "TACACS", "RADIUS", "HA_EM"})
_ZONE: Final = re.compile(r"[+-]\d{4}")


def recognise_network(program: str, body: str) -> tuple[Kind, Event] | None:
    """Give kind and fields of a network element's message; None if it is none.

    Args:
        program: the tag of syslog; empty where there is none.
        body: the message with its tag, as `SyslogLine.body`.
    """
    if "%" in body:
        if found := _HUAWEI.search(body):
            return _huawei(found, body)
        if found := _CISCO.search(body):
            return _cisco(found, body)
    if "=" in body:
        if _FORTIGATE.search(body) and "type=" in body:
            return _fortigate(body)
        if (begun := _ACCOUNTED.search(body)) and _SERVICE.search(body, begun.end()):
            return _accounting(body)
    if program in _JUNOS or (program in {"kernel", "/kernel"} and _JUNOS_KERNEL.search(body)):
        return Kind("juniper", _routing(body) or "syslog"), {"program": program, "message": body}
    return None


def _routing(text: str) -> str:
    return "bgp" if _BGP.search(text) else "ldp" if _LDP.search(text) else ""


def _present(found: re.Match[str]) -> dict[str, str]:
    return {name: text for name, text in found.groupdict().items() if text}


def _cisco(found: re.Match[str], body: str) -> tuple[Kind, Event]:
    event: Event = {"message": body, **_present(found)}
    text, facility = found["text"], found["facility"]
    if detail := _LOGGED.search(text) or _CONFIGURED.search(text):
        event.update(_present(detail))
    if facility.split("-")[0] in _AAA or (facility, found["mnemonic"]) == ("SYS", "CONFIG_I"):
        return Kind("cisco", "aaa"), event
    return Kind("cisco", _routing(body) or "syslog"), event


def _huawei(found: re.Match[str], body: str) -> tuple[Kind, Event]:
    event: Event = {"message": body, **_present(found)}
    return Kind("huawei", _routing(body) or "syslog"), event


def _accounting(body: str) -> tuple[Kind, Event]:
    event: Event = {"message": body}
    event.update(_ADDITION.findall(body))
    if command := event.get("cmd"):
        event["CmdSet"] = command
    return Kind("cisco", "aaa"), event


def _fortigate(body: str) -> tuple[Kind, Event]:
    event: Event = {"message": body}
    for name, value in _PAIR.findall(body):
        event[name] = value[1:-1].replace('\\"', '"') if value[:1] == '"' else value
    service = event.get("type", "")
    return Kind("fortigate", service if isinstance(service, str) else ""), event


def fortigate_time(event: Event) -> int:
    """Read the time of a FortiGate event: ``eventtime``, else its date, time and ``tz``."""

    def text(name: str) -> str:
        value = event.get(name, "")
        return value if isinstance(value, str) else ""

    time = time_of(text("eventtime"))
    if time != NO_TIME:
        return time
    zone = text("tz") if _ZONE.fullmatch(text("tz")) else ""
    return time_of(f"{text('date')} {text('time')}{zone}")
