"""What endpoint products saw, under the names that Sysmon has for it: one table of data.

Names of the products' fields: Elastic Common Schema 8 with Elastic Defend's ``Ext`` fields, and
the schema tables of Microsoft Defender's advanced hunting. Names they become: Sigma's taxonomy.
"""

from collections.abc import Mapping
from typing import Final

from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Activity:
    """One sort of activity out of a product's events.

    Args:
        category: of Sigma's.
        marks: fields with the values they must have one of.
        names: Sigma's field to what it is made of: the first template whose fields are all
            there. A template is text with ``{field}`` in it.
    """

    category: str
    marks: Mapping[str, frozenset[str]]
    names: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Product:
    """An endpoint product.

    Args:
        title: what a person calls it.
        channel: of the kinds of its events.
        marks: fields by which its records are recognised, with the values they may have.
        system: field that names the operating system, lower case after reading.
        host: fields that give the computer.
        time: fields that give the time.
        activities: tried in order.
    """

    title: str
    channel: str
    marks: Mapping[str, frozenset[str]]
    system: tuple[str, ...]
    host: tuple[str, ...]
    time: tuple[str, ...]
    activities: tuple[Activity, ...]


def _one_of(**values: str) -> Mapping[str, frozenset[str]]:
    return {name.replace("__", "."): frozenset(text.split("|")) for name, text in values.items()}


_ECS_PROCESS: Final = {
    "Image": ("{process.executable}",),
    "ProcessId": ("{process.pid}",),
    "ProcessGuid": ("{process.entity_id}",),
    "User": ("{user.domain}\\{user.name}", "{user.name}"),
}
_ECS_DLL_HASHES: Final = (
    "SHA1={dll.hash.sha1},MD5={dll.hash.md5},SHA256={dll.hash.sha256}",
    "SHA256={dll.hash.sha256}",
)
_ECS_FILE: Final = _ECS_PROCESS | {"TargetFilename": ("{file.path}",)}
_ECS_REGISTRY: Final = _ECS_PROCESS | {
    "TargetObject": ("{registry.path}",),
    "Details": ("{registry.data.strings}",),
}

