"""YARA over the memory of this host's running processes: only where somebody asks for it.

The contract is that of `sidelight.host.collect`: nothing is stopped, no page is brought in, and
half of one processor is used at most.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Final

from sidelight.evidence.yara.buffers import PIECE_BYTES, Buffer, Holder
from sidelight.evidence.yara.scan import Scan
from sidelight.host import collect
from sidelight.schema import Gap

PROCESS_BYTES: Final = 256 << 20
"""So much of one process is read at most."""

_NO_FILE: Final = ("/memfd:", "/dev/zero", "/SYSV")


def scan_host(scan: Scan, host: str) -> Iterator[int]:
    """Scan memory that no file on disk holds, of every process but this one; yield each id."""
    denied = 0
    for pid in sorted(set(collect.pids_listed()) - {os.getpid()}):
        began = time.process_time()
        try:
            scan.take(f"/proc/{pid}/mem", _buffers(pid), host)
        except PermissionError:
            denied += 1
        except OSError:  # it ended while it was looked at
            continue
        time.sleep(time.process_time() - began)
        yield pid
    if denied:
        text = f"YARA was denied the memory of {denied} processes"
        scan.take("/proc", [Gap("/proc", 0, "denied", text)], host)


def _buffers(pid: int) -> Iterator[Buffer | Gap]:
    base = f"/proc/{pid}"
    try:
        image = os.readlink(f"{base}/exe")
    except FileNotFoundError:  # a thread of the kernel
        return
    holder = Holder(pid, collect.text_of(os.fsencode(image)))
    regions = collect.parse_maps(collect.text_of(collect.read(f"{base}/maps")))
    with contextlib.closing(collect.Memory(base)) as memory:
        memory.left = PROCESS_BYTES
        for region in regions:
            if "r" in region.perms and _is_loose(region):
                yield from _region(memory, region, holder)
        if memory.cut:
            text = f"YARA read {PROCESS_BYTES >> 20} MiB of this process and left out the rest"
            yield Gap(f"{base}/mem", 0, "refused", text)


def _is_loose(region: collect.Region) -> bool:
    gone = region.path.startswith(_NO_FILE) or region.path.endswith(" (deleted)")
    return region.unbacked or gone


def _region(memory: collect.Memory, region: collect.Region, holder: Holder) -> Iterator[Buffer]:
    """Yield what is there of a region: as a whole with zeros between, or in runs if it is large."""
    runs = memory.runs(region.start, region.end, collect.IN_MEMORY)
    name = f"{region.start:#x}-{region.end:#x} {region.perms} {region.path}".rstrip()
    whole = bytearray(region.end - region.start if region.end - region.start <= PIECE_BYTES else 0)
    for begin, stop in runs:
        for place in range(begin, stop, PIECE_BYTES):
            data = memory.take(place, min(PIECE_BYTES, stop - place))
            if whole:
                whole[place - region.start : place - region.start + len(data)] = data
            elif data:
                yield Buffer(data, place, name, holder)
    if any(whole):
        yield Buffer(bytes(whole), region.start, name, holder)
