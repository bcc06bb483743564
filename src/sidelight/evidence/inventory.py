"""Which files there are, and how the work of reading them is cut into tasks.

Nothing under an evidence path is ever written, and no link found in a folder is followed: what
it points to is not under the path that was named.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import IO, Final

import numpy as np

from sidelight.evidence.archive import HEAD, container, zip_members
from sidelight.evidence.folders import SHOWN, files_under
from sidelight.evidence.formats import READERS, TREE, recognise
from sidelight.evidence.named import STDIN, present
from sidelight.evidence.opening import is_shown_by_kernel, open_regular
from sidelight.evidence.stream import FAILURES
from sidelight.evidence.volumes import IMAGE, can_open, image_sort
from sidelight.pe.blob import may_be_blob
from sidelight.schema import Gap, GapReason
from sidelight.values import dataclass

TASK_BYTES: Final = 128 << 20
"""About how much one task reads: small files are put together, large ones cut."""

EVTX_HEADER: Final = 4096
EVTX_CHUNK: Final = 65536

_PROGRAMS: Final = (".exe", ".dll")
"""A folder of an archive with such names is read in one go: what lies together is looked at so."""

BLOCK_BYTES: Final = 256 << 10
_FEED: Final = ord("\n")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a file on disk, or some members of a zip, to be read in one go.

    Args:
        path: the file, as given; ``-`` is standard input.
        format: a key of `READERS`, or `IMAGE`; empty for an archive, whose members tell.
        start: offset of the first byte.
        stop: offset behind the last one; None for all there is.
        first: number of the first line in it.
        only: members of a zip; empty for all of an archive.
        year: in which the file was last written.
        beside: folders in which files that the evidence speaks of may be found.
    """

    path: str
    format: str
    start: int = 0
    stop: int | None = None
    first: int = 1
    only: frozenset[str] = frozenset()
    year: int | None = None
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """Spans that one worker reads together.

    Args:
        number: its place in the run.
        size: how many bytes on disk it covers, for progress.
    """

    number: int
    spans: tuple[Span, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Input:
    """A file that was looked at.

    Args:
        path: as given.
        size: in bytes; -1 for standard input.
        format: a key of `READERS`, ``archive``, `IMAGE`, or empty where nothing reads it.
        modified_ns: time of its last change, to see whether it changed while it was read.
        cut: its parts are read apart.
    """

    path: str
    size: int
    format: str
    modified_ns: int
    cut: bool = False


@dataclass(slots=True)
class Inventory:
    """What is to be read, with files cut if several may read them (*shared*), and what not."""

    inputs: list[Input] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    shared: bool = True

    @property
    def size(self) -> int:
        """How many bytes on disk will be read."""
        return sum(task.size for task in self.tasks)


def survey(paths: Iterable[str], beside: Iterable[str] = (), *, shared: bool = True) -> Inventory:
    """List the evidence under *paths* and cut it into tasks, in order of path.

    Args:
        paths: files and folders.
        beside: folders in which files that the evidence speaks of may be found, too.
        shared: whether several may read it. Else no file is cut, which would be to read it twice
            more: for the ends of lines, and for the hash of the whole.

    A path that does not exist is a gap where others do.

    Raises:
        UsageError: no path exists.
    """
    inventory = Inventory(shared=shared)
    spans: list[tuple[Span, int]] = []
    seen: dict[tuple[int, int], str] = {}
    paths = tuple(paths)
    folders = (*beside, *filter(os.path.isdir, paths))
    roots: dict[str, None] = {}
    for path in present(paths, inventory.gaps):
        for file, named in files_under(path, inventory.gaps, roots):
            spans += _inspect(file, named, seen, inventory)
    spans += [(Span(root, TREE), 0) for root in roots]
    spans += _blobs(inventory)
    if roots:
        from sidelight.evidence.host.trees import belongs  # noqa: PLC0415 - for trees alone

        inventory.gaps = [gap for gap in inventory.gaps if not belongs(gap, roots)]
    spans = [(replace(span, beside=folders), size) for span, size in spans]
    inventory.tasks = list(_pack(spans))
    return inventory


def _blobs(inventory: Inventory) -> Iterator[tuple[Span, int]]:
    """Yield the files that look encrypted and lie beside programs; take back what was said."""
    beside = {os.path.dirname(each.path) for each in inventory.inputs if each.format == "pe"}
    if not beside:
        return
    found: dict[str, int] = {}
    for number, each in enumerate(inventory.inputs):
        if each.format or os.path.dirname(each.path) not in beside:
            continue
        try:
            with open_regular(each.path) as file:
                head = file.read(HEAD)
        except OSError:
            continue  # it was read a moment ago, and is a gap already
        if may_be_blob(head, each.size):
            found[each.path] = number
    inventory.gaps = [gap for gap in inventory.gaps if gap.source not in found]
    for path, number in found.items():
        each = replace(inventory.inputs[number], format="blob")
        inventory.inputs[number] = each
        yield Span(path, "blob", 0, each.size), each.size


def _inspect(
    path: str, named: bool, seen: dict[tuple[int, int], str], inventory: Inventory
) -> list[tuple[Span, int]]:
    if path == STDIN:
        inventory.inputs.append(Input(path, -1, "archive", 0))
        return [(Span(path, ""), 0)]
    try:
        status = os.stat(path) if named else os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            if named:
                inventory.gaps.append(Gap(path, 0, "unsupported", "is not a regular file"))
            else:
                link = stat.S_ISLNK(status.st_mode)
                text = "is a link; it is not followed" if link else "is a pipe, socket or device"
                inventory.gaps.append(Gap(path, 0, "foreign", text))
            return []
        if is_shown_by_kernel(status.st_dev):
            inventory.gaps.append(Gap(path, 0, "unsupported", SHOWN))
            return []
        inode = status.st_dev, status.st_ino
        if seen.get(inode) in {"", path}:
            inventory.gaps.append(Gap(path, 0, "duplicate", "is a file that was named before"))
            return []
        with open_regular(path) as file:
            head = file.read(HEAD)
        spans = _recognised(path, named, head, status, inventory)
        placed = any(each.format in READERS and READERS[each.format].placed for each, _ in spans)
        seen[inode] = path if placed else ""
        return spans
    except OSError as error:
        inventory.gaps.append(Gap(path, 0, "denied", error.strerror or str(error)))
        return []


def _recognised(
    path: str, named: bool, head: bytes, status: os.stat_result, inventory: Inventory
) -> list[tuple[Span, int]]:
    size, year = status.st_size, _year(status.st_mtime)
    kind = container(head)
    format_ = "archive" if kind else recognise(head)
    spans: list[tuple[Span, int]] = []
    if kind == "zip":
        spans = _zip_spans(path, size)
    elif kind:
        spans = [(Span(path, "", year=year), size)]
    elif format_:
        whole = Span(path, format_, 0, size, year=year)
        spans = list(_cut(whole, size, head)) if inventory.shared else [(whole, size)]
    elif image_sort(head) and (named or can_open()):
        format_ = IMAGE
        spans = [(Span(path, IMAGE, year=year), size)]
    else:
        inventory.gaps.append(foreign(path, head, named=named))
    inventory.inputs.append(Input(path, size, format_, status.st_mtime_ns, len(spans) > 1))
    return spans


def foreign(source: str, head: bytes, *, named: bool) -> Gap:
    """Say that no reader takes *source*: a loss where somebody named it, else a remark."""
    from sidelight.evidence.event_csv import is_table  # noqa: PLC0415 - not for known formats

    text = "is empty" if not head else "is in no format that Sidelight reads"
    if image_sort(head):
        text = "is a disk image; name it itself to have it read"
    if is_table(head):
        text = "is a table, but its columns are those of no event that Sidelight knows"
    return Gap(source, 0, "unsupported" if named and head else "foreign", text)


def _year(seconds: float) -> int | None:
    """Give the year of a time stamp; None for one that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC).year
    except (ValueError, ArithmeticError, OSError):
        return None


def _zip_spans(path: str, size: int) -> list[tuple[Span, int]]:
    try:
        members = zip_members(path)
    except FAILURES:  # what can be read without a directory, and the gap, are for whoever reads
        return [(Span(path, ""), size)]
    unpacked = sum(length for _, length in members) or 1
    together = {_folder(name) for name, _ in members if name.lower().endswith(_PROGRAMS)}
    if together:
        members.sort(key=lambda member: (_folder(member[0]), member[0]))
    groups: list[tuple[list[str], int]] = []
    last = ""
    for name, length in members:
        folder = _folder(name)
        stays = folder == last and folder in together
        if not groups or (groups[-1][1] + length > 2 * TASK_BYTES and not stays):
            groups.append(([], 0))
        groups[-1][0].append(name)
        groups[-1] = (groups[-1][0], groups[-1][1] + length)
        last = folder
    return [
        (Span(path, "", only=frozenset(names)), size * length // unpacked)
        for names, length in groups
    ]


def _folder(member: str) -> str:
    return member.rpartition("/")[0]


def _cut(whole: Span, size: int, head: bytes) -> Iterator[tuple[Span, int]]:
    match READERS[whole.format].split(head) if size > TASK_BYTES * 3 // 4 else "whole":
        case "chunks":
            step = -(-_piece(size) // EVTX_CHUNK) * EVTX_CHUNK
            edges = [0, *range(EVTX_HEADER + step, size, step), size]
            for start, stop in pairwise(edges):
                yield replace(whole, start=start, stop=stop), stop - start
        case "lines":
            yield from _cut_lines(whole, size)
        case _:
            yield whole, size


def _piece(size: int) -> int:
    """Give the size of pieces that two or four can share evenly, `TASK_BYTES` at most."""
    return -(-size // (4 * -(-size // (4 * TASK_BYTES))))


def _cut_lines(whole: Span, size: int) -> Iterator[tuple[Span, int]]:
    """Cut behind line ends, about every `_piece`, counting the lines on the way."""
    start, first, piece = 0, 1, _piece(size)
    with open_regular(whole.path) as file:
        while start < size:
            stop, lines = _next_cut(file, start, min(start + piece, size), size)
            yield replace(whole, start=start, stop=stop, first=first), stop - start
            start, first = stop, first + lines
            file.seek(start)


def _next_cut(file: IO[bytes], start: int, least: int, size: int) -> tuple[int, int]:
    stop, lines = start, 0
    while stop < size:
        block = file.read(min(max(least - stop, 1 << 16), 1 << 20, size - stop))
        if not block:
            return size, lines
        if stop + len(block) < least or (end := block.rfind(b"\n")) < 0:
            lines += _feeds(block)
            stop += len(block)
        else:
            return stop + end + 1, lines + _feeds(block[: end + 1])
    return size, lines


def _feeds(block: bytes) -> int:
    """Count line feeds; NumPy does that several times as fast as bytes do."""
    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == _FEED))


def _pack(spans: Iterable[tuple[Span, int]]) -> Iterator[Task]:
    number, group, total = 0, list[Span](), 0
    for span, size in spans:
        if group and total + size > TASK_BYTES:
            yield Task(number, tuple(group), total)
            number, group, total = number + 1, [], 0
        group.append(span)
        total += size
    if group:
        yield Task(number, tuple(group), total)


def changed(item: Input, took: int | None = None) -> Gap | None:
    """Say so where the file is not what it was when it was surveyed.

    Args:
        item: the file.
        took: how many bytes a reader took of the whole file; None where that is not known. Where
            it took less than there were, or nobody knows, bytes that are gone were lost.
    """
    if item.path == STDIN:
        return None
    whole = took is not None and took >= item.size
    lost: GapReason = "changed" if whole or not item.format else "truncated"
    try:
        status = Path(item.path).stat()
    except OSError as error:
        text = f"vanished while it was read: {error.strerror}"
        return Gap(item.path, took or 0, lost if took is not None else "changed", text)
    if status.st_size > item.size:
        text = f"grew by {status.st_size - item.size} bytes while it was read; they were left out"
        return Gap(item.path, item.size, "changed", text)
    if status.st_size < item.size:
        text = f"shrank by {item.size - status.st_size} bytes while it was read"
        text += "; they had been read" if whole else "; what they held may be lost"
        return Gap(item.path, status.st_size, lost, text)
    if status.st_mtime_ns != item.modified_ns:
        reason = lost if took is not None else "changed"
        return Gap(item.path, took or 0, reason, "was written to while it was read")
    return None
