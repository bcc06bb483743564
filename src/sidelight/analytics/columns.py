"""Which columns of which events are facts."""

from collections.abc import Mapping
from typing import Final

from sidelight.findings.surface import DISK
from sidelight.schema import Kind

SYSMON: Final = frozenset({"microsoft-windows-sysmon/operational", "sysmon"})

HOST: Final = "sidelight-host"
YARA: Final = "sidelight-yara"

LOADED: Final = (
    "ImageLoaded",
    "Signed",
    "Signature",
    "SignatureStatus",
    "OriginalFileName",
    "Company",
    "Hashes",
)
WRITTEN: Final = ("TargetFilename",)
CONNECTED: Final = ("DestinationIp", "DestinationPort", "SourceIp", "Initiated")
SHARED: Final = ("ShareLocalPath", "ShareName", "RelativeTargetName", "AccessMask", "IpAddress")

_SYSMON_ROLES: Final[Mapping[str, str]] = {
    "1": "start",
    "3": "connect",
    "7": "load",
    "8": "thread",
    "10": "access",
    "11": "write",
    "13": "registry",
    "25": "tamper",
}
_SECURITY_ROLES: Final[Mapping[str, str]] = {
    "4688": "start",
    "4697": "service",
    "5145": "share",
}
_CATEGORY_ROLES: Final[Mapping[str, str]] = {
    "image_load": "load",
    "create_remote_thread": "thread",
    "process_access": "access",
    "file_event": "write",
    "network_connection": "connect",
    "process_creation": "start",
    "ps_script": "script",
}
_POWERSHELL: Final[Mapping[str, str]] = {
    "4104": "script",
    "4103": "script",
    "800": "script",
    "400": "script",
}
_POWERSHELL_CHANNELS: Final = frozenset(
    {
        "microsoft-windows-powershell/operational",
        "powershellcore/operational",
        "windows powershell",
    }
)
_SYSTEM_ROLES: Final[Mapping[str, str]] = {"7045": "service"}


ROLES: Final[Mapping[str, str]] = {
    "start": "starts of processes (Sysmon 1, Security 4688)",
    "load": "image loads (Sysmon 7)",
    "thread": "remote threads (Sysmon 8)",
    "access": "accesses to processes (Sysmon 10)",
    "write": "file creations (Sysmon 11)",
    "share": "file shares (Security 5145)",
    "connect": "network connections (Sysmon 3)",
    "registry": "registry values (Sysmon 13)",
    "service": "new services (System 7045, Security 4697)",
    "script": "PowerShell (4104, 4103, 800, 400)",
    "tamper": "process tampering (Sysmon 25)",
    "match": "matches of YARA rules (`hunt --yara`)",
    "host": "processes of a host (`sidelight collect`, cores, minidumps) or its file tree",
    "file": "programs and libraries on a disk",
}
"""What each role is called; endpoint products' like events count too."""


def role_of(kind: Kind) -> str:
    """Tell what events of *kind* are to analytics; "" where they are nothing."""
    if kind.channel == HOST and kind.category != "image_load":
        return "host"
    if kind.channel == YARA:
        return "match"
    if kind.channel == DISK:
        return "file"
    if kind.product != "windows":
        return "start" if kind.category == "process_creation" else ""
    channel = kind.channel.lower()
    if channel in SYSMON:
        return _SYSMON_ROLES.get(kind.event_id, "")
    if channel == "security":
        return _SECURITY_ROLES.get(kind.event_id, "")
    if channel == "system":
        return _SYSTEM_ROLES.get(kind.event_id, "")
    if channel in _POWERSHELL_CHANNELS:
        return _POWERSHELL.get(kind.event_id, "")
    return _CATEGORY_ROLES.get(kind.category, "")
