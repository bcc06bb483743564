"""Look at a running Linux host through /proc and write what is there as JSON lines.

One file, standard library only, Python 3.6 or newer: ``ssh HOST python3 - < collect.py`` leaves
nothing behind. It only reads. No process is traced, stopped or signalled; no page is brought into
memory, since memory is read only where pagemap says that it is there; smaps is not touched; the
run is nice and sleeps between processes so that it stays below ``--max-cpu``. What may not be
read is counted as denied.

Sources: proc(5), Documentation/admin-guide/mm/pagemap.rst of the kernel, deb(5), the rpm header
format (rpm.org, "Package format"), and the Alpine package database.
"""

import argparse
import array
import binascii
import bisect
import contextlib
import ctypes
import errno
import hashlib
import itertools
import json
import operator
import os
import re
import signal
import socket
import stat
import struct
import sys
import time
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Set, TextIO, Tuple

SCHEMA, VERSION = "sidelight-host", 1
PAGE = os.sysconf("SC_PAGE_SIZE")
HZ = os.sysconf("SC_CLK_TCK")
MEMORY_BYTES, BLOCK_BYTES, STACK_BYTES = 64 << 20, 1 << 20, 16 << 10
MANY_THREADS, MANY_FILES, MANY_PIDS, TEXT_BYTES = 2000, 4096, 1 << 18, 8192
MANY_DATABASES, MANY_PAGES, MANY_LIBRARIES = 8, 256, 1024
MANY_SLOTS, MANY_BENT, TABLE_BYTES, TABLES_BYTES = 1 << 16, 16, 16 << 20, 64 << 20
MANY_UNSURE, NOWHERE, NAME_BYTES, MANY_NAMES, MANY_FOLDERS = 1 << 14, 1 << 62, 1024, 1 << 17, 64
HASH_BYTES, FILE_BYTES, HASHED_BYTES = 128 << 20, 1 << 30, 128 << 10
PROCESS_SECONDS, PATIENT_SECONDS = 2.0, 60.0
ENVIRON_BYTES, MANY_PATHS, RPM_STEPS, RPM_BYTES = 8 << 20, 1 << 21, 100, 1 << 24
BREAK_ARM = b"\xa0\x00\x20\xd4"
AGAIN_SECONDS = 0.15
IN_MEMORY = bytes(int(top & 0xC0 == 0x80) for top in range(256))
COPIED = bytes(int(top & 0xE0 == 0x80) for top in range(256))
CHOSEN = bytes(int(kind & 0x0F == 10) for kind in range(256))
"""By the highest byte of an entry of pagemap: present and not swapped; and no page of a file.
By the kind of a symbol: one whose function is chosen as it is loaded (STT_GNU_IFUNC)."""

DEPTHS = ("threads", "text", "early", "searched", "bent", "slots", "elf", "cut", "digests")
"""What is known of a process from its threads, its memory, and the hashes of its files."""

KERNEL_THREAD = 0x00200000
NAMESPACES = ("mnt", "net", "pid")
NO_FILE = ("/memfd:", "/dev/zero", "/SYSV")
KERNEL_MADE = ("[vdso]", "[vsyscall]", "[vvar]", "[vvar_vclock]", "[uprobes]", "[vectors]")
REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "afs", "autofs"}
CODE = re.compile(r"/(?:s?bin|lib\w*|games|opt)/")
HASHES = {32: "md5", 40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}
"""By the length of the hexadecimal digits."""

LOADER = re.compile(rb"(?:LD_(?:PRELOAD|AUDIT|LIBRARY_PATH)|GCONV_PATH)=")
MAPS = re.compile(r"(\w+)-(\w+) (\S{4}) (\w+) (\w+:\w+) (\d+) *(.*)")
DYNAMIC = struct.pack("<QQ", 11, 24)
"""An entry of a 64-bit dynamic section: the size of a symbol (DT_SYMENT; ELF gABI, 5)."""

NEIGHBOURS = {struct.pack("<Q", tag) for tag in (5, 6, 10)}
"""What stands near it: where symbols and their names are, and how long the names."""

REGISTERS = {"x86_64": (16, 19), "aarch64": (32, 31)}
"""Where next instruction and stack are among the registers, by machine (ptrace.h of the kernel)."""

SLOTS = {62: (7, 6), 183: (1026, 1025)}
"""The relocations that the loader fills with the address of a function, by machine (psABIs).

First that of a procedure linkage table (JUMP_SLOT), then that of anything (GLOB_DAT): programs
without such a table, as compilers make with ``-fno-plt``, have the latter alone.
"""

TABLES = {4, 5, 7, 23, 25, 26, 0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFFC, 0x6FFFFFFE}
"""The entries of a dynamic section that say where other tables are: of hashes, names, relocations,
first and last functions, versions (ELF gABI, 5; Linux Standard Base, 10)."""

FUNCTIONS = bytes(int(kind & 0x0F in (2, 10)) for kind in range(256))
"""By the kind of a symbol: whether it is a function (STT_FUNC, STT_GNU_IFUNC)."""

Json = Dict[str, Any]
Names = Tuple[Dict[int, List[bytes]], Set[bytes]]
"""Of an ELF file: the names of symbols by address, and those that are chosen as it is loaded."""


class Region(NamedTuple):
    """One line of maps."""

    start: int
    end: int
    perms: str
    dev: str
    inode: int
    path: str
    offset: int = 0

    @property
    def unbacked(self) -> bool:
        """Tell whether no file lies behind it; deleted and memory-only files are files."""
        return not self.inode and self.path not in KERNEL_MADE and not self.path.startswith("/")


def parse_maps(text: str) -> List[Region]:
    """Read maps; lines that are none are left out.

    Of a stack that was cut by a change of permissions only the top has a name; here all has.
    """
    found = [MAPS.match(line) for line in text.split("\n")]
    regions = [
        Region(
            int(f[1], 16),
            int(f[2], 16),
            f[3],
            f[5],
            int(f[6]),
            f[7].replace("\\012", "\n"),
            int(f[4], 16),
        )
        for f in found
        if f
    ]
    for index in range(len(regions) - 1, 0, -1):
        below, above = regions[index - 1], regions[index]
        if above.path == "[stack]" and below.end == above.start and not below.path:
            regions[index - 1] = below._replace(path="[stack]")
    return regions


class Regions:
    """Regions, none of which overlap, by the addresses that they hold."""

    def __init__(self, regions: List[Region]) -> None:
        self.all = sorted(regions)
        self.starts = [region.start for region in self.all]

    def at(self, address: int) -> Optional[Region]:
        """Give the region that holds an address."""
        number = bisect.bisect_right(self.starts, address) - 1
        return self.all[number] if number >= 0 and address < self.all[number].end else None


def executable_runs(regions: List[Region]) -> Iterator[List[Region]]:
    """Give runs of adjacent regions without a file, where one of a run is executable."""
    run: List[Region] = []
    for region in regions + [Region(0, 0, "----", "", 1, "")]:
        if run and (not region.unbacked or region.start != run[-1].end):
            if any("x" in part.perms for part in run):
                yield run
            run = []
        if region.unbacked:
            run.append(region)


def elf_signs(data: bytes, address: int, executable: bool) -> List[Tuple[int, str]]:
    """Find what a loaded ELF image leaves in memory that begins at a page.

    That is its header at a page, and, outside code and also where headers were wiped, an entry
    of its dynamic section.
    """
    signs = []
    for place in range(-address % PAGE, len(data) - 19, PAGE):
        head = data[place : place + 20]
        if head[:4] == b"\x7fELF" and head[4] in (1, 2):
            order = "<" if head[5] == 1 else ">"
            if struct.unpack(order + "H", head[16:18])[0] in (2, 3):
                signs.append((address + place, "header"))
    if executable:
        return signs
    # Both numbers are small and lie at multiples of 8: among every eighth byte they are two.
    skew, lowest = -address % 8, data[-address % 8 :: 8]
    place = lowest.find(b"\x0b\x18")
    while place >= 0:
        at = skew + 8 * place
        if data[at : at + 16] == DYNAMIC and is_dynamic(data[max(0, at - 48) : at + 64], at):
            return signs + [(address + at, "dynamic")]
        place = lowest.find(b"\x0b\x18", place + 1)
    return signs


def is_dynamic(near: bytes, at: int) -> bool:
    """Tell whether an entry at *at* is one of a dynamic section, by what is near it.

    Args:
        near: bytes from 48 before the entry on, fewer where there are fewer.
        at: where the entry is in what was read.
    """
    start = min(at, 48) % 16
    tags = {near[place : place + 8] for place in range(start, len(near), 16)}
    return len(tags & NEIGHBOURS) > 1


