"""The Windows events that the range writes, as their providers declare them.

Source: the providers' manifests as Windows shows them (``wevtutil gp NAME /ge``), Microsoft's
audit event reference, and Sysmon's own schema (``sysmon -s``).
"""

from typing import Final

from sidelight.training.range.binxml import Layout, Type

_TYPES: Final = {
    "": Type.TEXT,
    "u8": Type.UINT8,
    "u16": Type.UINT16,
    "u32": Type.UINT32,
    "u64": Type.UINT64,
    "bool": Type.BOOLEAN,
    "guid": Type.GUID,
    "time": Type.FILETIME,
    "sid": Type.SID,
    "x32": Type.HEX32,
    "x64": Type.HEX64,
}


def _fields(text: str) -> tuple[tuple[str, Type], ...]:
    pairs = (word.partition(":") for word in text.split())
    return tuple((name.replace("_", " "), _TYPES[code]) for name, _, code in pairs)


SYSMON: Final = "Microsoft-Windows-Sysmon/Operational"
POWERSHELL: Final = "Microsoft-Windows-PowerShell/Operational"
DEFENDER: Final = "Microsoft-Windows-Windows Defender/Operational"
TASKS: Final = "Microsoft-Windows-TaskScheduler/Operational"
SESSIONS: Final = "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"
CONNECTIONS: Final = "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational"
NTLM: Final = "Microsoft-Windows-NTLM/Operational"

_SUBJECT = "SubjectUserSid:sid SubjectUserName SubjectDomainName SubjectLogonId:x64 "


def _sysmon(event_id: int, version: int, fields: str) -> Layout:
    head = "RuleName EventType UtcTime " if event_id == 13 else "RuleName UtcTime "
    return Layout(
        "Microsoft-Windows-Sysmon", "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}", SYSMON, event_id,
        _fields(head + fields), version, 4, event_id, user="S-1-5-18", process=2412,
    )  # fmt: skip


_PROCESS = "ProcessGuid:guid ProcessId:u32 Image "
_FILE = "FileVersion Description Product Company OriginalFileName "

PROCESS_CREATE: Final = _sysmon(
    1, 5,
    _PROCESS + _FILE + "CommandLine CurrentDirectory User LogonGuid:guid LogonId:x64 "
    "TerminalSessionId:u32 IntegrityLevel Hashes ParentProcessGuid:guid ParentProcessId:u32 "
    "ParentImage ParentCommandLine ParentUser",
)  # fmt: skip
NETWORK: Final = _sysmon(
    3, 5,
    _PROCESS + "User Protocol Initiated:bool SourceIsIpv6:bool SourceIp SourceHostname "
    "SourcePort:u16 SourcePortName DestinationIsIpv6:bool DestinationIp DestinationHostname "
    "DestinationPort:u16 DestinationPortName",
)  # fmt: skip
PROCESS_END: Final = _sysmon(5, 3, _PROCESS + "User")
IMAGE_LOAD: Final = _sysmon(
    7, 3, _PROCESS + "ImageLoaded " + _FILE + "Hashes Signed Signature SignatureStatus User"
)
REMOTE_THREAD: Final = _sysmon(
    8, 2,
    "SourceProcessGuid:guid SourceProcessId:u32 SourceImage TargetProcessGuid:guid "
    "TargetProcessId:u32 TargetImage NewThreadId:u32 StartAddress StartModule StartFunction "
    "SourceUser TargetUser",
)  # fmt: skip
PROCESS_ACCESS: Final = _sysmon(
    10, 3,
    "SourceProcessGUID:guid SourceProcessId:u32 SourceThreadId:u32 SourceImage "
    "TargetProcessGUID:guid TargetProcessId:u32 TargetImage GrantedAccess:x32 CallTrace "
    "SourceUser TargetUser",
)  # fmt: skip
FILE_CREATE: Final = _sysmon(11, 2, _PROCESS + "TargetFilename CreationUtcTime User")
REGISTRY_SET: Final = _sysmon(13, 2, _PROCESS + "TargetObject Details User")
DNS_QUERY: Final = _sysmon(
    22, 5, "ProcessGuid:guid ProcessId:u32 QueryName QueryStatus QueryResults Image User"
)


