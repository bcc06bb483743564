"""The notes of an ELF core: threads, files, the auxiliary vector.

Sources: the System V ABI, "Note Section"; core(5); struct elf_prstatus and elf_prpsinfo of the
kernel's include/linux/elfcore.h and their 32-bit forms; user_regs of x86 and arm (ptrace.h).
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Final

from sidelight.values import dataclass

AT_PHDR, AT_ENTRY, AT_EXECFN, AT_VDSO = 3, 9, 31, 33
MANY_FILES: Final = 1 << 20

_MACHINE: Final = frozenset({b"QEMU", b"VMCOREINFO"})
"""Owners of notes in images of whole memories (QEMU's dump.c, the kernel's vmcore_info.h)."""

_NAME_BYTES: Final = 64
_COUNTER_AT: Final = {(2, 62): 240, (2, 183): 368, (1, 3): 120, (1, 40): 132}
"""Where the program counter is in a thread's status, by ELF class and machine."""

_STACK_AT: Final = {(2, 62): 264, (2, 183): 360}
"""Where the stack pointer is."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How numbers are laid out: the class of the ELF file (1: 32 bits, 2: 64), order, machine."""

    bits: int
    order: str
    machine: int

    @property
    def word(self) -> int:
        """Bytes in an address."""
        return 4 * self.bits

    def words(self, data: bytes) -> tuple[int, ...]:
        """Read *data* as addresses; a rest is left out."""
        count = len(data) // self.word
        code = "Q" if self.bits == 2 else "I"
        return struct.unpack(f"{self.order}{count}{code}", data[: count * self.word])

    def integer(self, data: bytes, offset: int) -> int:
        """Read an unsigned number of 32 bits; 0 behind the end."""
        part = data[offset : offset + 4]
        return int(struct.unpack(f"{self.order}I", part)[0]) if len(part) == 4 else 0


@dataclass(slots=True)
class Notes:
    """What the notes of a core say.

    Args:
        threads: id and program counter of each; 0 where the machine is not known.
        stacks: id and stack pointer of each, where the machine is known.
        files: start, end and path of every mapped file.
        auxv: as it stands in the core, to find it again in the stack.
        machine: whether it is of a whole machine: of the kernel, or what an emulator wrote.
    """

    pid: int = -1
    ppid: int = -1
    uid: int = -1
    name: str = ""
    arguments: str = ""
    threads: list[tuple[int, int]] = field(default_factory=list)
    stacks: list[tuple[int, int]] = field(default_factory=list)
    files: list[tuple[int, int, str]] = field(default_factory=list)
    auxv: bytes = b""
    machine: bool = False
    vector: dict[int, int] = field(default_factory=dict)


def add_notes(notes: Notes, data: bytes, layout: Layout) -> None:
    """Add what the notes in *data* say; those that are cut short or of other sorts are left out."""
    for name, kind, text in _each(data, layout):
        notes.machine |= name in _MACHINE
        if name != b"CORE":
            continue
        match kind:
            case 1 if len(text) > _status(layout):  # NT_PRSTATUS
                thread = layout.integer(text, _status(layout))
                notes.threads.append((thread, _register(text, layout, _COUNTER_AT)))
                if stack := _register(text, layout, _STACK_AT):
                    notes.stacks.append((thread, stack))
            case 3:  # NT_PRPSINFO
                _add_process(notes, text, layout)
            case 6:  # NT_AUXV
                pairs = layout.words(text)
                notes.auxv, notes.vector = text, dict(zip(pairs[::2], pairs[1::2], strict=False))
            case 0x46494C45:  # NT_FILE
                notes.files += _files(text, layout)
            case _:
                pass


def _register(text: bytes, layout: Layout, places: Mapping[tuple[int, int], int]) -> int:
    at = places.get((layout.bits, layout.machine))
    words = layout.words(text[at : at + layout.word]) if at else ()
    return words[0] if words else 0


def _each(data: bytes, layout: Layout) -> Iterator[tuple[bytes, int, bytes]]:
    place = 0
    while place + 12 <= len(data):
        names, size, kind = struct.unpack(f"{layout.order}III", data[place : place + 12])
        begin = place + 12 + (names + 3) // 4 * 4
        name = data[place + 12 : place + 12 + min(names, _NAME_BYTES)].rstrip(b"\0")
        yield name, kind, data[begin : begin + size]
        place = begin + (size + 3) // 4 * 4


def _status(layout: Layout) -> int:
    return 32 if layout.bits == 2 else 24


def _add_process(notes: Notes, text: bytes, layout: Layout) -> None:
    wide = layout.bits == 2
    at, name = (16, 40) if wide else (8, 28)
    if len(text) < name + 16:
        return
    notes.uid = layout.integer(text, at) & (0xFFFFFFFF if wide else 0xFFFF)
    notes.pid = layout.integer(text, name - 16)
    notes.ppid = layout.integer(text, name - 12)
    notes.name = _text(text[name : name + 16])
    notes.arguments = _text(text[name + 16 : name + 96]).strip()


def _text(data: bytes) -> str:
    return data.split(b"\0")[0].decode("utf-8", "backslashreplace")


def _files(text: bytes, layout: Layout) -> Iterator[tuple[int, int, str]]:
    head = layout.words(text[: 2 * layout.word])
    if len(head) < 2 or head[0] > min(MANY_FILES, len(text)):
        return
    count, begin = head[0], 2 * layout.word
    table = layout.words(text[begin : begin + 3 * count * layout.word])
    names = text[begin + 3 * count * layout.word :].split(b"\0")
    for index, name in enumerate(names[: len(table) // 3]):
        yield table[3 * index], table[3 * index + 1], name.decode("utf-8", "backslashreplace")
