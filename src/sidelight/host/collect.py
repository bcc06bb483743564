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
import contextlib
import ctypes
import json
import os
import re
import socket
import struct
import sys
import time
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Set, TextIO, Tuple

SCHEMA, VERSION = "sidelight-host", 1
PAGE = os.sysconf("SC_PAGE_SIZE")
HZ = os.sysconf("SC_CLK_TCK")
MEMORY_BYTES, BLOCK_BYTES = 64 << 20, 1 << 20
MANY_THREADS, MANY_FILES, MANY_PIDS, TEXT_BYTES = 2000, 4096, 1 << 18, 8192
MANY_DATABASES, MANY_PAGES, MANY_LIBRARIES = 8, 256, 1024
BREAK_ARM = b"\xa0\x00\x20\xd4"
AGAIN_SECONDS = 0.15
IN_MEMORY = bytes(int(top & 0xC0 == 0x80) for top in range(256))
COPIED = bytes(int(top & 0xE0 == 0x80) for top in range(256))
"""By the highest byte of an entry of pagemap: present and not swapped; and no page of a file."""

KERNEL_THREAD = 0x00200000
NAMESPACES = ("mnt", "net", "pid")
NO_FILE = ("/memfd:", "/dev/zero", "/SYSV")
KERNEL_MADE = ("[vdso]", "[vsyscall]", "[vvar]", "[vvar_vclock]", "[uprobes]", "[vectors]")
REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "afs", "autofs"}
LOADER = re.compile(rb"(?:LD_(?:PRELOAD|AUDIT|LIBRARY_PATH)|GCONV_PATH)=")
MAPS = re.compile(r"(\w+)-(\w+) (\S{4}) (\w+) (\w+:\w+) (\d+) *(.*)")
DYNAMIC = struct.pack("<QQ", 11, 24)
"""An entry of a 64-bit dynamic section: the size of a symbol (DT_SYMENT; ELF gABI, 5)."""

Json = Dict[str, Any]


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
    found = [MAPS.match(line) for line in text.splitlines()]
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
    place = data.find(b"\x7fELF")
    while place >= 0:
        head = data[place : place + 20]
        if not (address + place) % PAGE and len(head) == 20 and head[4] in (1, 2):
            order = "<" if head[5] == 1 else ">"
            if struct.unpack(order + "H", head[16:18])[0] in (2, 3):
                signs.append((address + place, "header"))
        place = data.find(b"\x7fELF", place + 4)
    if executable:
        return signs
    # Both numbers are small and lie at multiples of 8: among every eighth byte they are two.
    skew, lowest = -address % 8, data[-address % 8 :: 8]
    place = lowest.find(b"\x0b\x18")
    while place >= 0:
        at = skew + 8 * place
        if data[at : at + 16] == DYNAMIC:
            return signs + [(address + at, "dynamic")]
        place = lowest.find(b"\x0b\x18", place + 1)
    return signs


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


def read(path: str, size: int = 1 << 26) -> bytes:
    """Read a file of /proc."""
    with open(path, "rb", 0) as file:
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
        self.paths: Dict[str, str] = {}
        self.names: List[str] = []
        for name, load in (("dpkg", self._dpkg), ("apk", self._apk), ("rpm", self._rpm)):
            with contextlib.suppress(Exception):  # a database that cannot be read is none
                if load(root):
                    self.names.append(name)

    def of(self, path: str) -> Optional[str]:
        """Name the package; empty where none owns it, None where no database is at hand."""
        if not self.names:
            return None
        short = path[4:] if path.startswith("/usr/") else path
        return self.paths.get(path) or self.paths.get(short) or ""

    def _dpkg(self, root: str) -> bool:
        folder = root + "/var/lib/dpkg/info"
        names = [n for n in os.listdir(folder) if n.endswith(".list")]
        for name in names:
            package = name[:-5]
            for line in os.fsdecode(read(folder + "/" + name)).split("\n"):
                if "/share/" not in line:
                    self.paths[line] = package
        return bool(names)

    def _apk(self, root: str) -> bool:
        package = folder = ""
        for line in os.fsdecode(read(root + "/lib/apk/db/installed")).split("\n"):
            if line.startswith("P:"):
                package = line[2:]
            elif line.startswith("F:"):
                folder = line[2:]
            elif line.startswith("R:"):
                self.paths["/%s/%s" % (folder, line[2:])] = package
        return True

    def _rpm(self, root: str) -> bool:
        import sqlite3

        places = [root + "/var/lib/rpm", root + "/usr/lib/sysimage/rpm"]
        path = next(p for p in places if os.path.exists(p + "/rpmdb.sqlite")) + "/rpmdb.sqlite"
        base = sqlite3.connect("file:%s?mode=ro&immutable=1" % path, uri=True)
        for (blob,) in base.execute("SELECT blob FROM Packages"):
            name, files = rpm_files(blob)
            self.paths.update((path, name) for path in files)
        base.close()
        return True


