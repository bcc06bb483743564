r"""A call trace as Sysmon writes it, read into frames.

``C:\Windows\SYSTEM32\ntdll.dll+9c534|…|UNKNOWN(00000000004D40A2)``: the newest call first, a
module and an offset for an address that a file backs, ``UNKNOWN`` and the address for one that
none does; ``(wow64)`` behind a frame of 32-bit code on a 64-bit system. Source: Sysmon, event
10 "ProcessAccess"; the forms are those that public logs of Sysmon 6 to 15 show.
"""

import re
from typing import Final, Literal, TypeAlias

from sidelight.values import dataclass

Place: TypeAlias = Literal["module", "heap", "near", "kernel", "nowhere"]
"""Where a frame's address lies.

``module`` in a file; ``heap`` where private memory is; ``near`` where libraries are mapped, as
stubs and compiled code of runtimes, and trampolines of security products, are; ``kernel`` above
user memory; ``nowhere`` at an address that no walk of a stack can have meant.
"""

_UNKNOWN: Final = re.compile(r"UNKNOWN\(([0-9A-Fa-f]{1,16})\)(?:\(wow64\))?", re.ASCII)
_NEAR_64: Final = ((0x7FE_0000_0000, 0x800_0000_0000), (0x7FF0_0000_0000, 0x8000_0000_0000))
"""Where Windows up to 8 maps libraries, and where later ones do."""

_LOWEST: Final = 0x10000
_KERNEL_64: Final = 0xFFFF_8000_0000_0000
_USER_64: Final = 0x8000_0000_0000
_NEAR_32: Final = 0x7000_0000
_KERNEL_32: Final = 0x8000_0000


@dataclass(frozen=True, slots=True)
class Frame:
    """One call.

    Args:
        text: as the log has it.
        module: the file's path in lower case; empty where no file backs the address.
        place: where the address lies.
        wow64: it is 32-bit code on a 64-bit system.
    """

    text: str
    module: str
    place: Place
    wow64: bool

    @property
    def name(self) -> str:
        """The module's file name in lower case; empty where there is no module."""
        return self.module.rpartition("\\")[2]


@dataclass(frozen=True, slots=True)
class Trace:
    """The calls that led to an access, newest first.

    Args:
        frames: may be none: Sysmon leaves the field empty or writes ``-``.
    """

    frames: tuple[Frame, ...]

    @property
    def wow64(self) -> bool:
        """Whether the caller is a 32-bit process on a 64-bit system."""
        return any(frame.wow64 or frame.name.startswith("wow64") for frame in self.frames)


def parse(text: str) -> Trace:
    """Read a call trace. What is no frame is one of no module at no address."""
    if text in ("", "-"):
        return Trace(())
    return Trace(tuple(_frame(part) for part in text.split("|")))


def _frame(text: str) -> Frame:
    wow64 = text.endswith("(wow64)")
    found = _UNKNOWN.fullmatch(text)
    if found is not None:
        return Frame(text, "", place(found[1], wow64=wow64), wow64)
    module, plus, _ = text.removesuffix("(wow64)").rpartition("+")
    module = module.strip().lower()
    if not plus or not module:
        return Frame(text, "", "nowhere", wow64)
    return Frame(text, module, "module", wow64)


def place(digits: str, *, wow64: bool = False) -> Place:
    """Say where an address of user memory, the kernel or nothing lies.

    Args:
        digits: hexadecimal; more than 8 of them mean a 64-bit address, as Sysmon pads them.
        wow64: the code is 32-bit on a 64-bit system, where all 4 GB may be a program's.
    """
    address = int(digits, 16)
    if address < _LOWEST:
        return "nowhere"
    if len(digits) <= 8:
        if address >= _KERNEL_32 and not wow64:
            return "kernel"
        return "near" if _NEAR_32 <= address < _KERNEL_32 else "heap"
    if address >= _KERNEL_64:
        return "kernel"
    if address >= _USER_64:
        return "nowhere"
    return "near" if any(low <= address < high for low, high in _NEAR_64) else "heap"
