"""A process as a look at its host, a snapshot or a core shows it: what the judge judges."""

from collections.abc import Mapping
from dataclasses import field
from posixpath import basename
from typing import Final, Literal, TypeAlias

from sidelight.schema import NO_TIME
from sidelight.values import dataclass

DELETED: Final = " (deleted)"

Now: TypeAlias = Literal["same", "other", "none", "unknown"]
"""What stands at the path of a mapped file when the host is looked at: that file, another one,
nothing, or not known."""

Sort: TypeAlias = Literal["file", "memfd", "shared", "heap", "stack", "anonymous", "kernel"]
"""What lies behind a stretch of memory."""

Origin: TypeAlias = Literal["live", "snapshot", "core", "image"]


@dataclass(frozen=True, slots=True)
class File:
    """What is known of a file that a process has mapped.

    Args:
        path: without a remark that it was deleted.
        owner: the package that owns the path, empty where none does, None where not known.
        mode: st_mode of the file that stands there now.
        folder_mode: st_mode of its folder.
        folder_uid: who owns the folder.
        unchanged: whether it is what the package put there; None where that was not looked at.
        uid: who owns the file.
        folders: st_mode and owner of each folder on the way to it, the root first and its own
            last; None where that was not looked at.
    """

    path: str
    now: Now = "unknown"
    owner: str | None = None
    mode: int | None = None
    folder_mode: int | None = None
    folder_uid: int | None = None
    unchanged: bool | None = None
    uid: int | None = None
    folders: tuple[tuple[int, int], ...] | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of memory, from *start* to before *end*.

    Args:
        perms: as maps has them, as in ``r-xp``.
        path: as maps has it; empty for memory without a name.
        file: None where no file is behind it or nothing is known of it.
    """

    start: int
    end: int
    perms: str
    path: str = ""
    file: File | None = None

    @property
    def executable(self) -> bool:
        """Whether code in it can run."""
        return "x" in self.perms

    @property
    def deleted(self) -> bool:
        """Whether it is of a file that has lost its name."""
        literal = self.file is not None and self.file.path == self.path
        return self.sort == "file" and self.path.endswith(DELETED) and not literal

    @property
    def place(self) -> str:
        """The path without a remark that the file was deleted."""
        return self.path.removesuffix(DELETED) if self.deleted else self.path

    @property
    def sort(self) -> Sort:
        """What lies behind it."""
        path = self.path
        if path.startswith("/memfd:"):
            return "memfd"
        if path.startswith(("/dev/zero", "/SYSV")):
            return "shared"
        if path.startswith("/"):
            return "file"
        if path == "[heap]":
            return "heap"
        if path.startswith("[stack"):
            return "stack"
        return "kernel" if path.startswith("[") and not path.startswith("[anon") else "anonymous"


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that a loaded ELF image leaves: its ``header``, or its ``dynamic`` section."""

    address: int
    sort: str


@dataclass(frozen=True, slots=True)
class Change:
    """A page of code that differs from the file that it came from.

    Args:
        address: of the first difference.
        count: how many bytes of the page differ.
        traps: whether all of them are breakpoints.
        path: of the file.
    """

    address: int
    count: int
    traps: bool
    path: str


@dataclass(frozen=True, slots=True)
class Bent:
    """A call by name that goes elsewhere.

    Args:
        slot: where the address of the function is kept.
        name: of the function; empty where not known.
        target: where the call goes.
        path: of the file that calls.
    """

    slot: int
    name: str
    target: int
    path: str


@dataclass(frozen=True, slots=True)
class PacketSocket:
    """A socket that sees packets before the firewall does.

    Args:
        constants: what its filter compares with; None where it has none or that is not known.
    """

    protocol: str = ""
    constants: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """A process.

    Args:
        start: in clock ticks since the host was started; -1 where not known.
        started: UTC nanoseconds, or `NO_TIME`.
        exe: what the link ``exe`` points to, with the remark where it was deleted.
        argv: None where not known.
        loader: variables that tell the dynamic loader where to look; None where not known.
        regions: the executable ones at least.
        halted: thread ids and addresses of the next instructions that lie in no file, heap,
            stack and memory-only files included; only of threads that wait, except in cores.
        returning: thread ids and addresses on their stacks, right behind a call, that lie in no
            file.
        bent: calls by name that go elsewhere.
        changes: pages of code that were written to and differ from their files.
        early: libraries, with what is known of them, that the loader put before the first one
            that the program needs.
        searched: folders, with colons between, where the program has libraries searched for.
        packets: None where not known.
        denied: what could not be read.
        looks: how many looks, some time apart, showed the same.
    """

    pid: int
    origin: Origin = "live"
    ppid: int = -1
    start: int = -1
    started: int = NO_TIME
    user: str = ""
    uid: int = -1
    comm: str = ""
    exe: str | None = None
    exe_file: File | None = None
    argv: tuple[str, ...] | None = None
    loader: Mapping[str, str] | None = None
    regions: tuple[Region, ...] = ()
    halted: tuple[tuple[int, int], ...] = ()
    returning: tuple[tuple[int, int], ...] = ()
    bent: tuple[Bent, ...] = ()
    signs: tuple[Sign, ...] = ()
    changes: tuple[Change, ...] = ()
    early: tuple[tuple[str, File | None], ...] = ()
    searched: str = ""
    packets: tuple[PacketSocket, ...] | None = None
    spaces: Mapping[str, str] = field(default_factory=dict)
    tracer: int = 0
    denied: tuple[str, ...] = ()
    looks: int = 1
    kernel: bool = False

    @property
    def deleted(self) -> bool:
        """Whether the program file has lost its name."""
        literal = self.exe_file is not None and self.exe_file.path == self.exe
        return bool(self.exe and self.exe.endswith(DELETED) and not literal)

    @property
    def program(self) -> str:
        """The path of the program without a remark that it was deleted; empty if not known."""
        return self.exe.removesuffix(DELETED) if self.exe and self.deleted else self.exe or ""

    @property
    def name(self) -> str:
        """The last part of the path of the program."""
        return basename(self.program)

    def region_at(self, address: int) -> Region | None:
        """Find the region that holds *address*."""
        found = (part for part in self.regions if part.start <= address < part.end)
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something odd about a process, or a reason why something is not held against it.

    Args:
        id: the sort of oddity.
        points: how much it weighs; 40 together are worth a look, 60 are urgent.
        reason: what was seen.
        doubt: what speaks against it; empty where nothing in particular does.
        files: paths of the files that it is about, as they were seen.
    """

    id: str
    points: int
    reason: str
    doubt: str = ""
    files: tuple[str, ...] = ()
