"""What an access mask lets a process do to another.

Source: Microsoft, "Process Security and Access Rights".
"""

from typing import Final

CREATE_THREAD: Final = 0x0002
VM_OPERATION: Final = 0x0008
VM_READ: Final = 0x0010
VM_WRITE: Final = 0x0020
CREATE_PROCESS: Final = 0x0080
ALL_ACCESS: Final = 0x1FFFFF

CHANGING: Final = CREATE_THREAD | VM_OPERATION | VM_WRITE
"""Rights without which no code gets into another process by its handle."""

TOUCHING: Final = CHANGING | VM_READ
"""Rights to another process' memory or threads, as against its name and state."""

_WORDS: Final = (
    (VM_WRITE, "write its memory"),
    (CREATE_THREAD, "start threads in it"),
    (VM_OPERATION, "change its memory's protection"),
    (VM_READ, "read its memory"),
    (0x0040, "duplicate its handles"),
    (0x0800, "suspend it"),
    (0x0001, "end it"),
    (CREATE_PROCESS, "make it a parent"),
)


def parse_mask(text: str) -> int | None:
    """Read Sysmon's ``GrantedAccess``, None where it is no number of 32 bits."""
    try:
        mask = int(text.strip(), 0)
    except ValueError:
        return None
    return mask if 0 <= mask < 1 << 32 else None


def words(mask: int | None) -> str:
    """Say what *mask* allows, as the end of a sentence: ``with the rights to …``.

    Empty where the mask is unknown. The one mask that process creation gives is named as such,
    since it comes with every child and tells an injection from nothing.
    """
    if mask is None:
        return ""
    if mask & ALL_ACCESS == ALL_ACCESS:
        return f"with all rights ({mask:#x}, as creating a process gives them)"
    allowed = [word for bit, word in _WORDS if mask & bit]
    if not allowed:
        return f"with the right to ask after its state ({mask:#x})"
    listed = ", ".join(allowed[:-1]) + " and " + allowed[-1] if len(allowed) > 1 else allowed[0]
    return f"with the rights to {listed} ({mask:#x})"
