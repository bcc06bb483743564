"""ELF cores as the kernel, gcore and others write them: one process, read from front to back.

Only the notes, the stretches around executable memory, small ones, stacks and the tops of the
highest stretches are looked at; the rest is passed over. Sources: the System V ABI, "Program
Header"; core(5); for the initial stack the x86-64 psABI, "Process Initialization".
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field, replace
from typing import Final

from sidelight.host import collect
from sidelight.host.core_calls import Kept, bent_calls, returning
from sidelight.host.core_notes import (
    AT_ENTRY,
    AT_EXECFN,
    AT_PHDR,
    AT_VDSO,
    Layout,
    Notes,
    add_notes,
)
from sidelight.host.process import Process, Region, Sign
from sidelight.host.tape import BLOCK_BYTES, Tape
from sidelight.values import dataclass

NOTE_BYTES: Final = 64 << 20
TOP_BYTES: Final = 512 << 10
_TOPS: Final = 4
_STACK_BYTES: Final = 64 << 20
_TAIL_BYTES: Final = 128 << 10
_MANY_SIGNS: Final = 64
_MANY_WORDS: Final = 1 << 16
_LOAD, _NOTE = 1, 4
_VSYSCALL: Final = 0xFFFFFFFFFF600000


class CoreError(ValueError):
    """The bytes are no core that can be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A program header: where its bytes are in the file, and where they were in memory."""

    sort: int
    flags: int
    offset: int
    start: int
    stored: int
    size: int

    @property
    def end(self) -> int:
        """Where it ends in memory."""
        return self.start + self.size

    @property
    def perms(self) -> str:
        """The permissions, as maps writes them."""
        letters = ((4, "r"), (2, "w"), (1, "x"))
        return "".join(letter if self.flags & bit else "-" for bit, letter in letters) + "p"


@dataclass(frozen=True, slots=True)
class Core:
    """A process out of a core, and what of it was missing.

    Args:
        cut: offset in the file from which on bytes are missing; None where none are.
        unread: how many stretches were not looked at, since they begin inside others or are too
            long.
        unlisted: whether it lists no files, so that memory without one cannot be told.
    """

    process: Process
    cut: int | None = None
    unread: int = 0
    unlisted: bool = False


@dataclass(frozen=True, slots=True)
class _Use:
    """What a stretch is looked at for.

    Args:
        near: it is around executable memory.
        top: it is one of the highest.
        kept: all of it is kept.
        tail: its end is kept: it may be the stack of a thread.
        stacks: the stack pointers that lie in it.
    """

    near: bool
    top: bool
    kept: bool
    tail: bool
    stacks: tuple[int, ...]

    @property
    def nothing(self) -> bool:
        """Whether it may be passed over."""
        return not (self.near or self.top or self.kept or self.tail or self.stacks)


@dataclass(slots=True)
class _Found:
    notes: Notes = field(default_factory=Notes)
    signs: list[tuple[int, str]] = field(default_factory=list)
    tops: list[tuple[int, bytes]] = field(default_factory=list)
    kept: Kept = field(default_factory=Kept)


def is_core(head: bytes) -> bool:
    """Tell whether *head* begins an ELF file of type core."""
    if len(head) < 20 or head[:4] != b"\x7fELF" or head[4] not in {1, 2} or head[5] not in {1, 2}:
        return False
    return head[16:18] == (b"\4\0" if head[5] == 1 else b"\0\4")


def read_core(read: Callable[[int], bytes]) -> Core:
    """Read a core through *read*, which gives the next bytes, as many as it is asked for.

    Raises:
        CoreError: it is none, or too little of it is there.
    """
    tape = Tape(read)
    layout, segments = headers(tape)
    found, unread = _Found(), 0
    loads = [s for s in segments if s.sort == _LOAD]
    near = _around_code(loads)
    tops = set(sorted(s.start for s in loads if s.flags & 2 and s.stored)[-_TOPS:])
    for segment in sorted(segments, key=lambda s: s.offset):
        if not segment.stored:
            continue
        note = segment.sort == _NOTE
        use = _Use(
            segment.start in near,
            segment.start in tops,
            found.kept.wants(segment.stored),
            bool(segment.flags & 2) and segment.stored <= _STACK_BYTES,
            tuple(at for _, at in found.notes.stacks if segment.start <= at < segment.end),
        )
        if not note and use.nothing:
            continue
        if not tape.forward(segment.offset) or (note and segment.stored > NOTE_BYTES):
            unread += tape.cut is None
        elif note:
            add_notes(found.notes, tape.take(segment.stored), layout)
        else:
            _look(tape, segment, found, use)
    if found.notes.machine:
        raise CoreError("it is an image of a whole memory: name it with --memory-image")
    if not found.notes.threads and found.notes.pid < 0:
        raise CoreError("it has no notes of a process")
    last = max((s.offset + s.stored for s in segments), default=0)
    tape.forward(last)
    listed = bool(found.notes.files)
    process = _process(found, loads if listed else [], layout)
    return Core(process if listed else replace(process, halted=()), tape.cut, unread, not listed)


def headers(tape: Tape) -> tuple[Layout, list[Segment]]:
    """Read how numbers are laid out, and the program headers.

    Raises:
        CoreError: it is no core, or too little of it is there.
    """
    head = tape.take(64)
    if not is_core(head) or len(head) < 64:
        raise CoreError("it is no ELF core")
    order = "<" if head[5] == 1 else ">"
    layout = Layout(head[4], order, struct.unpack(f"{order}H", head[18:20])[0])
    wide = layout.bits == 2
    (start,) = struct.unpack(f"{order}{'Q' if wide else 'I'}", head[32:40] if wide else head[28:32])
    size, count = struct.unpack(f"{order}HH", head[54:58] if wide else head[42:46])
    least = 56 if wide else 32
    if size != least or count == 0xFFFF:
        raise CoreError("its program headers are of a form that is not known")
    if start < tape.place:
        head = head[start:]
    elif tape.forward(start):
        head = b""
    else:
        raise CoreError("it ends before its program headers")
    table = head + tape.take(max(0, size * count - len(head)))
    return layout, [_segment(table[i * size :][:least], layout) for i in range(len(table) // size)]


def _segment(data: bytes, layout: Layout) -> Segment:
    order = layout.order
    if layout.bits == 2:
        sort, flags, offset, start, _, stored, size, _ = struct.unpack(f"{order}IIQQQQQQ", data)
    else:
        sort, offset, start, _, stored, size, flags, _ = struct.unpack(f"{order}IIIIIIII", data)
    return Segment(sort, flags, offset, start, stored, size)


def _around_code(loads: list[Segment]) -> set[int]:
    """Give the starts of segments in runs of adjacent ones of which one is executable."""
    near: set[int] = set()
    run: list[Segment] = []
    for segment in [*sorted(loads, key=lambda s: s.start), None]:
        if run and (segment is None or segment.start != run[-1].end):
            if any(part.flags & 1 for part in run):
                near.update(part.start for part in run)
            run = []
        if segment is not None:
            run.append(segment)
    return near


def _look(tape: Tape, segment: Segment, found: _Found, use: _Use) -> None:
    left, signs, last = segment.stored, 0, b""
    whole: list[bytes] = []
    while left > 0:
        data = tape.take(min(left, BLOCK_BYTES))
        if not data:
            break
        place = segment.start + segment.stored - left
        if use.near and signs < _MANY_SIGNS:
            more = collect.elf_signs(data, place, bool(segment.flags & 1))
            found.signs += more
            signs += len(more)
        if use.top or use.tail:
            last = (last + data)[-TOP_BYTES:]
        for at in use.stacks if not use.kept else ():
            if place <= at < place + len(data):
                found.kept.add(at, data[at - place :][: collect.STACK_BYTES])
        whole += [data] if use.kept else []
        left -= len(data)
    end = segment.start + segment.stored - left
    if use.top:
        found.tops.append((end - len(last), last))
    if use.tail and not use.kept and found.kept.wants(_TAIL_BYTES):
        found.kept.add(end - len(last[-_TAIL_BYTES:]), last[-_TAIL_BYTES:])
    if use.kept:
        found.kept.add(segment.start, b"".join(whole))


def _process(found: _Found, loads: list[Segment], layout: Layout) -> Process:
    notes = found.notes
    regions = tuple(_regions(notes, loads))
    entry = notes.vector.get(AT_ENTRY, notes.vector.get(AT_PHDR, 0))
    exe = next((path for start, end, path in notes.files if start <= entry < end), None)
    loose = [r for r in regions if r.executable and r.sort not in {"file", "kernel"}]
    argv, loader = _words(found, layout)
    if argv is None and notes.arguments:
        argv = tuple(notes.arguments.split(" "))
    return Process(
        pid=notes.pid if notes.pid >= 0 else notes.threads[0][0],
        origin="core",
        ppid=notes.ppid,
        uid=notes.uid,
        user=str(notes.uid) if notes.uid >= 0 else "",
        comm=notes.name,
        exe=exe,
        argv=argv,
        loader=loader,
        regions=tuple(region for region in regions if region.executable),
        halted=tuple(notes.threads),
        returning=tuple(returning(found.kept, layout, loose, notes.stacks)),
        bent=tuple(bent_calls(found.kept, layout, loose, notes.files)),
        signs=tuple(_loose(found.signs, regions)),
    )


def _regions(notes: Notes, loads: list[Segment]) -> Iterator[Region]:
    """Join what was stored with the list of files.

    gdb leaves out what a file still holds unchanged, and with it the permissions: of a file that
    is mapped in three pieces or more, as libraries are, such a piece is taken for code.
    """
    names = {start: path for start, _, path in notes.files}
    pieces: dict[str, int] = {}
    for _, _, path in notes.files:
        pieces[path] = pieces.get(path, 0) + 1
    known = {segment.start for segment in loads}
    rows = [(s.start, s.end, s.perms) for s in loads] + [
        (start, end, "r-xp" if pieces[path] > 2 else "r--p")
        for start, end, path in notes.files
        if start not in known
    ]
    execfn = notes.vector.get(AT_EXECFN, 0)
    for start, end, perms in sorted(rows):
        path = names.get(start, "")
        if start in {notes.vector.get(AT_VDSO), _VSYSCALL}:
            path = "[vdso]"
        elif not path and start <= execfn < end:
            path = "[stack]"
        yield Region(start, end, perms, path)


def _loose(signs: Iterable[tuple[int, str]], regions: tuple[Region, ...]) -> Iterator[Sign]:
    """Give the signs that lie in runs of memory without a file, one of them executable."""
    rows = [
        collect.Region(r.start, r.end, r.perms, "0:0", int(r.sort == "file"), r.path)
        for r in regions
    ]
    runs = [(run[0].start, run[-1].end) for run in collect.executable_runs(rows)]
    for place, sort in dict.fromkeys(signs):
        if any(start <= place < end for start, end in runs):
            yield Sign(place, sort)


def _words(found: _Found, layout: Layout) -> tuple[tuple[str, ...] | None, dict[str, str] | None]:
    """Read arguments and loader variables from the initial stack.

    From below: the count of arguments, their addresses, a zero, the addresses of the variables,
    a zero, and the auxiliary vector, by which the place is found.
    """
    vector = found.notes.auxv
    for start, data in found.tops:
        place = data.rfind(vector) if len(vector) > 2 * layout.word else -1
        if place < 0:
            continue
        below = layout.words(data[place % layout.word : place])[::-1][:_MANY_WORDS]
        first = next((i for i, word in enumerate(below) if i and not word), 0)
        counts = (i for i, word in enumerate(below) if i > first and word == i - first - 1)
        count = next(counts, 0)
        if not first or not count or below[0]:
            continue
        arguments = [_string(data, word - start) for word in below[first + 1 : count][::-1]]
        variables = [_string(data, word - start) for word in below[1:first]]
        loader = filter(collect.LOADER.match, variables)
        named = [collect.text_of(word).partition("=") for word in loader]
        return tuple(map(collect.text_of, arguments)), {name: value for name, _, value in named}
    return None, None


def _string(data: bytes, place: int) -> bytes:
    end = data.find(b"\0", place) if 0 <= place < len(data) else -1
    return data[place:end] if end >= 0 else b""
