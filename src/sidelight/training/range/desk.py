"""A Windows host in use, with the processes that are always there."""

from collections.abc import Callable
from typing import TypeAlias

from sidelight.training.range import programs
from sidelight.training.range.estate import Program
from sidelight.training.range.journal import SERVICES, Process, Session
from sidelight.training.range.machine import Machine


class Desk:
    """A Windows host with the processes that are always there."""

    def __init__(self, machine: Machine, at: int) -> None:
        self.machine = machine
        self.user = Session(machine.host.person, 0x3A7F1, 1)

        def running(program: Program, command: str, session: Session = SERVICES) -> Process:
            level = "System" if session is SERVICES else "Medium"
            return machine.process(at, program, command, session, level)

        self.services = running(programs.SERVICES_EXE, "C:\\Windows\\System32\\services.exe")
        self.svchost = running(programs.SVCHOST, "C:\\Windows\\System32\\svchost.exe -k netsvcs -p")
        self.network = running(
            programs.SVCHOST, "C:\\Windows\\System32\\svchost.exe -k NetworkService -p"
        )
        self.lsass = running(programs.LSASS, "C:\\Windows\\system32\\lsass.exe")
        self.defender = running(programs.DEFENDER, f'"{programs.DEFENDER.path}"')
        self.backup = running(programs.BACKUP, f'"{programs.BACKUP.path}" --service')
        self.winlogon = running(programs.WINLOGON, "winlogon.exe")
        self.explorer = running(programs.EXPLORER, "C:\\Windows\\Explorer.EXE", self.user)
        self.files = 0

    def load(self, at: int, process: Process, *own: Program, common: int = 3) -> int:
        """Load libraries into a process that just began; give the time of the last."""
        rng = self.machine.rng
        first = rng.randrange(len(programs.COMMON_DLLS) - common)
        for module in (*programs.COMMON_DLLS[first : first + common], *own):
            at += rng.randrange(2_000, 90_000)
            self.machine.load(at, process, module)
        return at


Activity: TypeAlias = Callable[[Desk, int], None]
"""Something that happens at a desk at a time."""