def _audit(
    event_id: int, task: int, fields: str, version: int = 0, *, failed: bool = False
) -> Layout:
    return Layout(
        "Microsoft-Windows-Security-Auditing", "{54849625-5478-4994-a5ba-3e3b0328c30d}",
        "Security", event_id, _fields(fields), version, 0, task,
        keywords=0x8010000000000000 if failed else 0x8020000000000000,
    )  # fmt: skip


LOGON: Final = _audit(
    4624, 12544,
    _SUBJECT + "TargetUserSid:sid TargetUserName TargetDomainName TargetLogonId:x64 LogonType:u32 "
    "LogonProcessName AuthenticationPackageName WorkstationName LogonGuid:guid TransmittedServices "
    "LmPackageName KeyLength:u32 ProcessId:x64 ProcessName IpAddress IpPort ImpersonationLevel "
    "RestrictedAdminMode TargetOutboundUserName TargetOutboundDomainName VirtualAccount "
    "TargetLinkedLogonId:x64 ElevatedToken",
    2,
)  # fmt: skip
LOGON_FAILED: Final = _audit(
    4625, 12544,
    _SUBJECT + "TargetUserSid:sid TargetUserName TargetDomainName Status:x32 FailureReason "
    "SubStatus:x32 LogonType:u32 LogonProcessName AuthenticationPackageName WorkstationName "
    "TransmittedServices LmPackageName KeyLength:u32 ProcessId:x64 ProcessName IpAddress IpPort",
    failed=True,
)  # fmt: skip
LOGOFF: Final = _audit(
    4634, 12545,
    "TargetUserSid:sid TargetUserName TargetDomainName TargetLogonId:x64 LogonType:u32",
)  # fmt: skip
EXPLICIT_LOGON: Final = _audit(
    4648, 12544,
    _SUBJECT + "LogonGuid:guid TargetUserName TargetDomainName TargetLogonGuid:guid "
    "TargetServerName TargetInfo ProcessId:x64 ProcessName IpAddress IpPort",
)  # fmt: skip
PRIVILEGES: Final = _audit(4672, 12548, _SUBJECT + "PrivilegeList")
PROCESS_4688: Final = _audit(
    4688, 13312,
    _SUBJECT + "NewProcessId:x64 NewProcessName TokenElevationType ProcessId:x64 CommandLine "
    "TargetUserSid:sid TargetUserName TargetDomainName TargetLogonId:x64 ParentProcessName "
    "MandatoryLabel:sid",
    2,
)  # fmt: skip
TICKET: Final = _audit(
    4768, 14339,
    "TargetUserName TargetDomainName TargetSid:sid ServiceName ServiceSid:sid TicketOptions:x32 "
    "Status:x32 TicketEncryptionType:x32 PreAuthType IpAddress IpPort CertIssuerName "
    "CertSerialNumber CertThumbprint",
)  # fmt: skip
SERVICE_TICKET: Final = _audit(
    4769, 14337,
    "TargetUserName TargetDomainName ServiceName ServiceSid:sid TicketOptions:x32 "
    "TicketEncryptionType:x32 IpAddress IpPort Status:x32 LogonGuid:guid TransmittedServices",
)  # fmt: skip
CREDENTIALS: Final = _audit(
    4776, 14336, "PackageName TargetUserName Workstation Status:x32"
)  # fmt: skip
SHARE: Final = _audit(
    5140, 12808,
    _SUBJECT + "ObjectType IpAddress IpPort ShareName ShareLocalPath AccessMask:x32 AccessList",
    1,
)  # fmt: skip
SHARE_FILE: Final = _audit(
    5145, 12811,
    _SUBJECT + "ObjectType IpAddress IpPort ShareName ShareLocalPath RelativeTargetName "
    "AccessMask:x32 AccessList AccessReason",
)  # fmt: skip
FLOW: Final = _audit(
    5156, 12810,
    "ProcessID:u64 Application Direction SourceAddress SourcePort DestAddress DestPort "
    "Protocol:u32 FilterRTID:u64 LayerName LayerRTID:u64 RemoteUserID:sid RemoteMachineID:sid",
    1,
)  # fmt: skip


def _system(provider: str, guid: str, event_id: int, fields: str, keywords: int) -> Layout:
    return Layout(
        provider, guid, "System", event_id, _fields(fields), keywords=keywords, process=712
    )


