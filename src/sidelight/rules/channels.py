"""Sigma's services and categories as channels and event ids.

Sources: Sigma taxonomy appendix 2.1 ("Windows Folder", "Linux Folder"), and the channel names
that Windows itself registers where the appendix gives a provider's name instead.
"""

from collections.abc import Mapping
from typing import Final

SYSMON: Final = ("Microsoft-Windows-Sysmon/Operational",)
POWERSHELL: Final = ("Microsoft-Windows-PowerShell/Operational", "PowerShellCore/Operational")
POWERSHELL_CLASSIC: Final = ("Windows PowerShell",)
DEFENDER: Final = ("Microsoft-Windows-Windows Defender/Operational",)
SECURITY: Final = ("Security",)
LINUX_SYSMON: Final = ("sysmon", "Linux-Sysmon/Operational")

_SERVICEBUS: Final = (
    "Microsoft-ServiceBus-Client",
    "Microsoft-ServiceBus-Client/Admin",
    "Microsoft-ServiceBus-Client/Operational",
)

WINDOWS_SERVICES: Final[Mapping[str, tuple[str, ...]]] = {
    "application": ("Application",),
    "application-experience": (
        "Microsoft-Windows-Application-Experience/Program-Telemetry",
        "Microsoft-Windows-Application-Experience/Program-Compatibility-Assistant",
    ),
    "applocker": (
        "Microsoft-Windows-AppLocker/MSI and Script",
        "Microsoft-Windows-AppLocker/EXE and DLL",
        "Microsoft-Windows-AppLocker/Packaged app-Deployment",
        "Microsoft-Windows-AppLocker/Packaged app-Execution",
    ),
    "appmodel-runtime": ("Microsoft-Windows-AppModel-Runtime/Admin",),
    "appxdeployment-server": ("Microsoft-Windows-AppXDeploymentServer/Operational",),
    "appxpackaging-om": ("Microsoft-Windows-AppxPackaging/Operational",),
    "bitlocker": ("Microsoft-Windows-BitLocker/BitLocker Management",),
    "bits-client": ("Microsoft-Windows-Bits-Client/Operational",),
    "capi2": ("Microsoft-Windows-CAPI2/Operational",),
    "certificateservicesclient-lifecycle-system": (
        "Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational",
    ),
    "codeintegrity-operational": ("Microsoft-Windows-CodeIntegrity/Operational",),
    "dhcp": (
        "Microsoft-Windows-DHCP-Server/Operational",
        "Microsoft-Windows-Dhcp-Server/Operational",
    ),
    "diagnosis-scripted": ("Microsoft-Windows-Diagnosis-Scripted/Operational",),
    "dns-client": (
        "Microsoft-Windows-DNS Client Events/Operational",
        "Microsoft-Windows-DNS-Client/Operational",
    ),
    "dns-server": ("DNS Server",),
    "dns-server-analytic": (
        "Microsoft-Windows-DNS-Server/Analytical",
        "Microsoft-Windows-DNSServer/Analytical",
    ),
    "dns-server-audit": (
        "Microsoft-Windows-DNS-Server/Audit",
        "Microsoft-Windows-DNSServer/Audit",
    ),
    "driver-framework": ("Microsoft-Windows-DriverFrameworks-UserMode/Operational",),
    "firewall-as": ("Microsoft-Windows-Windows Firewall With Advanced Security/Firewall",),
    "hyper-v-worker": (
        "Microsoft-Windows-Hyper-V-Worker",
        "Microsoft-Windows-Hyper-V-Worker-Admin",
        "Microsoft-Windows-Hyper-V-Worker-Operational",
    ),
    "iis-configuration": (
        "Microsoft-IIS-Configuration/Operational",
        "Microsoft-IIS-Configuration/Administrative",
    ),
    "kernel-event-tracing": (
        "Microsoft-Windows-Kernel-EventTracing",
        "Microsoft-Windows-Kernel-EventTracing/Admin",
    ),
    "kernel-shimengine": (
        "Microsoft-Windows-Kernel-ShimEngine/Operational",
        "Microsoft-Windows-Kernel-ShimEngine/Diagnostic",
    ),
    "ldap": ("Microsoft-Windows-LDAP-Client/Debug",),
    "lsa-server": ("Microsoft-Windows-LSA/Operational",),
    "microsoft-servicebus-client": _SERVICEBUS,
    "msexchange-management": ("MSExchange Management",),
    "ntfs": ("Microsoft-Windows-Ntfs/Operational",),
    "ntlm": ("Microsoft-Windows-NTLM/Operational",),
    "openssh": ("OpenSSH/Operational",),
    "powershell": POWERSHELL,
    "powershell-classic": POWERSHELL_CLASSIC,
    "printservice-admin": ("Microsoft-Windows-PrintService/Admin",),
    "printservice-operational": ("Microsoft-Windows-PrintService/Operational",),
    "security": SECURITY,
    "security-mitigations": (
        "Microsoft-Windows-Security-Mitigations/Kernel Mode",
        "Microsoft-Windows-Security-Mitigations/User Mode",
        "Microsoft-Windows-Security-Mitigations/KernelMode",
        "Microsoft-Windows-Security-Mitigations/UserMode",
    ),
    "sense": ("Microsoft-Windows-SENSE/Operational",),
    "servicebus-client": _SERVICEBUS,
    "shell-core": ("Microsoft-Windows-Shell-Core/Operational",),
    "smbclient-connectivity": ("Microsoft-Windows-SmbClient/Connectivity",),
    "smbclient-security": ("Microsoft-Windows-SmbClient/Security",),
    "smbserver-connectivity": ("Microsoft-Windows-SMBServer/Connectivity",),
    "smbserver-security": ("Microsoft-Windows-SMBServer/Security",),
    "sysmon": SYSMON,
    "system": ("System",),
    "taskscheduler": ("Microsoft-Windows-TaskScheduler/Operational",),
    "terminalservices-localsessionmanager": (
        "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
    ),
    "terminalservices-remoteconnectionmanager": (
        "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational",
    ),
    "vhdmp": ("Microsoft-Windows-VHDMP-Operational", "Microsoft-Windows-VHDMP/Operational"),
    "windefend": DEFENDER,
    "winrm": ("Microsoft-Windows-WinRM/Operational",),
    "wmi": ("Microsoft-Windows-WMI-Activity/Operational",),
}
"""Windows services -> channels."""

