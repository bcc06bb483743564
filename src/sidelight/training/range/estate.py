"""The operator: its hosts, its people, its programs. All of it is invented."""

import hashlib
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from sidelight.values import dataclass

Role: TypeAlias = Literal["billing", "noc", "admin", "dc", "jump", "mediation"]

DOMAIN: Final = "pacific-mobile.example"
NETBIOS: Final = "PACMOB"
DOMAIN_SID: Final = "S-1-5-21-1184620417-2918830155-3370012946"


@dataclass(frozen=True, slots=True)
class Person:
    """An account of the domain."""

    name: str
    rid: int

    @property
    def sid(self) -> str:
        """The account's security identifier."""
        return f"{DOMAIN_SID}-{self.rid}"

    @property
    def full(self) -> str:
        """The account's name with its domain."""
        return f"{NETBIOS}\\{self.name}"


@dataclass(frozen=True, slots=True)
class Host:
    """A computer of the operator, and who sits at it."""

    name: str
    role: Role
    address: str
    person: Person

    @property
    def fqdn(self) -> str:
        """The name that events carry."""
        return f"{self.name}.{DOMAIN}"


ADMIN: Final = Person("adm.fono", 1114)
BACKUP: Final = Person("svc-ardent", 1120)

_STORY: Final = (
    Host("BILL-WS01", "billing", "10.20.10.21", Person("s.malia", 1105)),
    Host("NOC-WS01", "noc", "10.20.20.31", Person("t.ioane", 1106)),
    Host("ADM-WS01", "admin", "10.20.30.11", Person("k.fono", 1107)),
    Host("DC01", "dc", "10.20.1.10", ADMIN),
    Host("JUMP01", "jump", "10.20.5.5", ADMIN),
    Host("med01", "mediation", "10.20.40.8", Person("mediation", 1001)),
)
_NAMES: Final = (
    "l.tevita",
    "p.sione",
    "r.kalani",
    "h.nguyen",
    "d.rao",
    "y.lin",
    "a.siti",
    "j.cruz",
)


def hosts(count: int) -> tuple[Host, ...]:
    """Give the *count* hosts of the operator, those of the story first."""
    extra = []
    for at in range(count - len(_STORY)):
        role: Role = "noc" if at % 3 == 2 else "billing"
        name = f"{'NOC' if role == 'noc' else 'BILL'}-WS{at + 2:02d}"
        address = f"10.20.{20 if role == 'noc' else 10}.{40 + at % 200}"
        suffix = "" if at < len(_NAMES) else str(at // len(_NAMES))
        extra.append(
            Host(name, role, address, Person(_NAMES[at % len(_NAMES)] + suffix, 1200 + at))
        )
    return (*_STORY, *extra)


DC, JUMP, MEDIATION = _STORY[3], _STORY[4], _STORY[5]
BILLING, NOC, ADMIN_DESK = _STORY[0], _STORY[1], _STORY[2]


@dataclass(frozen=True, slots=True)
class Program:
    """A file of code: what its version resource says and who signed it.

    Args:
        signer: empty for an unsigned file.
    """

    path: str
    original: str
    description: str
    product: str
    company: str
    version: str
    signer: str

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("\\")[2]


WINDOWS_PRODUCT: Final = "Microsoft® Windows® Operating System"
WINDOWS_VERSION: Final = "10.0.19041.3636 (WinBuild.160101.0800)"


@lru_cache(maxsize=4096)
def hashes(path: str) -> str:
    """Give the hashes that Sysmon would show for the file at *path*; made up."""
    seed = hashlib.sha256(b"range" + path.lower().encode()).hexdigest().upper()
    return f"MD5={seed[:32]},SHA256={seed[::-1]},IMPHASH={seed[16:48]}"


def windows(path: str, description: str, original: str = "") -> Program:
    """Describe a file of Windows itself; *path* is below the Windows folder."""
    full = f"C:\\Windows\\{path}"
    name = original or full.rpartition("\\")[2]
    return Program(
        full, name, description, WINDOWS_PRODUCT, "Microsoft Corporation", WINDOWS_VERSION,
        "Microsoft Windows",
    )  # fmt: skip


def vendor(  # noqa: PLR0913
    path: str, description: str, company: str, version: str, *, signer: str = "", original: str = ""
) -> Program:
    """Describe a file of somebody else."""
    name = original or path.rpartition("\\")[2]
    return Program(path, name, description, description, company, version, signer)


def unmarked(path: str) -> Program:
    """Describe a file that says nothing of itself and is not signed."""
    return Program(path, "-", "-", "-", "-", "-", "")