def rpm_files(blob: bytes) -> Tuple[str, List[str]]:
    """Read name and files out of an rpm header: tags 1000, 1116, 1117, 1118."""
    count = struct.unpack(">I", blob[:4])[0]
    data, tags = blob[8 + 16 * count :], {}
    for tag, _, offset, length in struct.iter_unpack(">IIII", blob[8 : 8 + 16 * count]):
        tags[tag] = (offset, length)

    def texts(tag: int) -> List[str]:
        offset, length = tags.get(tag, (0, 0))
        return [os.fsdecode(t) for t in data[offset:].split(b"\0", length)[:length]]

    offset, length = tags.get(1116, (0, 0))
    folders = texts(1118)
    indices = struct.unpack(">%dI" % length, data[offset : offset + 4 * length])
    pairs = zip(indices, texts(1117))  # noqa: B905 - Python 3.6
    return texts(1000)[0], [folders[index] + name for index, name in pairs]


class Space:
    """A mount namespace: what its processes see of the file systems, and who owns what there."""

    databases = 0

    def __init__(self, base: str, root: str) -> None:
        self.root = root
        self._owners: Optional[Owners] = None
        self.remote: Set[Tuple[int, ...]] = set()
        self.covered: List[int] = []
        self.hides = False
        for line in os.fsdecode(read(base + "/mountinfo")).splitlines():
            fields, _, right = line.partition(" - ")
            device, place = fields.split(" ")[2], fields.split(" ")[4]
            if right.split(" ")[0] in REMOTE or right.startswith("fuse."):
                self.remote.add(tuple(int(part) for part in device.split(":")))
            found = re.match(r"/proc/(\d+)(?:/|$)", place)
            self.covered += [int(found.group(1))] if found else []
            self.hides |= place == "/proc" and bool(re.search("hidepid=[^0,]", right))

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
        except FileNotFoundError:
            facts["now"] = "none" if os.path.isdir(root + "/") else "unknown"
        except OSError:
            pass
        if self._owners is None:
            Space.databases += 1
            self._owners = Owners(root if Space.databases <= MANY_DATABASES else "/nowhere")
        owner = self._owners.of(path)
        return dict(facts, owner=None if owner is None else text_of(os.fsencode(owner)))


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