ELASTIC: Final = Product(
    title="Elastic Defend",
    channel="elastic-defend",
    marks=_one_of(agent__type="endpoint"),
    system=("host.os.type", "host.os.family", "host.os.platform"),
    host=("host.hostname", "host.name"),
    time=("@timestamp",),
    activities=(
        Activity(
            "process_creation",
            _one_of(event__category="process", event__type="start"),
            _ECS_PROCESS
            | {
                "CommandLine": ("{process.command_line}",),
                "CurrentDirectory": ("{process.working_directory}",),
                "ParentImage": ("{process.parent.executable}",),
                "ParentCommandLine": ("{process.parent.command_line}",),
                "ParentProcessId": ("{process.parent.pid}",),
                "ParentProcessGuid": ("{process.parent.entity_id}",),
                "OriginalFileName": ("{process.pe.original_file_name}",),
                "IntegrityLevel": ("{process.Ext.token.integrity_level_name}",),
                "LogonId": ("{process.Ext.authentication_id}",),
                "Hashes": (
                    "SHA1={process.hash.sha1},MD5={process.hash.md5},SHA256={process.hash.sha256}",
                    "SHA256={process.hash.sha256}",
                ),
                "Signed": ("{process.code_signature.exists}",),
                "Signature": ("{process.code_signature.subject_name}",),
                "SignatureStatus": ("{process.code_signature.status}",),
            },
        ),
        Activity(
            "process_termination",
            _one_of(event__category="process", event__type="end"),
            _ECS_PROCESS,
        ),
        Activity(
            "image_load",
            _one_of(event__category="library"),
            _ECS_PROCESS
            | {
                "ImageLoaded": ("{dll.path}",),
                "OriginalFileName": ("{dll.pe.original_file_name}",),
                "Signed": ("{dll.code_signature.exists}",),
                "Signature": ("{dll.code_signature.subject_name}",),
                "SignatureStatus": ("{dll.code_signature.status}",),
                "Hashes": _ECS_DLL_HASHES,
            },
        ),
        Activity(
            "driver_load",
            _one_of(event__category="driver"),
            {
                "ImageLoaded": ("{dll.path}",),
                "Signed": ("{dll.code_signature.exists}",),
                "Signature": ("{dll.code_signature.subject_name}",),
                "SignatureStatus": ("{dll.code_signature.status}",),
                "Hashes": _ECS_DLL_HASHES,
            },
        ),
        Activity("file_delete", _one_of(event__category="file", event__type="deletion"), _ECS_FILE),
        Activity(
            "file_rename",
            _one_of(event__category="file", event__action="rename"),
            _ECS_FILE | {"SourceFilename": ("{file.Ext.original.path}",)},
        ),
        Activity(
            "file_event",
            _one_of(event__category="file", event__type="creation|change"),
            _ECS_FILE,
        ),
        Activity(
            "registry_delete",
            _one_of(event__category="registry", event__type="deletion"),
            _ECS_REGISTRY,
        ),
        Activity(
            "registry_set",
            _one_of(event__category="registry", event__type="change|creation"),
            _ECS_REGISTRY,
        ),
        Activity(
            "dns_query",
            _one_of(event__category="network", event__action="lookup_requested|lookup_result"),
            _ECS_PROCESS
            | {"QueryName": ("{dns.question.name}",), "QueryResults": ("{dns.resolved_ip}",)},
        ),
        Activity(
            "network_connection",
            _one_of(event__category="network"),
            _ECS_PROCESS
            | {
                "DestinationIp": ("{destination.ip}",),
                "DestinationPort": ("{destination.port}",),
                "DestinationHostname": ("{destination.domain}",),
                "SourceIp": ("{source.ip}",),
                "SourcePort": ("{source.port}",),
                "Protocol": ("{network.transport}",),
                "Initiated": ("{Initiated}",),
            },
        ),
    ),
)

_MDE_ACTOR: Final = {
    "Image": ("{InitiatingProcessFolderPath}", "{InitiatingProcessFileName}"),
    "CommandLine": ("{InitiatingProcessCommandLine}",),
    "ProcessId": ("{InitiatingProcessId}",),
    "ParentImage": ("{InitiatingProcessParentFileName}",),
    "ParentProcessId": ("{InitiatingProcessParentId}",),
    "User": (
        "{InitiatingProcessAccountDomain}\\{InitiatingProcessAccountName}",
        "{InitiatingProcessAccountName}",
    ),
}
_MDE_HASHES: Final = (
    "SHA1={SHA1},MD5={MD5},SHA256={SHA256}",
    "SHA1={SHA1},SHA256={SHA256}",
    "SHA256={SHA256}",
    "SHA1={SHA1}",
)
_MDE_FILE: Final = _MDE_ACTOR | {"TargetFilename": ("{FolderPath}",), "Hashes": _MDE_HASHES}
_MDE_REGISTRY: Final = _MDE_ACTOR | {
    "TargetObject": (
        "{RegistryKey}\\{RegistryValueName}",
        "{RegistryKey}",
        "{PreviousRegistryKey}\\{PreviousRegistryValueName}",
        "{PreviousRegistryKey}",
    ),
    "Details": ("{RegistryValueData}",),
    "EventType": ("{ActionType}",),
}