def page_runs(entries: bytes, start: int, wanted: bytes) -> Iterator[Tuple[int, int]]:
    """Give the stretches of pages, from *start* on, whose entry of pagemap is as *wanted*."""
    flags = entries[7 if sys.byteorder == "little" else 0 :: 8].translate(wanted)
    begin = flags.find(b"\1")
    while begin >= 0:
        end = flags.find(b"\0", begin)
        end = len(flags) if end < 0 else end
        yield start + begin * PAGE, start + end * PAGE
        begin = flags.find(b"\1", end)


def text_of(raw: bytes) -> str:
    """Write bytes as text that any reader of JSON takes."""
    return raw.decode("utf-8", "backslashreplace")


def open_file(path: str) -> int:
    """Open a regular file that somebody else may have put there; give its descriptor.

    Pipes, which nobody may write to, and devices, which opening may set off, are not touched.
    """
    place = os.open(path, os.O_PATH)
    try:
        if not stat.S_ISREG(os.fstat(place).st_mode):
            raise OSError(errno.EINVAL, "no regular file", path)
        return os.open("/proc/self/fd/%d" % place, os.O_RDONLY | os.O_NONBLOCK)
    finally:
        os.close(place)


def read_file(path: str, size: int = 1 << 26) -> bytes:
    """Read a regular file that somebody else may have put there."""
    return taken(open_file(path), size)


def read(path: str, size: int = 1 << 26) -> bytes:
    """Read a file of /proc."""
    return taken(os.open(path, os.O_RDONLY), size)


def taken(descriptor: int, size: int) -> bytes:
    """Read at most *size* bytes, and close."""
    with open(descriptor, "rb", 0) as file:
        parts = []
        while size > 0:
            part = file.read(min(size, 1 << 16))
            if not part:
                break
            parts.append(part)
            size -= len(part)
    return b"".join(parts)


class Owners:
    """Which package owns a file: databases of dpkg, rpm (SQLite) and apk, read directly."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.paths: Dict[str, str] = {}
        self.digests: Dict[str, str] = {}
        self.listed: Set[str] = set()
        self.names: List[str] = []
        for name, load in (("dpkg", self._dpkg), ("apk", self._apk), ("rpm", self._rpm)):
            with contextlib.suppress(Exception):  # a database that cannot be read is none
                if load(root):
                    self.names.append(name)

    def of(self, path: str) -> Optional[str]:
        """Name the package; empty where none owns it, None where that is not known.

        Files below ``share`` are many and hardly ever code; those of dpkg are not kept.
        """
        if not self.names:
            return None
        short = path[4:] if path.startswith("/usr/") else path
        unknown = None if "/share/" in path and "dpkg" in self.names else ""
        return self.paths.get(path) or self.paths.get(short) or unknown

    def digest(self, path: str) -> str:
        """Give the hash of what a package put there, in hexadecimal; empty if it is not known."""
        owner = self.of(path)
        if owner and owner not in self.listed and "dpkg" in self.names:
            self.listed.add(owner)
            with contextlib.suppress(OSError, OverflowError):
                self._dpkg_digests(owner)
        short = path[4:] if path.startswith("/usr/") else path
        return self.digests.get(path) or self.digests.get(short) or ""

    def _dpkg(self, root: str) -> bool:
        folder = root + "/var/lib/dpkg/info"
        with os.scandir(folder) as entries:
            plain = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
        names = sorted(name for name in plain if name.endswith(".list"))
        for name in names:
            self.add_dpkg(name[:-5], read_file(folder + "/" + name))
        return bool(names)

    def add_dpkg(self, package: str, listed: bytes) -> None:
        """Take what ``info/PACKAGE.list`` holds."""
        self._make_room(listed.count(b"\n"))
        for line in os.fsdecode(listed).split("\n"):
            if "/share/" not in line:
                self.paths[line] = package

    def _make_room(self, more: int) -> None:
        """Refuse more files than any host has: a container's database is whoever owns it's."""
        if max(len(self.paths), len(self.digests)) + more > MANY_PATHS:
            raise OverflowError

    def _dpkg_digests(self, package: str) -> None:
        """Read what deb-md5sums(5) describes; files that were diverted are others."""
        base = self.root + "/var/lib/dpkg/"
        with contextlib.suppress(OSError):
            if "/" not in self.listed:
                self.listed.add("/")
                self.listed.update(os.fsdecode(read_file(base + "diversions")).split("\n")[::3])
        listed = read_file("%sinfo/%s.md5sums" % (base, package))
        self._make_room(listed.count(b"\n"))
        for line in os.fsdecode(listed).split("\n"):
            digest, _, path = line.partition("  ")
            if "/" + path not in self.listed:
                self.digests["/" + path] = digest

    def _apk(self, root: str) -> bool:
        path = root + "/lib/apk/db/installed"
        if os.path.isfile(path):
            self.add_apk(read_file(path))
        return os.path.isfile(path)

    def add_apk(self, installed: bytes) -> None:
        """Take what ``lib/apk/db/installed`` holds."""
        self._make_room(installed.count(b"\n"))
        package = folder = path = ""
        for line in os.fsdecode(installed).split("\n"):
            if line.startswith("P:"):
                package = line[2:]
            elif line.startswith("F:"):
                folder = line[2:]
            elif line.startswith("R:"):
                path = "/%s/%s" % (folder, line[2:])
                self.paths[path] = package
            elif line.startswith("Z:Q1"):
                self.digests[path] = binascii.a2b_base64(line[4:]).hex()

    def _rpm(self, root: str) -> bool:
        import sqlite3

        places = [root + "/var/lib/rpm", root + "/usr/lib/sysimage/rpm"]
        path = next(p for p in places if os.path.isfile(p + "/rpmdb.sqlite")) + "/rpmdb.sqlite"
        os.close(open_file(path))
        base = sqlite3.connect("file:%s?mode=ro&immutable=1" % path, uri=True)
        steps = iter(range(RPM_STEPS))  # of a million each: what takes more is no list of packages
        base.set_progress_handler(lambda: next(steps, None) is None, 1000000)
        with contextlib.closing(base):
            for (blob,) in base.execute("SELECT blob FROM Packages"):
                if len(blob) > RPM_BYTES:
                    raise OverflowError
                self.add_rpm(blob)
        return True

    def add_rpm(self, header: bytes) -> None:
        """Take the header of a package of rpm."""
        name, files = rpm_files(header)
        self._make_room(len(files))
        self.paths.update((path, name) for path, _ in files)
        self.digests.update(pair for pair in files if pair[1] and CODE.search(pair[0]))


def rpm_files(blob: bytes) -> Tuple[str, List[Tuple[str, str]]]:
    """Read name, files and their hashes out of an rpm header: tags 1000, 1035, 1116 to 1118."""
    count = struct.unpack(">I", blob[:4])[0]
    data, tags = blob[8 + 16 * count :], {}
    for tag, _, offset, length in struct.iter_unpack(">IIII", blob[8 : 8 + 16 * count]):
        tags[tag] = (offset, length)

    def texts(tag: int) -> List[str]:
        offset, length = tags.get(tag, (0, 0))
        return [os.fsdecode(t) for t in data[offset:].split(b"\0", length)[:length]]

    offset, length = tags.get(1116, (0, 0))
    folders, names = texts(1118), texts(1117)
    indices = struct.unpack(">%dI" % length, data[offset : offset + 4 * length])
    digests = texts(1035) or [""] * length
    rows = zip(indices, names, digests)  # noqa: B905 - Python 3.6
    return texts(1000)[0], [(folders[index] + name, digest) for index, name, digest in rows]


class Space:
    """A mount namespace: what its processes see of the file systems, and who owns what there."""

    databases = 0

    def __init__(self, base: str, root: str) -> None:
        self.root = root
        self._owners: Optional[Owners] = None
        self.remote: Set[Tuple[int, ...]] = set()
        self.covered: List[int] = []
        self.hides = False
        self.seen: Dict[str, Tuple[str, int]] = {}
        for line in os.fsdecode(read(base + "/mountinfo")).split("\n")[:-1]:
            fields, _, right = line.partition(" - ")
            device, place = fields.split(" ")[2], fields.split(" ")[4]
            if right.split(" ")[0] in REMOTE or right.startswith(("fuse ", "fuse.")):
                self.remote.add(tuple(int(part) for part in device.split(":")))
            found = re.match(r"/proc/(\d+)(?:/|$)", place)
            self.covered += [int(found.group(1))] if found else []
            self.hides |= place == "/proc" and bool(re.search("hidepid=[^0,]", right))

    def owners(self) -> Owners:
        """Give the package databases; those of the first few namespaces are read, no more."""
        if self._owners is None:
            Space.databases += 1
            known = Space.databases <= MANY_DATABASES
            self._owners = Owners(self.root if known else "/nowhere")
        return self._owners

    def is_remote(self, region: Region) -> bool:
        """Tell whether a file is on a network file system."""
        return tuple(int(part, 16) for part in region.dev.split(":")) in self.remote

    def describe(self, region: Region, root: str) -> Json:
        """Say what stands at the path of a mapped file now.

        Files of network file systems, where a look may never end, are left alone.
        """
        path = region.path
        if path.endswith(" (deleted)") and inode_at(root + path) != region.inode:
            path = path[:-10]
        facts: Json = {"path": text_of(os.fsencode(path)), "now": "unknown"}
        if self.is_remote(region):
            return dict(facts, remote=True)
        try:
            status, folder = os.lstat(root + path), os.lstat(root + os.path.dirname(path))
            facts.update(now="same" if status.st_ino == region.inode else "other")
            facts.update(mode="%o" % status.st_mode, uid=status.st_uid)
            facts.update(folder_mode="%o" % folder.st_mode, folder_uid=folder.st_uid)
            facts.update(folders=self.folders(root, os.path.dirname(path)))
        except FileNotFoundError:
            facts["now"] = "none" if os.path.isdir(root + "/") else "unknown"
        except OSError:
            pass
        owner = self.owners().of(path)
        return dict(facts, owner=None if owner is None else text_of(os.fsencode(owner)))

    def folders(self, root: str, path: str) -> List[Tuple[str, int]]:
        """Give mode and owner of the folders on the way to one, the root first and itself last."""
        parts = path.rstrip("/").split("/")[:MANY_FOLDERS]  # what lies deeper is not looked at
        found = []
        for name in ["/".join(parts[:count]) or "/" for count in range(1, len(parts) + 1)]:
            if name not in self.seen:
                status = os.lstat(root + name)
                self.seen[name] = ("%o" % status.st_mode, status.st_uid)
            found.append(self.seen[name])
        return found if len(parts) < MANY_FOLDERS else []


def inode_at(path: str) -> int:
    """Give the inode of what stands at a path; 0 where nothing does."""
    try:
        return os.lstat(path).st_ino
    except OSError:
        return 0


def packet_sockets(base: str) -> Dict[int, Json]:
    """List the packet sockets of a network namespace by inode."""
    text = read(base + "/net/packet").decode("latin-1")
    rows = [line.split() for line in text.splitlines()[1:]]
    return {int(r[8]): {"type": int(r[2]), "protocol": r[3]} for r in rows if len(r) > 8}


def packet_filter(pid: int, fd: int) -> Optional[List[int]]:
    """Read the constants that the filter of a socket compares with.

    None where it has none or may not be read. For a moment a copy of the descriptor is held
    (pidfd_getfd(2)).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    handle = libc.syscall(434, pid, 0)
    if handle < 0:
        return None
    copy = libc.syscall(438, handle, fd, 0)
    os.close(handle)
    if copy < 0:
        return None
    program, length = ctypes.create_string_buffer(8 * 4096), ctypes.c_uint32(4096)
    failed = libc.getsockopt(copy, socket.SOL_SOCKET, 26, program, ctypes.byref(length))
    os.close(copy)
    if failed or not length.value:
        return None
    steps = struct.iter_unpack("=HBBI", program.raw[: 8 * min(length.value, 4096)])
    return [k for code, _, _, k in steps if code & 0x0F == 0x05][:64]