class Memory:
    """The memory of a process; pages that are not there are not read."""

    def __init__(self, base: str) -> None:
        self.base, self.left, self.cut = base, MEMORY_BYTES, False
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

    def __init__(self, out: TextIO, deep: bool = True, max_cpu: int = 50) -> None:
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
            self.denied[name] = self.denied.get(name, 0) + 1

    def process(self, pid: int) -> Optional[Json]:
        """Describe a process; None where it is gone."""
        base = "/proc/%d" % pid
        try:
            left, _, right = read(base + "/stat").rpartition(b")")
            status = read(base + "/status")
        except OSError:
            return None
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
            self.add_regions(record, base, exe, parse_maps(os.fsdecode(maps)))
        self.add_packets(record, base)
        return record

    def add_words(self, record: Json, base: str, swaps: bool, places: List[int]) -> None:
        """Add arguments and loader variables, unless they would have to be read from swap."""
        record["argv"], record["env"] = None, None
        for name, at in (("cmdline", 0), ("environ", 2)):
            begin, end = places[at : at + 2]
            if swaps and not self.attempt(record, name, is_present, base, begin, end):
                record.setdefault("swapped", []).append(name)
                continue
            words = self.attempt(record, name, read, base + "/" + name, 1 << 17)
            if words is None:
                continue
            if name == "cmdline":
                record["argv"] = [text_of(w) for w in words[:TEXT_BYTES].split(b"\0")[:-1]]
            else:
                found = [w[:TEXT_BYTES] for w in words.split(b"\0") if LOADER.match(w)]
                record["env"] = dict(text_of(word).split("=", 1) for word in found)

    def add_regions(
        self, record: Json, base: str, exe: Optional[str], regions: List[Region]
    ) -> None:
        """Add what is executable, where threads are, and images that no file stands behind."""
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
        loose = [r for r in code if r.unbacked or r.path.startswith(NO_FILE)]
        record["threads"] = self.attempt(record, "threads", threads, base, loose)
        memory = self.attempt(record, "mem", Memory, base) if self.deep else None
        if memory is not None:
            self.attempt(record, "mem", add_memory, self, record, memory, regions, root)
            memory.close()

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

    def add_packets(self, record: Json, base: str) -> None:
        """Add the packet sockets that the process holds."""
        name = record["ns"]["net"] or ""
        if name not in self.packets:
            self.packets[name] = self.attempt(record, "packet", packet_sockets, base) or {}
        sockets = self.packets[name]
        held = self.attempt(record, "fd", os.listdir, base + "/fd") if sockets else None
        for fd in (held or [])[:MANY_FILES]:
            target = self.attempt(record, "fd", os.readlink, base + "/fd/" + fd) or ""
            if target.startswith("socket:[") and int(target[8:-1]) in sockets:
                found = sockets[int(target[8:-1])]
                found["held"] = True
                constants = packet_filter(record["pid"], int(fd))
                record.setdefault("packets", []).append(dict(found, filter=constants))


def add_memory(look: Look, record: Json, memory: Memory, regions: List[Region], root: str) -> None:
    """Add what only memory tells."""
    record["elf"] = [["%x" % place, sign] for place, sign in images(memory, regions)]
    space = look.spaces.get(record["ns"]["mnt"] or look.own, look.space)
    code = [r for r in regions if "x" in r.perms and not space.is_remote(r)]
    record["text"] = [
        ["%x" % at, count, traps, look.file_of(record, space, region, root)]
        for region, at, count, traps in changes(memory, code, root)
    ]
    known = loaded(memory, regions)
    record["early"] = [
        [text_of(os.fsencode(region.path)), look.file_of(record, space, region, root)]
        for region in known.early
    ]
    record["searched"] = known.searched
    if memory.cut:
        record["cut"] = True


def scan(look: Look, pids: List[int]) -> Tuple[int, int]:
    """Write every process; what is odd about one is looked at a second time first."""
    seen = gone = 0
    waiting: List[Tuple[float, Json]] = []
    for pid in pids + [0]:
        record = look.process(pid) if pid else None
        seen, gone = seen + (record is not None), gone + (record is None and pid > 0)
        if record and is_odd(record):
            waiting.append((time.monotonic() + AGAIN_SECONDS, record))
        elif record:
            look.write(record)
        while waiting and (pid == 0 or waiting[0][0] < time.monotonic()):
            due, record = waiting.pop(0)
            time.sleep(max(0.0, due - time.monotonic()))
            look.write(again(record, look.process(record["pid"])))
        look.rest()
    return seen, gone