DEFENDER: Final = Product(
    title="Microsoft Defender for Endpoint",
    channel="microsoft-defender",
    marks={"ActionType": frozenset(), "DeviceName": frozenset()},
    system=(),
    host=("DeviceName",),
    time=("Timestamp", "TimeGenerated"),
    activities=(
        Activity(
            "process_creation",
            _one_of(ActionType="ProcessCreated"),
            {
                "Image": ("{FolderPath}", "{FileName}"),
                "CommandLine": ("{ProcessCommandLine}",),
                "ProcessId": ("{ProcessId}",),
                "ParentImage": ("{InitiatingProcessFolderPath}", "{InitiatingProcessFileName}"),
                "ParentCommandLine": ("{InitiatingProcessCommandLine}",),
                "ParentProcessId": ("{InitiatingProcessId}",),
                "User": ("{AccountDomain}\\{AccountName}", "{AccountName}"),
                "IntegrityLevel": ("{ProcessIntegrityLevel}",),
                "LogonId": ("{LogonId}",),
                "OriginalFileName": ("{ProcessVersionInfoOriginalFileName}",),
                "Description": ("{ProcessVersionInfoFileDescription}",),
                "Product": ("{ProcessVersionInfoProductName}",),
                "Company": ("{ProcessVersionInfoCompanyName}",),
                "Hashes": _MDE_HASHES,
            },
        ),
        Activity(
            "image_load",
            _one_of(ActionType="ImageLoaded"),
            _MDE_ACTOR | {"ImageLoaded": ("{FolderPath}", "{FileName}"), "Hashes": _MDE_HASHES},
        ),
        Activity(
            "driver_load",
            _one_of(ActionType="DriverLoad"),
            {"ImageLoaded": ("{FolderPath}", "{FileName}"), "Hashes": _MDE_HASHES},
        ),
        Activity("file_event", _one_of(ActionType="FileCreated|FileModified"), _MDE_FILE),
        Activity("file_delete", _one_of(ActionType="FileDeleted"), _MDE_FILE),
        Activity(
            "file_rename",
            _one_of(ActionType="FileRenamed"),
            _MDE_FILE | {"SourceFilename": ("{PreviousFolderPath}\\{PreviousFileName}",)},
        ),
        Activity("registry_set", _one_of(ActionType="RegistryValueSet"), _MDE_REGISTRY),
        Activity("registry_add", _one_of(ActionType="RegistryKeyCreated"), _MDE_REGISTRY),
        Activity(
            "registry_delete",
            _one_of(ActionType="RegistryKeyDeleted|RegistryValueDeleted"),
            _MDE_REGISTRY,
        ),
        Activity(
            "network_connection",
            _one_of(
                ActionType="ConnectionSuccess|ConnectionFailed|ConnectionAttempt|"
                "ConnectionRequest|InboundConnectionAccepted"
            ),
            _MDE_ACTOR
            | {
                "DestinationIp": ("{RemoteIP}",),
                "DestinationPort": ("{RemotePort}",),
                "DestinationHostname": ("{RemoteUrl}",),
                "SourceIp": ("{LocalIP}",),
                "SourcePort": ("{LocalPort}",),
                "Protocol": ("{Protocol}",),
                "Initiated": ("{Initiated}",),
            },
        ),
        Activity(
            "dns_query",
            _one_of(ActionType="DnsQueryResponse"),
            _MDE_ACTOR | {"QueryName": ("{DnsQueryString}",)},
        ),
        Activity(
            "create_remote_thread",
            _one_of(ActionType="CreateRemoteThreadApiCall"),
            {
                "SourceImage": ("{InitiatingProcessFolderPath}", "{InitiatingProcessFileName}"),
                "SourceProcessId": ("{InitiatingProcessId}",),
                "TargetImage": ("{FolderPath}", "{FileName}"),
                "TargetProcessId": ("{ProcessId}",),
            },
        ),
        Activity(
            "pipe_created",
            _one_of(ActionType="NamedPipeEvent"),
            _MDE_ACTOR | {"PipeName": ("{PipeName}",)},
        ),
        Activity(
            "ps_script",
            _one_of(ActionType="PowerShellCommand|AmsiScriptContent"),
            _MDE_ACTOR | {"ScriptBlockText": ("{Command}", "{Content}")},
        ),
    ),
)

PRODUCTS: Final[tuple[Product, ...]] = (ELASTIC, DEFENDER)

HIVES: Final[Mapping[str, str]] = {
    "HKEY_LOCAL_MACHINE": "HKLM",
    "HKEY_CURRENT_USER": "HKCU",
    "HKEY_USERS": "HKU",
    "HKEY_CLASSES_ROOT": "HKCR",
}
"""How these products spell what Sysmon, and so Sigma, shortens."""