class Symbols:
    """The dynamic symbols of an ELF file, by name of the one and address of the other.

    How many there are stands nowhere. What lies behind them may be taken for more of them; it
    does no harm, since address and name both have to be right.
    """

    def __init__(self, raw: bytes, texts: bytes) -> None:
        self.size, self.texts = len(raw) // 2 + len(texts), texts
        words = array.array("Q", raw[: len(raw) // 24 * 24])
        self.places = words[1::3]
        self.names = array.array("I", raw[: 8 * len(words)])[::6]
        kinds, self.chosen = raw[4 : 8 * len(words) : 24].translate(CHOSEN), set()
        number = kinds.find(b"\1")
        while number >= 0:
            self.chosen.add(self.name(number))
            number = kinds.find(b"\1", number + 1)

    def name(self, number: int) -> bytes:
        """Name a symbol, a long name by how it begins; empty where there is none of that number."""
        at = self.names[number] if number < len(self.names) else len(self.texts)
        end = self.texts.find(b"\0", at, at + NAME_BYTES)
        return self.texts[at : at + NAME_BYTES if end < 0 else end]

    def named_at(self, places: Set[int]) -> Dict[int, List[bytes]]:
        """Name the symbols at some places, all in one pass; several may be at one."""
        found: Dict[int, List[bytes]] = {}
        there = map(places.__contains__, self.places)
        numbers = itertools.compress(itertools.count(), there)
        for number in itertools.islice(numbers, MANY_NAMES):
            found.setdefault(self.places[number], []).append(self.name(number))
        return found


class Image:
    """An ELF file of 64 bits that is mapped: which functions it has called by name, and where.

    Args:
        first: address, before it is shifted, of the first slot that the loader fills.
        raw: what the file holds in the slots.
        named: of each slot the symbol whose address it takes; 0 where it takes none.
        targets, offsets: of each slot what was found right first: the number of the file that it
            led to, and the address there before it is shifted; zeros where nothing was.
        right: what else was found right, with the index of the slot.
    """

    def __init__(self, number: int, paths: List[str], inode: int, file: int) -> None:
        self.number, self.paths, self.inode = number, paths, inode  # numbers begin with one
        self.stamp = stamp_of(file)
        head = os.pread(file, 64, 0)
        if head[:6] != b"\x7fELF\2" + (b"\1" if sys.byteorder == "little" else b"\2"):
            raise ValueError("no ELF file of this machine")
        (machine,), (at,) = struct.unpack("=H", head[18:20]), struct.unpack("=Q", head[32:40])
        size, count = struct.unpack("=HH", head[54:58])
        heads = os.pread(file, 56 * min(count, 512), at) if size == 56 else b""
        parts = list(struct.iter_unpack("=IIQQQQQQ", heads))
        self.loads = sorted((p[3], p[5], p[2]) for p in parts if p[0] == 1)
        self.start = self.loads[0][0] // PAGE * PAGE
        self.end = max(-(-(start + stored) // PAGE) * PAGE for start, stored, _ in self.loads)
        if self.end > NOWHERE:
            raise ValueError("no address of a process")
        dynamic = next((os.pread(file, min(p[5], 1 << 16), p[2]) for p in parts if p[0] == 2), b"")
        entries = struct.iter_unpack("=QQ", dynamic[: len(dynamic) // 16 * 16])
        self.dynamic: Dict[int, int] = dict(entries)
        self.first, self.raw, self.named = 0, array.array("Q"), array.array("I")
        if machine in SLOTS:
            self._find_slots(file, *SLOTS[machine])
        self.targets = array.array("I", bytes(4 * len(self.raw)))
        self.offsets = array.array("Q", bytes(8 * len(self.raw)))
        self.right: Set[Tuple[int, int, int]] = set()

    def _find_slots(self, file: int, jump: int, anything: int) -> None:
        """Take the slots of the procedure linkage table (DT_JMPREL), and those of functions."""
        slots: Dict[int, int] = {}
        if self.dynamic.get(20) == 7:
            slots = self._relocations(file, self.dynamic[23], self.dynamic[2], jump)
        # What depends on the base alone stands first, and is counted (DT_RELACOUNT).
        passed = 24 * self.dynamic.get(0x6FFFFFF9, 0)
        begin, size = self.dynamic.get(7, 0) + passed, self.dynamic.get(8, 0) - passed
        others = self._relocations(file, begin, size, anything) if size > 0 else {}
        most = max(others.values()) + 1 if others else 0
        kinds = self._table(file, self.dynamic.get(6, 0), 24 * most)[4::24].translate(FUNCTIONS)
        others = {at: n for at, n in others.items() if n < len(kinds) and kinds[n]}
        places = sorted([*slots, *others])
        if places and places[-1] - places[0] <= 8 * MANY_SLOTS:
            slots.update(others)
        if not slots or max(slots) - min(slots) > 8 * MANY_SLOTS:
            return
        self.first = min(slots)
        self.raw.frombytes(self._stored(file, self.first, max(slots) + 8 - self.first))
        self.named.frombytes(bytes(4 * len(self.raw)))
        for place, number in slots.items():
            self.named[(place - self.first) // 8] = number

    def _relocations(self, file: int, address: int, size: int, kind: int) -> Dict[int, int]:
        """Give the places of the relocations of a kind, each with the number of its symbol."""
        table = self._table(file, address, size)
        table = table[: len(table) // 24 * 24]
        halves, low = array.array("I", table), 2 if sys.byteorder == "little" else 3
        rows = zip(array.array("Q", table)[::3], halves[5 - low :: 6])  # noqa: B905 - Python 3.6
        picked = itertools.compress(rows, map(kind.__eq__, halves[low::6]))
        return {at: number for at, number in picked if not at % 8}

    def _table(self, file: int, address: int, size: int) -> bytes:
        """Read what the file holds for an address, as far as its segment goes."""
        for start, stored, offset in self.loads:
            if start <= address < start + stored:
                size = min(size, start + stored - address, TABLE_BYTES)
                return os.pread(file, size, offset + address - start)
        return b""

    def _stored(self, file: int, address: int, size: int) -> bytes:
        """Read what the file holds for addresses, also across segments; zeros where nothing."""
        found = bytearray(size)
        for start, stored, offset in self.loads:
            begin, end = max(start, address), min(start + stored, address + size)
            if begin < end:
                part = os.pread(file, end - begin, offset + begin - start)
                found[begin - address : begin - address + len(part)] = part
        return bytes(found)

    def symbols(self) -> Optional[Symbols]:
        """Read the symbols; None where the file is no longer to be had."""
        for file in opened(self.paths, self.inode):
            names, known = self.dynamic.get(5, 0), self.dynamic.get(6, 0)
            # How many there are stands nowhere: at most as many as fit before the next table.
            end = min(
                (at for tag, at in self.dynamic.items() if tag in TABLES and at > known), default=0
            )
            raw = self._table(file, known, end - known if end else TABLE_BYTES)
            return Symbols(raw, self._table(file, names, self.dynamic.get(10, 0)))
        return None


def stamp_of(file: int) -> Tuple[int, int, int]:
    """Give what tells a file from another one that has its inode later."""
    status = os.fstat(file)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def opened(paths: List[str], inode: int) -> Iterator[int]:
    """Give the first of *paths* that can be opened and is the file meant, if there is one."""
    for path in paths:
        with contextlib.suppress(OSError), open(open_file(path), "rb", 0) as file:
            if os.fstat(file.fileno()).st_ino == inode:
                yield file.fileno()
                return


class Images:
    """The ELF files that were met so far, and the symbols of those that were asked last."""

    def __init__(self) -> None:
        self.known: Dict[Tuple[str, int], Optional[Image]] = {}
        self.tables: Dict[int, Symbols] = {}
        self.held = 0

    def of(self, region: Region, paths: List[str]) -> Optional[Image]:
        """Give the file of a region; None where it is none, or cannot be had."""
        key = (region.dev, region.inode)
        if key not in self.known:
            self.known[key] = None
            with contextlib.suppress(struct.error, LookupError, ValueError, OverflowError):
                for file in opened(paths, region.inode):
                    self.known[key] = Image(len(self.known), paths, region.inode, file)
        image = self.known[key]
        if image:
            image.paths = paths
        return image

    def is_fresh(self, image: Image) -> bool:
        """Tell whether a file is still the one that was read; another may have its inode."""
        return any(stamp_of(file) == image.stamp for file in opened(image.paths, image.inode))

    def symbols(self, image: Image) -> Optional[Symbols]:
        """Give the symbols of a file; None where they cannot be had."""
        found = self.tables.get(image.number)
        if found is None:
            if self.held > TABLES_BYTES:
                self.tables, self.held = {}, 0
            with contextlib.suppress(ValueError, OverflowError):
                found = image.symbols()
            if found:
                self.tables[image.number] = found
                self.held += found.size
        return found


class Memory:
    """The memory of a process; pages that are not there are not read.

    It ends after so many seconds of processor time: what is in there may be made to cost much.
    """

    def __init__(self, base: str, seconds: float = PROCESS_SECONDS) -> None:
        self.base, self.left, self.cut = base, MEMORY_BYTES, False
        self.until = time.process_time() + seconds
        self.pages = os.open(base + "/pagemap", os.O_RDONLY)
        try:
            self.bytes = os.open(base + "/mem", os.O_RDONLY)
        except OSError:
            os.close(self.pages)
            raise

    def close(self) -> None:
        """Let go of it."""
        os.close(self.pages)
        os.close(self.bytes)

    def runs(self, start: int, end: int, wanted: bytes) -> Iterator[Tuple[int, int]]:
        """Give the stretches of pages that are as *wanted*; a very long one is cut."""
        self.cut |= end - start > 8 * MEMORY_BYTES
        end = min(end, start + 8 * MEMORY_BYTES)
        entries = os.pread(self.pages, (end - start) // PAGE * 8, start // PAGE * 8)
        return page_runs(entries, start, wanted)

    def take(self, start: int, size: int) -> bytes:
        """Read what is known to be there, until enough was read of this process."""
        if time.process_time() > self.until:
            self.left = 0
        self.cut |= self.left < size
        data = os.pread(self.bytes, min(size, self.left), start)
        self.left -= len(data)
        return data

    def read(self, start: int, size: int) -> bytes:
        """Read what is all there; nothing otherwise."""
        first, last = start // PAGE * PAGE, -(-(start + size) // PAGE) * PAGE
        if not 0 < size < BLOCK_BYTES or not 0 < start < 1 << 63:
            return b""
        there = list(self.runs(first, last, IN_MEMORY)) == [(first, last)]
        return self.take(start, size) if there else b""

    def words(self, start: int, count: int) -> Tuple[int, ...]:
        """Read numbers of 64 bits; none where they are not there."""
        data = self.read(start, 8 * count)
        return struct.unpack("=%dQ" % count, data) if len(data) == 8 * count else ()

    def text(self, start: int) -> bytes:
        """Read a text up to its zero byte or the end of its page."""
        return self.read(start, min(PAGE - start % PAGE, 512)).split(b"\0")[0]


class Look:
    """One look at the processes of a host; lines are written as they are found."""

    def __init__(
        self, out: TextIO, deep: bool = True, max_cpu: int = 50, hashes: bool = False
    ) -> None:
        self.out, self.deep, self.share = out, deep, max(1, min(100, max_cpu)) / 100.0
        self.begun, self.spent = time.monotonic(), time.process_time()
        self.boot = time.time() - time.clock_gettime(7)  # CLOCK_BOOTTIME has a name since 3.7
        self.denied: Dict[str, int] = {}
        self.spaces: Dict[str, Space] = {}
        self.files: Dict[Tuple[str, Region], int] = {}
        self.packets: Dict[str, Dict[int, Json]] = {}
        self.own = os.readlink("/proc/self/ns/mnt")
        self.space = self.spaces[self.own] = Space("/proc/self", "")
        self.users = user_names()
        self.images = Images()
        self.tracer: Optional[Tracer] = None
        self.digests = Digests(hashes)

    def write(self, record: Json) -> None:
        """Write one line."""
        self.out.write(json.dumps(record, separators=(",", ":")) + "\n")

    def rest(self) -> None:
        """Sleep until the share of processor time is kept."""
        used = (time.process_time() - self.spent) / self.share
        time.sleep(max(0.0, min(1.0, used - (time.monotonic() - self.begun))))

    def attempt(self, record: Json, name: str, action: Any, *arguments: Any) -> Any:
        """Do what may be denied, which is noted; None where it is, or where there is nothing."""
        try:
            return action(*arguments)
        except PermissionError:
            self.deny(record, name)
        except OSError:
            pass
        except Exception as error:  # noqa: BLE001 - a process may hold anything in its memory
            self.deny(record, "%s (%s)" % (name, type(error).__name__))
        return None

    def deny(self, record: Json, name: str) -> None:
        """Note what could not be read of a process."""
        if name not in record["denied"]:
            record["denied"].append(name)

    def write_process(self, record: Json) -> None:
        """Write a process, and count what was denied of it."""
        for name in record.get("denied", ()):
            self.denied[name] = self.denied.get(name, 0) + 1
        self.write(record)

    def process(self, pid: int, before: Optional[Json] = None) -> Optional[Json]:
        """Describe a process; None where it is gone.

        Where an earlier look (*before*) found nothing odd, nothing that this one would find there
        counts, so it does not look.
        """
        base = "/proc/%d" % pid
        try:
            left, _, right = read(base + "/stat").rpartition(b")")
            status = read(base + "/status")
        except OSError:
            return None
        if int(left.partition(b" ")[0]) != pid:
            return None  # the folder of another process is mounted over that of this one
        fields = right.split()
        record: Json = {"type": "process", "pid": pid, "start": int(fields[19])}
        record.update(started=stamp(self.boot + int(fields[19]) / HZ), ppid=int(fields[1]))
        record.update(state=fields[0].decode(), comm=text_of(left.partition(b"(")[2]))
        if int(fields[6]) & KERNEL_THREAD:
            return dict(record, kernel=True)
        ids = dict(re.findall(r"^(\w+):\s+(\S+)", status.decode("latin-1"), re.M))
        record.update(uid=int(ids["Uid"]), user=self.users.get(ids["Uid"], ids["Uid"]))
        record.update(tracer=int(ids.get("TracerPid", "0")), denied=[], seen=1)
        exe = self.attempt(record, "exe", os.readlink, base + "/exe")
        record["exe"] = None if exe is None else text_of(os.fsencode(exe))
        places = [int(field) for field in fields[45:49]]
        self.add_words(record, base, ids.get("VmSwap", "0") != "0", places)
        spaces = {n: self.attempt(record, "ns", os.readlink, base + "/ns/" + n) for n in NAMESPACES}
        record["ns"] = spaces
        maps = self.attempt(record, "maps", read, base + "/maps")
        if maps:
            regions = parse_maps(os.fsdecode(maps))
            root = self.add_regions(record, base, exe, regions)
            add_depths(self, record, base, regions, root, before)
        add_packets(self, record, base)
        return record

    def add_words(self, record: Json, base: str, swaps: bool, places: List[int]) -> None:
        """Add arguments and loader variables, unless they would have to be read from swap."""
        record["argv"], record["env"] = None, None
        for name, at in (("cmdline", 0), ("environ", 2)):
            begin, end = places[at : at + 2]
            if swaps and not self.attempt(record, name, is_present, base, begin, end):
                record.setdefault("swapped", []).append(name)
                continue
            most = ENVIRON_BYTES if name == "environ" else TEXT_BYTES
            words = self.attempt(record, name, read, base + "/" + name, most)
            if words is None:
                continue
            if name == "cmdline":
                argv = words.split(b"\0")  # the last may be cut
                record["argv"] = [text_of(w) for w in (argv if argv[-1] else argv[:-1])]
            else:
                found = [w[:TEXT_BYTES] for w in words.split(b"\0") if LOADER.match(w)]
                record["env"] = dict(text_of(word).split("=", 1) for word in found)

    def add_regions(
        self, record: Json, base: str, exe: Optional[str], regions: List[Region]
    ) -> str:
        """Add what is executable; give where the process sees the root of the file systems."""
        root = "" if record["ns"]["mnt"] in (self.own, None) else base + "/root"
        space = self.space_of(record, base, root)
        code = [r for r in regions if "x" in r.perms and r.path not in KERNEL_MADE]
        record["regions"] = []
        for r in code:
            file = self.file_of(record, space, r, root)
            path = text_of(os.fsencode(r.path))
            record["regions"].append(["%x" % r.start, "%x" % r.end, r.perms, r.inode, path, file])
            if r.path == exe:
                record["exe_file"] = file
        return root

    def space_of(self, record: Json, base: str, root: str) -> Space:
        """Give the mount namespace of a process; that of this program where it may not be read."""
        name = record["ns"]["mnt"] or self.own
        if name not in self.spaces:
            self.spaces[name] = self.attempt(record, "mountinfo", Space, base, root) or self.space
        return self.spaces[name]

    def file_of(self, record: Json, space: Space, region: Region, root: str) -> Optional[int]:
        """Number the file of a region, and write what is known of it the first time."""
        if region.unbacked or region.path.startswith(NO_FILE):
            return None
        key = (record["ns"]["mnt"] or "", region._replace(start=0, end=0, perms="", offset=0))
        if key not in self.files:
            self.files[key] = len(self.files)
            self.write(dict(space.describe(region, root), type="file", id=self.files[key]))
        return self.files[key]


def add_depths(  # noqa: PLR0913
    look: Look, record: Json, base: str, regions: List[Region], root: str, before: Optional[Json]
) -> None:
    """Add where threads are, and what memory holds; all that has a name in `DEPTHS`."""
    asked = set(DEPTHS) if before is None else odd_within(before)
    code = [r for r in regions if "x" in r.perms and r.path not in KERNEL_MADE]
    loose = [r for r in code if r.unbacked or r.path.startswith(NO_FILE)]
    if "threads" in asked:
        record["threads"] = look.attempt(record, "threads", threads, base, loose)
    patience = PROCESS_SECONDS / (1 + (time.process_time() - look.spent) / PATIENT_SECONDS)
    deep = look.deep and asked
    memory = look.attempt(record, "mem", Memory, base, patience) if deep else None
    if memory is not None:
        look.attempt(record, "mem", add_memory, look, record, memory, regions, root, asked)
        if loose and record.get("threads"):
            look.attempt(record, "threads", add_threads, look, record, memory, loose)
        if "elf" in asked:
            look.attempt(record, "mem", add_images, record, memory, regions)
        memory.close()
    if before is not None:
        kept = [key for key in DEPTHS if key in before and key not in asked]
        record.update((key, before[key]) for key in kept if key not in record)
    elif memory is not None and (look.digests.every or is_odd(record)):
        look.attempt(record, "digests", look.digests.add, look, record, regions, root)


def add_packets(look: Look, record: Json, base: str) -> None:
    """Add the packet sockets that the process holds."""
    name = record["ns"]["net"] or ""
    if name not in look.packets:
        look.packets[name] = look.attempt(record, "packet", packet_sockets, base) or {}
    sockets = look.packets[name]
    held = look.attempt(record, "fd", os.listdir, base + "/fd") if sockets else None
    for fd in (held or [])[:MANY_FILES]:
        target = look.attempt(record, "fd", os.readlink, base + "/fd/" + fd) or ""
        if target.startswith("socket:[") and int(target[8:-1]) in sockets:
            found = sockets[int(target[8:-1])]
            found["held"] = True
            constants = packet_filter(record["pid"], int(fd))
            record.setdefault("packets", []).append(dict(found, filter=constants))


class Digests:
    """Which files are what their packages put there, as far as was looked."""

    def __init__(self, every: bool) -> None:
        self.every, self.left = every, 1 << 62 if every else HASH_BYTES
        self.known: Dict[int, Optional[bool]] = {}

    def add(self, look: Look, record: Json, regions: List[Region], root: str) -> None:
        """Add what is known of the files that a process has mapped as code."""
        space = look.spaces.get(record["ns"]["mnt"] or look.own, look.space)
        space.owners().root = root
        record["digests"] = []
        for region in [r for r in regions if "x" in r.perms and r.path.startswith("/")]:
            file = look.file_of(record, space, region, root)
            if file is None or space.is_remote(region):
                continue
            if file not in self.known:
                wanted = space.owners().digest(region.path)
                self.known[file] = self.compared(root + region.path, region.inode, wanted)
            row = [file, self.known[file]]
            if row[1] is not None and row not in record["digests"]:
                record["digests"].append(row)

    def compared(self, path: str, inode: int, wanted: str) -> Optional[bool]:
        """Tell whether a file has the hash that it should have; None where it is not read."""
        for file in opened([path], inode) if len(wanted) in HASHES else ():
            size = os.fstat(file).st_size
            if size > min(self.left, FILE_BYTES):
                return None
            self.left -= size
            found = hashlib.new(HASHES[len(wanted)])
            for place in range(0, size, HASHED_BYTES):
                found.update(os.pread(file, HASHED_BYTES, place))
            return found.hexdigest() == wanted
        return None


def add_memory(  # noqa: PLR0913
    look: Look, record: Json, memory: Memory, regions: List[Region], root: str, asked: Set[str]
) -> None:
    """Add what only memory tells, as far as it is asked."""
    space = look.spaces.get(record["ns"]["mnt"] or look.own, look.space)
    code = [r for r in regions if "x" in r.perms and not space.is_remote(r)]
    if "text" in asked:
        record["text"] = [
            ["%x" % at, count, traps, look.file_of(record, space, region, root)]
            for region, at, count, traps in changes(memory, code, root)
        ]
    if "early" in asked:
        known = loaded(memory, regions)
        record["early"] = [
            [text_of(os.fsencode(region.path)), look.file_of(record, space, region, root)]
            for region in known.early
        ]
        record["searched"] = known.searched
    if "bent" in asked:
        add_calls(look, record, memory, regions, root)


def add_images(record: Json, memory: Memory, regions: List[Region]) -> None:
    """Add images without a file; last, since it is what somebody can make costly."""
    record["elf"] = [["%x" % place, sign] for place, sign in images(memory, regions)]
    if memory.cut:
        record["cut"] = True


def scan(look: Look, pids: List[int]) -> Tuple[int, List[int]]:
    """Write every process; what is odd about one is looked at a second time first.

    Returns:
        How many there were, and those that were not.
    """
    seen, missing = 0, []
    waiting: List[Tuple[float, Json]] = []
    for pid in pids + [0]:
        record = look.process(pid) if pid else None
        seen += record is not None
        missing += [pid] if pid and record is None and pid not in look.space.covered else []
        if record and is_odd(record):
            waiting.append((time.monotonic() + AGAIN_SECONDS, record))
        elif record:
            look.write_process(record)
        while waiting and (pid == 0 or waiting[0][0] < time.monotonic()):
            due, record = waiting.pop(0)
            time.sleep(max(0.0, due - time.monotonic()))
            look.write_process(again(record, look.process(record["pid"], record)))
        if look.tracer:
            look.tracer.let_late_go()
        look.rest()
    return seen, missing


def stamp(seconds: float) -> str:
    """Write a time as ISO 8601 in UTC, to the hundredth that start times have."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return "%s.%02dZ" % (whole, int(seconds * 100) % 100)


def user_names() -> Dict[str, str]:
    """Read the names of local users; others are looked up in no directory over a network."""
    try:
        rows = [line.split(":") for line in text_of(read_file("/etc/passwd")).split("\n")]
    except OSError:
        return {}
    return {row[2]: row[0] for row in rows if len(row) > 2}


def pids_listed() -> List[int]:
    """List the processes that /proc shows."""
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def exists(path: str) -> bool:
    """Tell whether a file can be opened, or is there and may not be."""
    try:
        read(path, 1)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def is_alive(pid: int) -> bool:
    """Ask the kernel, not /proc, whether there is such a process; a thread is none."""
    try:
        os.getsid(pid)
    except PermissionError:
        pass
    except OSError:
        return False
    try:
        return b"\nTgid:\t%d\n" % pid in read("/proc/%d/status" % pid)
    except OSError:
        return True


def write_hidden(look: Look, listed: List[int]) -> None:
    """Write processes that one view of the host has and the list of /proc has not."""
    told = set(look.space.covered)
    for pid in sorted(told):
        look.write({"type": "hidden", "pid": pid, "view": "mount"})
    if look.space.hides:
        look.denied["hidepid"] = 1
        return
    limit = min(int(read("/proc/sys/kernel/pid_max")), MANY_PIDS)
    known = set(listed) | set(pids_listed())
    absent = [pid for pid in range(1, limit) if pid not in known and is_alive(pid)]
    for pid in [pid for pid in listed if not exists("/proc/%d/stat" % pid)]:
        absent += [pid] if is_alive(pid) else []
    time.sleep(AGAIN_SECONDS if absent else 0)
    known = set(pids_listed())
    for pid in [pid for pid in absent if pid not in told]:
        empty = pid in known and not exists("/proc/%d/stat" % pid)
        if is_alive(pid) and (pid not in known or empty):
            look.write({"type": "hidden", "pid": pid, "view": "empty" if empty else "getsid"})


def write_preload(look: Look) -> None:
    """Write what /etc/ld.so.preload names."""
    try:
        text = read_file("/etc/ld.so.preload", TEXT_BYTES)
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            look.denied["preload"] = 1
        return
    for path in re.split(rb"[\s:]+", re.sub(rb"#.*", b"", text)):
        if path:
            region = Region(0, 0, "", "0:0", inode_at(os.fsdecode(path)), os.fsdecode(path))
            look.write(dict(look.space.describe(region, ""), type="preload"))


def header(look: Look) -> Json:
    """Describe the host and what this look may do."""
    status = read("/proc/self/status").decode("latin-1")
    able = re.search(r"CapEff:\s*(\w+)", status)
    system = os.uname()
    return {
        "schema": SCHEMA, "version": VERSION, "type": "host", "host": system.nodename,
        "kernel": system.release, "machine": system.machine, "time": stamp(time.time()),
        "booted": stamp(look.boot), "hz": HZ, "uid": os.geteuid(),
        "boot_id": read("/proc/sys/kernel/random/boot_id").decode().strip(),
        "capabilities": able.group(1) if able else "", "deep": look.deep,
        "ptrace": look.tracer is not None,
        "pid_namespace": os.readlink("/proc/self/ns/pid"), "python": sys.version.split()[0],
    }  # fmt: skip


def is_present(base: str, start: int, end: int) -> bool:
    """Tell whether a stretch of memory, if there is one, is all there."""
    start, end = start // PAGE * PAGE, -(-end // PAGE) * PAGE
    with open(base + "/pagemap", "rb", 0) as file:
        entries = os.pread(file.fileno(), (end - start) // PAGE * 8, start // PAGE * 8)
    return start < end and list(page_runs(entries, start, IN_MEMORY)) == [(start, end)]


def threads(base: str, loose: List[Region]) -> Json:
    """Find threads whose next instruction, after the system call they wait in, is in no file."""
    names = os.listdir(base + "/task")
    found: Json = {"count": len(names), "running": 0, "odd": []}
    places = Regions(loose)
    for name in names[:MANY_THREADS] if loose else []:
        try:
            words = read("%s/task/%s/syscall" % (base, name)).split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if len(words) < 3:
            found["running"] += 1
            continue
        place = int(words[-1], 16)
        if places.at(place):
            found["odd"].append([int(name), "%x" % place])
    return found


def is_call(code: bytes, machine: str) -> bool:
    """Tell whether code ends with a call, behind which a return address points.

    Sources: Intel SDM, CALL; Arm ARM, BL and BLR.
    """
    if machine == "aarch64":
        (word,) = struct.unpack("<I", code[-4:].rjust(4, b"\0"))
        return bool(word & 0xFC000000 == 0x94000000 or word & 0xFFFFFC1F == 0xD63F0000)
    pairs = [code[-n:][:2] for n in (2, 3, 4, 6, 7)]
    return code[-5:-4] == b"\xe8" or any(p[:1] == b"\xff" and p[1] & 0x38 == 0x10 for p in pairs)


def returns(memory: Memory, loose: Regions, stack: int) -> List[int]:
    """Find addresses on a stack that lie in *loose* right behind a call."""
    first = stack // PAGE * PAGE
    runs = memory.runs(first, first + STACK_BYTES, IN_MEMORY) if 0 < stack < 1 << 62 else iter(())
    begin, end = next(runs, (0, 0))
    data = memory.take(stack, end - stack) if begin == first else b""
    words = dict.fromkeys(array.array("Q", data[: len(data) // 8 * 8]))
    held = [(word, loose.at(word)) for word in words]
    found = [word for word, region in held if region and region.start + 8 <= word]
    machine = os.uname().machine
    return [w for w in found[:MANY_BENT] if is_call(memory.read(w - 8, 8), machine)]


def add_threads(look: Look, record: Json, memory: Memory, loose: List[Region]) -> None:
    """Add threads that will return into memory without a file, and those that run there."""
    known, places = record["threads"], Regions(loose)
    known["returns"] = []
    for name in os.listdir(memory.base + "/task")[:MANY_THREADS]:
        thread = int(name)
        try:
            words = read("%s/task/%d/syscall" % (memory.base, thread)).split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if len(words) > 2:
            found = returns(memory, places, int(words[-2], 16))
        elif look.tracer and not record["tracer"]:
            with look.tracer.stopped(thread) as (place, stack):
                found = returns(memory, places, stack)
            known["stopped"] = known.get("stopped", 0) + bool(place)
            if places.at(place):
                known["odd"].append([thread, "%x" % place])
        else:
            continue
        known["returns"] += [[thread, "%x" % word] for word in found]


class Tracer:
    """Stops running threads, each for a moment. Only ``--ptrace`` makes one. See ptrace(2)."""

    def __init__(self) -> None:
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long] + [ctypes.c_void_p] * 2
        self.late: List[int] = []

    @contextlib.contextmanager
    def stopped(self, thread: int) -> Iterator[Tuple[int, int]]:
        """Give next instruction and stack of a thread that stands still; zeros where it does not.

        It runs on afterwards; a signal that came meanwhile is handed on. A thread that does not
        stop at once, since it waits for a device, is let go later, at the end of this program at
        the latest.
        """
        status = 0
        if not self.libc.ptrace(0x4206, thread, None, None):  # PTRACE_SEIZE
            self.libc.ptrace(0x4207, thread, None, None)  # PTRACE_INTERRUPT
            for _ in range(50):
                status = self.waited(thread)
                if status:
                    break
                time.sleep(0.001)
            self.late += [] if status else [thread]
        words = (ctypes.c_uint64 * 64)()
        vector = (ctypes.c_size_t * 2)(ctypes.addressof(words), ctypes.sizeof(words))
        at, top = REGISTERS[os.uname().machine]
        try:
            if status & 0xFF == 0x7F:
                self.libc.ptrace(0x4204, thread, 1, vector)  # PTRACE_GETREGSET, NT_PRSTATUS
            yield words[at], words[top]
        finally:
            self.let_go(thread, status)

    def waited(self, thread: int) -> int:
        """Give the state of a thread that stopped or ended, 0 of one that did neither."""
        try:
            return os.waitpid(thread, os.WNOHANG | 0x40000000)[1]  # __WALL
        except OSError:
            return 1

    def let_go(self, thread: int, status: int) -> None:
        """Let a thread that stopped run on."""
        if status & 0xFF == 0x7F:
            signal = 0 if status >> 16 == 128 else status >> 8 & 0xFF  # PTRACE_EVENT_STOP
            self.libc.ptrace(17, thread, None, signal)  # PTRACE_DETACH

    def let_late_go(self) -> None:
        """Let threads run on that stopped later than they were waited for."""
        states = [(thread, self.waited(thread)) for thread in self.late]
        self.late = [thread for thread, status in states if not status]
        for thread, status in states:
            self.let_go(thread, status)


def images(memory: Memory, regions: List[Region]) -> List[Tuple[int, str]]:
    """Look for ELF images in memory without a file."""
    signs = []
    for region in [part for run in executable_runs(regions) for part in run if "r" in part.perms]:
        for begin, stop in memory.runs(region.start, region.end, IN_MEMORY):
            for place in range(begin, stop, BLOCK_BYTES):
                data = memory.take(place, min(BLOCK_BYTES, stop - place))
                signs += elf_signs(data, place, "x" in region.perms)
    return signs[:16]


def changes(
    memory: Memory, code: List[Region], root: str
) -> Iterator[Tuple[Region, int, int, bool]]:
    """Compare code that was copied when it was written to with the file it came from.

    Yields:
        The region, where the first difference is, how many bytes differ, and whether all of
        them are breakpoints, as debuggers and probes set them.
    """
    differ = 0
    for region in code:
        if not region.inode or region.perms != "r-xp" or region.path.startswith(NO_FILE):
            continue
        if differ > MANY_PAGES:
            memory.cut = True
            break
        pages = [
            p for run in memory.runs(region.start, region.end, COPIED) for p in range(*run, PAGE)
        ]
        for page, (now, then) in original(memory, region, root, pages[:MANY_PAGES]):
            alike = now == then[: len(now)]
            places = [] if alike else [i for i in range(len(now)) if now[i] != then[i]]
            if places:
                differ += 1
                traps = all(now[i] == 0xCC or now[i & ~3 :][:4] == BREAK_ARM for i in places)
                yield region, page + places[0], len(places), traps


def original(
    memory: Memory, region: Region, root: str, pages: List[int]
) -> Iterator[Tuple[int, Tuple[bytes, bytes]]]:
    """Give pages as they are in memory and in their file, which may have lost its name."""
    link = "%s/map_files/%x-%x" % (memory.base, region.start, region.end)
    for file in opened([root + region.path, link], region.inode) if pages else ():
        for page in pages:
            then = os.pread(file, PAGE, region.offset + page - region.start)
            now = memory.take(page, PAGE)
            yield page, (now, then.ljust(PAGE, b"\0"))


class Loaded(NamedTuple):
    """What the dynamic loader was told, and did."""

    early: List[Region]
    searched: str


def loaded(memory: Memory, regions: List[Region]) -> Loaded:
    """Find libraries that the dynamic loader put before the first one that the program needs.

    It keeps a list of what it loaded, in order (DT_DEBUG, struct r_debug and link_map of
    glibc's link.h), which stays when the variable or the file that asked for them is gone. Also
    where the program has libraries searched for (DT_RPATH, DT_RUNPATH). Of 64-bit programs, and
    where that memory is there.
    """
    auxv = read(memory.base + "/auxv")
    vector = dict(struct.iter_unpack("=QQ", auxv[: len(auxv) // 16 * 16]))
    heads = memory.words(vector.get(3, 0), 7 * min(vector.get(5, 0), 64))
    parts = {heads[i] & 0xFFFFFFFF: heads[i : i + 7] for i in range(0, len(heads), 7)}
    if vector.get(4) != 56 or 2 not in parts or 6 not in parts:
        return Loaded([], "")
    shift = vector[3] - parts[6][2]
    words = memory.words(shift + parts[2][2], parts[2][5] // 16 * 2)
    entries = list(zip(words[::2], words[1::2]))  # noqa: B905 - Python 3.6
    known = dict(entries[::-1])
    texts = known.get(5, 0) + (shift if known.get(5, 0) < shift else 0)
    folders = [memory.text(texts + value) for tag, value in entries if tag in (15, 29)]
    needed = {memory.text(texts + value) for tag, value in entries[:MANY_LIBRARIES] if tag == 1}
    link = (memory.words(known.get(21, 0), 2) or (0, 0))[1]
    return Loaded(before_needed(memory, regions, link, needed), text_of(b":".join(folders)))


def before_needed(
    memory: Memory, regions: List[Region], link: int, needed: Set[bytes]
) -> List[Region]:
    """Follow the list of the loader up to the first of *needed*; none where that is not there."""
    early: List[Region] = []
    files = Regions([region for region in regions if region.path.startswith("/")])
    for number in range(MANY_LIBRARIES):
        row = memory.words(link, 4)
        if not row:
            break
        if memory.text(row[1]).rpartition(b"/")[2] in needed:
            return early
        found = files.at(row[2])
        early += [found] if number and found else []
        link = row[3]
    return []


class Mapped(NamedTuple):
    """An ELF file in the memory of a process; *shift* is what was added to its addresses."""

    image: Optional[Image]
    shift: int
    region: Region


def mapped(
    regions: List[Region], paths_of: Callable[[Region], List[str]], images: Images
) -> List[Tuple[int, Optional[Mapped]]]:
    """Give where each stretch of memory begins, in order, and what it is of.

    A file begins anew wherever its first page is mapped. Memory without a file, and files that
    have no code mapped, are nothing.
    """
    code = {(r.dev, r.inode) for r in regions if r.inode and "x" in r.perms}
    found: List[Tuple[int, Optional[Mapped]]] = [(0, None)]
    last: Dict[Tuple[str, int], Mapped] = {}
    for region in regions:
        key, here = (region.dev, region.inode), None
        if region.path == "[vdso]":
            here = Mapped(None, region.start, region)
        elif key in code and not region.offset:
            image = images.of(region, paths_of(region))
            here = Mapped(image, region.start - (image.start if image else 0), region)
            last[key] = here
        elif key in code:
            here = last.get(key)
        found += [(region.start, here), (region.end, None)]
    return found


Slot = Tuple[Mapped, Image, int, int, Optional[Mapped], int]
"""Where it is, its index, what it holds; the file that it leads to, and the address there."""

UNKNOWN: Tuple[Any, ...] = (None, ())


class Calls:
    """The calls by name of a process: where each goes, and which go elsewhere than they say.

    Right is a slot (``.got.plt``) that points to an export of the name that it has, to the vdso,
    back to where it is filled at the first call, or nowhere yet. Names are looked at once: what
    was right is kept as a file and an address in it, and where those files lie in another process
    tells what its slots should hold. That is so of files alone that are mapped whole.
    """

    def __init__(self, places: List[Tuple[int, Optional[Mapped]]], images: Images) -> None:
        self.images = images
        self.edges = [place for place, _ in places]
        self.owners = [owner for _, owner in places]
        self.shifts = {0: 0}
        self.compared = self.unknown = 0
        spans: Dict[int, Tuple[int, int]] = {}
        for number, owner in enumerate(self.owners):
            if owner and owner.image:
                begin, end = (self.edges[number + i] - owner.shift for i in (0, 1))
                first, last = spans.get(id(owner), (begin, begin))
                spans[id(owner)] = (first, end if begin == last else 0)
                if spans[id(owner)] == (owner.image.start, owner.image.end):
                    self.shifts[owner.image.number] = owner.shift
                else:
                    self.shifts.pop(owner.image.number, None)

    def bent(self, memory: Memory) -> Iterator[Tuple[int, bytes, int, Region]]:
        """Yield slots that point elsewhere: their place, name, target, and region of their file."""
        waiting: List[Slot] = []
        for here in {id(owner): owner for owner in self.owners}.values():
            if here is not None and here.image is not None and here.image.raw:
                waiting += self.unsure(memory, here, here.image)
            if len(waiting) > MANY_UNSURE:
                yield from self.judged(waiting)
                waiting = []
        yield from self.judged(waiting)

    def unsure(self, memory: Memory, here: Mapped, image: Image) -> Iterator[Slot]:
        """Yield slots that hold something that no look found right."""
        named, raws, right, shift = image.named, image.raw, image.right, here.shift
        for at, words in filled(memory, image, shift):
            self.compared += len(words)
            stop = at + len(words)
            bases = map(self.shifts.get, image.targets[at:stop], itertools.repeat(NOWHERE))
            expected = array.array("Q", map(operator.add, image.offsets[at:stop], bases))
            differ = map(operator.ne, words, expected) if words != expected else ()
            rows = zip(range(at, stop), words, named[at:stop], raws[at:stop])  # noqa: B905
            for index, word, number, raw in itertools.compress(rows, differ):
                if not number or word in (0, raw, raw + shift):
                    continue
                owner = self.owners[bisect.bisect_right(self.edges, word) - 1]
                there, offset = (owner.image, word - owner.shift) if owner else (None, 0)
                if there:
                    last = image.targets[index] == there.number and image.offsets[index] == offset
                    if last or (index, there.number, offset) in right:
                        continue
                elif owner and owner.region.path == "[vdso]":
                    continue
                yield here, image, index, word, owner, offset

    def judged(self, slots: List[Slot]) -> Iterator[Tuple[int, bytes, int, Region]]:
        """Yield those of some slots that point elsewhere, as `bent` does."""
        known = self.exported(slots)
        own: Optional[Symbols] = None
        last: Optional[Image] = None
        for here, image, index, word, owner, offset in slots:
            there = owner.image if owner else None
            if image is not last:
                last, own = image, self.images.symbols(image)
            names, chosen = known.get(there.number, UNKNOWN) if there else UNKNOWN
            if own is None or (owner and names is None):
                self.unknown += 1
                continue
            name = own.name(image.named[index])
            if there and (name in names.get(offset, ()) or name in chosen):
                if there.number in self.shifts and not image.targets[index]:
                    image.targets[index], image.offsets[index] = there.number, offset
                else:
                    image.right.add((index, there.number, offset))
            elif all(map(self.images.is_fresh, [image, there] if there else [image])):
                yield here.shift + image.first + 8 * index, name or b"?", word, here.region
            else:
                self.unknown += 1

    def exported(self, slots: List[Slot]) -> Dict[int, Names]:
        """Name what slots lead to, by the number of the file and the address there."""
        asked: Dict[Image, Set[int]] = {}
        for *_, owner, offset in slots:
            if owner and owner.image:
                asked.setdefault(owner.image, set()).add(offset)
        found = {}
        for image, offsets in asked.items():
            symbols = self.images.symbols(image)
            if symbols:
                found[image.number] = (symbols.named_at(offsets), symbols.chosen)
        return found


def filled(memory: Memory, image: Image, shift: int) -> Iterator[Tuple[int, Any]]:
    """Give the slots that are there and were written to: the index of the first, and all."""
    first = shift + image.first
    end = first + 8 * len(image.raw)
    if not 0 < first < 1 << 62:
        return
    for run in memory.runs(first // PAGE * PAGE, -(-end // PAGE) * PAGE, COPIED):
        begin, stop = max(run[0], first), min(run[1], end)
        data = memory.take(begin, stop - begin)
        yield (begin - first) // 8, array.array("Q", data[: len(data) // 8 * 8])


def add_calls(look: Look, record: Json, memory: Memory, regions: List[Region], root: str) -> None:
    """Add calls by name that go elsewhere, into code."""
    space = look.spaces.get(record["ns"]["mnt"] or look.own, look.space)

    def paths_of(region: Region) -> List[str]:
        link = "%s/map_files/%x-%x" % (memory.base, region.start, region.end)
        return [] if space.is_remote(region) else [root + region.path, link]

    calls = Calls(mapped(regions, paths_of, look.images), look.images)
    code = Regions([region for region in regions if "x" in region.perms])
    bent = (row for row in calls.bent(memory) if code.at(row[2]))
    record["bent"] = [
        ["%x" % place, text_of(name), "%x" % word, look.file_of(record, space, region, root)]
        for place, name, word, region in itertools.islice(bent, MANY_BENT)
    ]
    record["slots"] = [calls.compared, calls.unknown]


def is_odd(record: Json) -> bool:
    """Tell whether anything about a process is worth a second look."""
    loose = any(
        row[5] is None or row[4].endswith(" (deleted)") for row in record.get("regions", [])
    )
    named = (record.get("exe") or "").endswith(" (deleted)") or record.get("env")
    return bool(loose or named or record.get("packets") or odd_within(record))


def odd_within(record: Json) -> Set[str]:
    """Name what threads or memory show of a process that is worth a second look."""
    found = record.get("threads") or {}
    odd = {key for key in ("elf", "text", "early", "bent") if record.get(key)}
    return odd | ({"threads"} if found.get("odd") or found.get("returns") else set())


def again(first: Json, second: Optional[Json]) -> Json:
    """Keep of two looks at a process what both show; of one that changed, the first alone."""
    if second is None or any(first.get(key) != second.get(key) for key in ("start", "exe")):
        return first
    for key in ("regions", "elf", "text", "early", "bent"):
        if key in second:
            known = {tuple(row) for row in first.get(key, [])}
            second[key] = [row for row in second[key] if tuple(row) in known]
    for key in ("odd", "returns") if first.get("threads") and second.get("threads") else ():
        if key in second["threads"]:
            known = {row[0] for row in first["threads"].get(key, [])}
            second["threads"][key] = [r for r in second["threads"][key] if r[0] in known]
    denied = [name for name in first.get("denied", ()) if name not in second.get("denied", ())]
    return dict(second, seen=2, denied=denied + second.get("denied", []))


def collect(  # noqa: PLR0913
    out: TextIO,
    pids: Optional[List[int]] = None,
    deep: bool = True,
    max_cpu: int = 50,
    hashes: bool = False,
    ptrace: bool = False,
) -> Json:
    """Write the header, every process (or those named), what is hidden, and an end line.

    Args:
        out: where lines go.
        pids: processes to look at; all where None.
        deep: read memory.
        max_cpu: percent of one processor.
        hashes: compare every mapped file with its package, not only those of odd processes.
        ptrace: stop running threads for a moment, to see where they are.

    Returns:
        The end line: processes seen, processes gone, those of *pids* that were never there,
        denials by what was denied, seconds.
    """
    look = Look(out, deep, max_cpu, hashes)
    look.tracer = Tracer() if ptrace and os.uname().machine in REGISTERS else None
    look.write(header(look))
    out.flush()  # whoever waits for it knows that the look has begun
    listed = pids_listed()
    seen, missing = scan(look, listed if pids is None else pids)
    absent = [pid for pid in pids or [] if pid in missing and pid not in listed]
    if pids is None:
        write_preload(look)
        write_hidden(look, listed)
        for name, sockets in look.packets.items():
            for inode, found in sockets.items():
                if "held" not in found:
                    look.write(dict(found, type="packet", net=name, inode=inode))
    used = time.process_time() - look.spent
    end: Json = {"type": "end", "processes": seen, "gone": len(missing) - len(absent)}
    end.update(absent=absent, denied=look.denied)
    end.update(cpu=round(used, 3), seconds=round(time.monotonic() - look.begun, 3))
    look.write(end)
    return end


def process_id(text: str) -> int:
    """Read what ``--pid`` is given.

    Raises:
        ValueError: no process has such an id.
    """
    if not 0 < int(text) < 1 << 31:
        raise ValueError
    return int(text)


def absence(pids: List[int]) -> str:
    """Say that processes that were asked for are not there."""
    return "there is no process %s" % ", ".join(map(str, pids))


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Write what /proc shows as JSON lines.")
    parser.add_argument("--pid", type=process_id, action="append", help="this one; repeatable")
    parser.add_argument("--max-cpu", type=int, default=50, help="percent of one processor")
    parser.add_argument("--shallow", action="store_true", help="read no memory")
    parser.add_argument("--hashes", action="store_true", help="hash every mapped file of packages")
    parser.add_argument("--ptrace", dest="trace", action="store_true", help="stop running threads")
    chosen = parser.parse_args()
    if chosen.trace and os.uname().machine not in REGISTERS:
        parser.error("--ptrace knows x86_64 and aarch64, and this is %s" % os.uname().machine)
    os.nice(19)
    pids, share = chosen.pid, chosen.max_cpu
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was seen is written, too
        end = collect(sys.stdout, pids, not chosen.shallow, share, chosen.hashes, chosen.trace)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        sys.stderr.write("the collection is cut short: %s\n" % error.strerror)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is held back cannot be written either
        return 1
    if end["absent"]:
        sys.stderr.write(absence(end["absent"]) + "\n")
    return 3 if end["absent"] else 0


if __name__ == "__main__":
    sys.exit(main())