def stamp(seconds: float) -> str:
    """Write a time as ISO 8601 in UTC, to the hundredth that start times have."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return "%s.%02dZ" % (whole, int(seconds * 100) % 100)


def user_names() -> Dict[str, str]:
    """Read the names of local users; others are looked up in no directory over a network."""
    try:
        rows = [line.split(":") for line in text_of(read("/etc/passwd")).splitlines()]
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
    for pid in sorted(set(look.space.covered)):
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
    for pid in absent:
        empty = pid in known and not exists("/proc/%d/stat" % pid)
        if is_alive(pid) and (pid not in known or empty):
            look.write({"type": "hidden", "pid": pid, "view": "empty" if empty else "getsid"})


def write_preload(look: Look) -> None:
    """Write what /etc/ld.so.preload names."""
    try:
        text = read("/etc/ld.so.preload", TEXT_BYTES)
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
    for name in names[:MANY_THREADS] if loose else []:
        try:
            words = read("%s/task/%s/syscall" % (base, name)).split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if len(words) < 3:
            found["running"] += 1
            continue
        place = int(words[-1], 16)
        if any(r.start <= place < r.end for r in loose):
            found["odd"].append([int(name), "%x" % place])
    return found


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
    for region in code:
        if not region.inode or region.perms != "r-xp" or region.path.startswith(NO_FILE):
            continue
        pages = [
            p for run in memory.runs(region.start, region.end, COPIED) for p in range(*run, PAGE)
        ]
        for page, (now, then) in original(memory, region, root, pages[:MANY_PAGES]):
            places = [i for i in range(len(now)) if now[i] != then[i]]
            if places:
                traps = all(now[i] == 0xCC or now[i & ~3 :][:4] == BREAK_ARM for i in places)
                yield region, page + places[0], len(places), traps


def original(
    memory: Memory, region: Region, root: str, pages: List[int]
) -> Iterator[Tuple[int, Tuple[bytes, bytes]]]:
    """Give pages as they are in memory and in their file, which may have lost its name."""
    link = "%s/map_files/%x-%x" % (memory.base, region.start, region.end)
    for path in [root + region.path, link] if pages else []:
        with contextlib.suppress(OSError), open(path, "rb", 0) as file:
            if os.fstat(file.fileno()).st_ino != region.inode:
                continue
            for page in pages:
                then = os.pread(file.fileno(), PAGE, region.offset + page - region.start)
                now = memory.take(page, PAGE)
                yield page, (now, then.ljust(PAGE, b"\0"))
            return


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
    for number in range(MANY_LIBRARIES):
        row = memory.words(link, 4)
        if not row:
            break
        if memory.text(row[1]).rpartition(b"/")[2] in needed:
            return early
        found = [r for r in regions if r.start <= row[2] < r.end and r.path.startswith("/")]
        early += found if number else []
        link = row[3]
    return []


def is_odd(record: Json) -> bool:
    """Tell whether anything about a process is worth a second look."""
    loose = any(
        row[5] is None or row[4].endswith(" (deleted)") for row in record.get("regions", [])
    )
    named = (record.get("exe") or "").endswith(" (deleted)") or record.get("env")
    return bool(
        loose
        or named
        or record.get("elf")
        or record.get("packets")
        or record.get("text")
        or record.get("early")
    )


def again(first: Json, second: Optional[Json]) -> Json:
    """Keep of two looks at a process what both show; of one that changed, the first alone."""
    if second is None or any(first.get(key) != second.get(key) for key in ("start", "exe")):
        return first
    for key in ("regions", "elf", "text", "early"):
        if key in second:
            known = first.get(key, [])
            second[key] = [row for row in second[key] if row in known]
    if first.get("threads") and second.get("threads"):
        known = [row[0] for row in first["threads"]["odd"]]
        second["threads"]["odd"] = [r for r in second["threads"]["odd"] if r[0] in known]
    return dict(second, seen=2)


def collect(
    out: TextIO, pids: Optional[List[int]] = None, deep: bool = True, max_cpu: int = 50
) -> Json:
    """Write the header, every process (or those named), what is hidden, and an end line.

    Returns:
        The end line: processes seen, processes gone, denials by what was denied, seconds.
    """
    look = Look(out, deep, max_cpu)
    look.write(header(look))
    listed = pids_listed()
    seen, gone = scan(look, listed if pids is None else pids)
    if pids is None:
        write_preload(look)
        write_hidden(look, listed)
        for name, sockets in look.packets.items():
            for inode, found in sockets.items():
                if "held" not in found:
                    look.write(dict(found, type="packet", net=name, inode=inode))
    used = time.process_time() - look.spent
    end: Json = {"type": "end", "processes": seen, "gone": gone, "denied": look.denied}
    end.update(cpu=round(used, 3), seconds=round(time.monotonic() - look.begun, 3))
    look.write(end)
    return end


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Write what /proc shows as JSON lines.")
    parser.add_argument("--pid", type=int, action="append", help="this process only; repeatable")
    parser.add_argument("--max-cpu", type=int, default=50, help="percent of one processor")
    parser.add_argument("--shallow", action="store_true", help="read no memory")
    chosen = parser.parse_args()
    os.nice(19)
    collect(sys.stdout, chosen.pid, not chosen.shallow, chosen.max_cpu)
    return 0


if __name__ == "__main__":
    sys.exit(main())