_SCM = ("Service Control Manager", "{555908d1-a6d7-4695-8e1e-26931d2012f4}")
SERVICE_STATE: Final = _system(*_SCM, 7036, "param1 param2", 0x8080000000000000)
SERVICE_START_TYPE: Final = _system(*_SCM, 7040, "param1 param2 param3 param4", 0x8080000000000000)
SERVICE_NEW: Final = _system(
    *_SCM, 7045, "ServiceName ImagePath ServiceType StartType AccountName", 0x8080000000000000
)
HIVE_CLEANED: Final = _system(
    "Microsoft-Windows-Kernel-General", "{a68ca8b7-004f-d7b6-a698-07e2de0f1f5d}", 16,
    "HiveNameLength:u16 HiveName KeysUpdated:u32 DirtyPages:u32", 0x8000000000000000,
)  # fmt: skip

SCRIPT_BLOCK: Final = Layout(
    "Microsoft-Windows-PowerShell", "{a0c1853b-5c40-4b15-8766-3cf1c58f985a}", POWERSHELL, 4104,
    _fields("MessageNumber:u32 MessageTotal:u32 ScriptBlockText ScriptBlockId Path"),
    1, 5, 2, 15, 0, process=6312,
)  # fmt: skip


def _defender(event_id: int, fields: str, level: int = 4) -> Layout:
    return Layout(
        "Microsoft-Windows-Windows Defender", "{11cd958a-c507-4ef3-b3f2-5fd9dfbd2c78}", DEFENDER,
        event_id, _fields("Product_Name Product_Version " + fields), 0, level,
        user="S-1-5-18", process=3160,
    )  # fmt: skip


DEFENDER_SCANNED: Final = _defender(
    1001,
    "Scan_ID Scan_Type_Index Scan_Type Scan_Parameters_Index Scan_Parameters Domain User SID "
    "Scan_Resources Scan_Time_Hours Scan_Time_Minutes Scan_Time_Seconds",
)
DEFENDER_UPDATED: Final = _defender(
    2000,
    "Current_Signature_Version Previous_Signature_Version Domain User SID Signature_Type_Index "
    "Signature_Type Update_Type_Index Update_Type Current_Engine_Version Previous_Engine_Version",
)

_TASK = ("Microsoft-Windows-TaskScheduler", "{de7b24ea-73c8-4a09-985d-5bdadcfa9017}", TASKS)
TASK_STARTED: Final = Layout(
    *_TASK, 200, _fields("TaskName ActionName TaskInstanceId:guid EnginePID:u32"),
    1, 4, 200, 1, user="S-1-5-18", process=1344,
)  # fmt: skip
TASK_DONE: Final = Layout(
    *_TASK, 201, _fields("TaskName TaskInstanceId:guid ActionName ResultCode:u32 EnginePID:u32"),
    2, 4, 201, 2, user="S-1-5-18", process=1344,
)  # fmt: skip

_LSM = (
    "Microsoft-Windows-TerminalServices-LocalSessionManager",
    "{5d896912-022d-40aa-a3a8-4fa5515c76d7}", SESSIONS,
)  # fmt: skip
SESSION_ON: Final = Layout(
    *_LSM, 21, _fields("User SessionID:u32 Address"), keywords=0x1000000000000000,
    wrapper="EventXML", user="S-1-5-18", process=1188,
)  # fmt: skip
SESSION_OFF: Final = Layout(
    *_LSM, 24, _fields("User SessionID:u32 Address"), keywords=0x1000000000000000,
    wrapper="EventXML", user="S-1-5-18", process=1188,
)  # fmt: skip
RDP_AUTHENTICATED: Final = Layout(
    "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
    "{c76baa63-ae81-421c-b425-340b4b24157f}", CONNECTIONS, 1149, _fields("Param1 Param2 Param3"),
    keywords=0x1000000000000000, wrapper="EventXML", user="S-1-5-20", process=1188,
)  # fmt: skip
NTLM_SENT: Final = Layout(
    "Microsoft-Windows-NTLM", "{ac43300d-5fcc-4800-8e99-1bd3f85f0320}", NTLM, 8001,
    _fields(
        "TargetName UserName DomainName CallerPID:u32 ProcessName ClientLUID:x64 "
        "ClientUserName ClientDomainName MechanismOID"
    ),
    0, 4, 2, user="S-1-5-18", process=704,
)  # fmt: skip
