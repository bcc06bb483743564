"""An observable: what a text names that could be looked for."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from sidelight.reading.document import Span
from sidelight.values import dataclass

Role: TypeAlias = Literal["observed", "reference"]


@dataclass(frozen=True, slots=True)
class Observable:
    """Something that could be looked for.

    Args:
        kind: a key of `KINDS`.
        value: as machines write it, refanged and without hidden characters.
        span: where it is written.
        role: *observed* in the intrusion that the text tells of, or a *reference*: an address
            that the text points its reader to, a program of the system, a name of a product.
        remarks: what a reader should know of it, as "a private address".
        body: the text of a rule; "" for everything else.
    """

    kind: str
    value: str
    span: Span
    role: Role = "observed"
    remarks: tuple[str, ...] = ()
    body: str = ""


KINDS: Final[Mapping[str, str]] = {
    "ipv4": "IPv4 address or network",
    "ipv6": "IPv6 address or network",
    "domain": "domain name",
    "url": "address of a page or file",
    "email": "e-mail address",
    "md5": "MD5 of a file",
    "sha1": "SHA-1 of a file",
    "sha256": "SHA-256 of a file",
    "sha512": "SHA-512 of a file",
    "imphash": "hash of the imports of a PE file",
    "ssdeep": "fuzzy hash of a file",
    "ja3": "JA3 or JA3S fingerprint of a TLS hello",
    "ja4": "JA4 fingerprint of a TLS hello",
    "file": "name of a file",
    "path": "path of a file or folder",
    "registry-key": "key or value of the registry",
    "mutex": "name of a mutex",
    "command": "command line",
    "yara": "YARA rule, by its name",
    "sigma": "Sigma rule, by its title",
    "cve": "vulnerability",
    "imsi": "IMSI, or range of them (3GPP TS 23.003, 2.2)",
    "msisdn": "MSISDN (3GPP TS 23.003, 3.3)",
    "gt": "global title (ITU-T Q.713)",
    "point-code": "signalling point code (ITU-T Q.704)",
    "plmn": "network code, MCC and MNC (3GPP TS 23.003, 12.1)",
    "apn": "access point name (3GPP TS 23.003, 9)",
    "diameter-realm": "Diameter realm or host (3GPP TS 23.003, 19)",
}
"""Every kind, and what it is."""
