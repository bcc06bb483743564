"""Where the intrusion takes place: the hosts, and the intruder's processes on them."""

import random
from collections.abc import Mapping
from dataclasses import field
from typing import Final

from sidelight.training.range.clock import SECOND
from sidelight.training.range.desk import Desk
from sidelight.training.range.journal import Process
from sidelight.training.range.linux import Server
from sidelight.values import dataclass

KERNEL_FRAMES: Final = (
    "C:\\Windows\\SYSTEM32\\ntdll.dll+9d4c4|C:\\Windows\\System32\\KERNELBASE.dll+2c0fe"
)


@dataclass(slots=True)
class Stage:
    """The hosts by name, the mediation server, and who plays on them."""

    desks: Mapping[str, Desk]
    server: Server
    rng: random.Random
    cast: dict[str, Process] = field(default_factory=dict)

    def unbacked(self) -> str:
        """Give a call trace that ends in memory without a file."""
        return f"{KERNEL_FRAMES}|UNKNOWN({self.rng.randrange(0x10000000000, 0x2FFFFFFFFFF):016X})"

    def inject(self, desk: Desk, at: int, source: Process, target: Process) -> None:
        """Open *target*, write to it and start a thread in memory without a file."""
        machine = desk.machine
        for rights in (0x1FFFFF, 0x1478):
            machine.access(at, source, target, rights, self.unbacked())
            at += SECOND // 50
        address = self.rng.randrange(0x20000000000, 0x2FFFFFFFFFF) & ~0xFFFF
        machine.thread(at, source, target, address, "")
