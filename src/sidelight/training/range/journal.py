"""What a Windows host has logged that is not on disk yet: sessions, processes, happenings."""

import random
from dataclasses import field
from typing import Final, NamedTuple

from sidelight.training.range import clock, layouts
from sidelight.training.range.binxml import Layout, Value
from sidelight.training.range.estate import DOMAIN, NETBIOS, Host, Person, Program
from sidelight.values import dataclass

SYSTEM: Final = Person("SYSTEM", 0)
NO_GUID: Final = "{00000000-0000-0000-0000-000000000000}"
INTEGRITY: Final = {"System": 16384, "High": 12288, "Medium": 8192, "Low": 4096}


class Happening(NamedTuple):
    """An event that is yet to be written; *order* breaks ties of *at*."""

    at: int
    order: int
    layout: Layout
    values: tuple[Value, ...]
    step: str


@dataclass(frozen=True, slots=True)
class Session:
    """A logon session."""

    person: Person
    logon: int
    number: int

    @property
    def user(self) -> str:
        """The account as Sysmon writes it."""
        return "NT AUTHORITY\\SYSTEM" if self.person is SYSTEM else self.person.full

    @property
    def sid(self) -> str:
        """The account's security identifier."""
        return "S-1-5-18" if self.person is SYSTEM else self.person.sid

    def subject(self, host: Host) -> tuple[str, str, str, int]:
        """Give the four subject fields of audit events."""
        if self.person is SYSTEM:
            return ("S-1-5-18", f"{host.name}$", NETBIOS, 0x3E7)
        return (self.person.sid, self.person.name, NETBIOS, self.logon)


SERVICES: Final = Session(SYSTEM, 0x3E7, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """A running program."""

    program: Program
    pid: int
    guid: str
    command: str
    session: Session
    integrity: str


@dataclass(slots=True)
class Journal:
    """A host and what it has logged that is not on disk yet.

    Args:
        step: of the intrusion that the events to come belong to; empty for background.
    """

    host: Host
    rng: random.Random
    pending: list[Happening] = field(default_factory=list)
    step: str = ""
    logged: int = 0

    def log(self, at: int, layout: Layout, *values: Value) -> None:
        """Let the host log an event at *at*."""
        self.logged += 1
        self.pending.append(Happening(at, self.logged, layout, values, self.step))

    def process(
        self, at: int, program: Program, command: str, session: Session, integrity: str = "Medium"
    ) -> Process:
        """Give a process that began at *at*, without logging it."""
        pid = self.rng.randrange(1500, 15000) // 4 * 4
        began = int(clock.unix(at))
        machine = int(self.host.address.replace(".", "")) * 2654435761 & 0xFFFFFFFF
        number = self.rng.getrandbits(40)
        guid = (
            f"{{{machine:08X}-{began & 0xFFFF:04X}-{began >> 16 & 0xFFFF:04X}"
            f"-{number >> 32:04X}-{number & 0xFFFFFFFF:08X}1B00}}"
        )
        return Process(program, pid, guid, command, session, integrity)

    def script(self, at: int, text: str, path: str = "") -> None:
        """Run a PowerShell script block."""
        number = self.rng.getrandbits(128)
        hexed = f"{number:032x}"
        block = "-".join((hexed[:8], hexed[8:12], hexed[12:16], hexed[16:20], hexed[20:]))
        self.log(at, layouts.SCRIPT_BLOCK, 1, 1, text, block, path)

    def logon(
        self, at: int, person: Person, kind: int, address: str = "-", workstation: str = "-"
    ) -> Session:
        """Log somebody on; *kind* is the logon type."""
        logon = self.rng.randrange(0x40000, 0x3FFFFFFF)
        network = kind == 3
        self.log(
            at, layouts.LOGON, *(_NOBODY if network else SERVICES.subject(self.host)), person.sid,
            person.name, DOMAIN.upper() if network else NETBIOS, logon, kind,
            "Kerberos" if network else "User32 ", "Kerberos" if network else "Negotiate",
            workstation, NO_GUID, "-", "-", 0, 0 if network else 0x2F8,
            "-" if network else "C:\\Windows\\System32\\svchost.exe", address,
            str(self.rng.randrange(49152, 65535)) if address != "-" else "-", "%%1833", "-", "-",
            "-", "%%1843", 0, "%%1843",
        )  # fmt: skip
        if person.name.startswith(("adm.", "svc-")):
            self.log(at, layouts.PRIVILEGES, person.sid, person.name, NETBIOS, logon, _PRIVILEGES)
        return Session(person, logon, 2 if kind == 10 else 1)

    def logoff(self, at: int, session: Session, kind: int) -> None:
        """Log somebody off."""
        by = session.person
        self.log(at, layouts.LOGOFF, by.sid, by.name, NETBIOS, session.logon, kind)


_NOBODY: Final = ("S-1-0-0", "-", "-", 0)
_PRIVILEGES: Final = "\r\n\t\t\t".join(
    (
        "SeSecurityPrivilege", "SeBackupPrivilege", "SeRestorePrivilege",
        "SeTakeOwnershipPrivilege", "SeDebugPrivilege", "SeImpersonatePrivilege",
    )
)  # fmt: skip