SYSMON_CATEGORIES: Final[Mapping[str, tuple[str, ...]]] = {
    "process_creation": ("1",),
    "file_change": ("2",),
    "network_connection": ("3",),
    "sysmon_status": ("4", "16"),
    "process_termination": ("5",),
    "driver_load": ("6",),
    "image_load": ("7",),
    "create_remote_thread": ("8",),
    "raw_access_thread": ("9",),
    "process_access": ("10",),
    "file_event": ("11",),
    "registry_event": ("12", "13", "14"),
    "registry_add": ("12",),
    "registry_delete": ("12",),
    "registry_set": ("13",),
    "registry_rename": ("14",),
    "create_stream_hash": ("15",),
    "pipe_created": ("17", "18"),
    "wmi_event": ("19", "20", "21"),
    "dns_query": ("22",),
    "file_delete": ("23",),
    "clipboard_capture": ("24",),
    "clipboard_change": ("24",),
    "process_tampering": ("25",),
    "file_delete_detected": ("26",),
    "file_block_executable": ("27",),
    "file_block_shredding": ("28",),
    "file_executable_detected": ("29",),
    "sysmon_error": ("255",),
}
"""Windows categories -> event ids of Sysmon."""

POWERSHELL_CATEGORIES: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "ps_module": (POWERSHELL, "4103"),
    "ps_script": (POWERSHELL, "4104"),
    "ps_classic_start": (POWERSHELL_CLASSIC, "400"),
    "ps_classic_provider_start": (POWERSHELL_CLASSIC, "600"),
    "ps_classic_script": (POWERSHELL_CLASSIC, "800"),
}
"""Windows categories -> channels and event id of PowerShell."""

LINUX_CATEGORIES: Final[Mapping[str, tuple[str, ...]]] = {
    "process_creation": ("1",),
    "network_connection": ("3",),
    "process_termination": ("5",),
    "raw_access_thread": ("9",),
    "file_event": ("11",),
    "file_delete": ("23",),
}
"""Linux categories -> event ids of Sysmon for Linux."""

_AUTH: Final = (
    "auth",
    "authpriv",
    "sshd",
    "sudo",
    "su",
    "login",
    "passwd",
    "useradd",
    "usermod",
    "userdel",
    "groupadd",
    "pam",
    "polkit",
    "polkitd",
    "systemd-logind",
    "cron",
    "crond",
)

LINUX_SERVICES: Final[Mapping[str, tuple[str, ...]]] = {
    "auth": _AUTH,
    "cron": ("cron", "crond", "crontab", "anacron"),
    "syslog": (
        "syslog",
        "messages",
        "daemon",
        "kernel",
        "systemd",
        "clamav",
        "vsftpd",
        "guacamole",
        "anacron",
        "crontab",
        *_AUTH,
    ),
}
"""Linux services whose file holds the lines of several programs; any other is its channel."""

NO_EVENT_LOG: Final = frozenset({"file_access", "file_rename"})
"""Windows categories that come from kernel tracing and are in no event log."""

DEFENDER_FOUND: Final = (
    "1006",
    "1007",
    "1008",
    "1009",
    "1010",
    "1011",
    "1012",
    "1017",
    "1018",
    "1019",
    "1115",
    "1116",
    "1117",
)
"""Events of Microsoft Defender Antivirus that name a threat."""
