"""Disk images, by an optional library that is not part of Sidelight.

``dissect.target`` (AGPL-3.0) opens raw, qcow2, vmdk, vhdx and E01 images. It is imported here only,
and only where an image is named; a mounted image needs nothing.
"""

import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from sidelight.evidence.stream import Raw, Stream
from sidelight.extras import install
from sidelight.schema import Gap
from sidelight.values import dataclass

if TYPE_CHECKING:
    from dissect.target.container import Container
    from dissect.target.filesystem import Filesystem
    from dissect.target.volume import Volume

IMAGE: Final = "image"
"""The format of an image in the inventory; what lies in it tells its own."""

HEAD: Final = 1 << 16
Sort: TypeAlias = Literal["qcow2", "vmdk", "vhdx", "E01", "raw", ""]

_MARKS: Final[tuple[tuple[int, bytes, Sort], ...]] = (
    (0, b"QFI\xfb", "qcow2"),
    (0, b"KDMV", "vmdk"),
    (0, b"vhdxfile", "vhdx"),
    (0, b"EVF\x09\x0d\x0a\xff\x00", "E01"),
    (3, b"NTFS    ", "raw"),
    (512, b"EFI PART", "raw"),
    (1080, b"\x53\xef", "raw"),  # ext2 to ext4: magic of the superblock
)
_BOOT: Final = b"\x55\xaa"
_LACKING: Final = (
    f"is a disk image: install the extra ({install('dissect')}), or mount it read-only "
    "and name the folder"
)


def image_sort(head: bytes) -> Sort:
    """Tell what sort of disk image *head* begins; empty where it begins none."""
    for at, mark, sort in _MARKS:
        if head.startswith(mark, at):
            return sort
    return "raw" if _is_partitioned(head) else ""


def _is_partitioned(head: bytes) -> bool:
    """Tell whether *head* is a master boot record with a partition table that makes sense."""
    if head[510:512] != _BOOT or len(head) < HEAD:
        return False
    rows = [head[at : at + 16] for at in range(446, 510, 16)]
    used = [row for row in rows if any(row)]
    return bool(used) and all(row[0] in {0, 0x80} and row[4] and any(row[12:]) for row in used)


def can_open() -> bool:
    """Tell whether the library is there, without importing it."""
    try:
        return find_spec("dissect.target") is not None
    except ModuleNotFoundError:
        return False


@dataclass(frozen=True, slots=True)
class Placed:
    """A file in an image.

    Args:
        name: ``image!volume/path``.
        modified: UTC seconds.
        mark: text of its stream Zone.Identifier, where it was asked for and is there.
    """

    name: str
    raw: Raw
    modified: int
    mark: str = ""


def files(path: str) -> Iterator[Placed | Gap]:
    """Yield the files of all file systems in an image, folder by folder; no link is followed."""
    with _opened(path) as systems:
        for number, system in systems:
            if isinstance(system, Gap):
                yield system
            else:
                yield from _walk(system, f"{path}!{number}")


def _walk(system: "Filesystem", prefix: str) -> Iterator[Placed | Gap]:
    try:
        for folder, folders, names in system.walk("/"):
            folders.sort()
            for name in sorted(names):
                inside = f"{folder.rstrip('/')}/{name}"
                yield from _file(system, inside, f"{prefix}{inside}")
    except Exception as error:  # noqa: BLE001 - hostile bytes raise what they like in there
        yield Gap(prefix, 0, "damaged", f"file system: {error or type(error).__name__}")


def named(path: str, sources: Iterable[str], stream: str) -> Iterator[Placed | Gap]:
    """Yield some files of an image, with the text of one of their streams."""
    with _opened(path) as opened:
        systems = {f"{path}!{number}": system for number, system in opened}
        for source in sorted(sources):
            prefix = source[: source.find("/", len(path) + 1)]
            system = systems.get(prefix)
            if system is None or isinstance(system, Gap):
                yield Gap(source, 0, "changed", "is gone since it was read")
                continue
            inside = source[len(prefix) :]
            for found in _file(system, inside, source):
                if isinstance(found, Placed):
                    found = replace(found, mark=_text(system, f"{inside}:{stream}"))  # noqa: PLW2901
                yield found


def _file(system: "Filesystem", inside: str, name: str) -> Iterator[Placed | Gap]:
    try:
        entry = system.get(inside)
        status = entry.lstat()
        if stat.S_ISREG(status.st_mode):
            yield Placed(name, cast("Raw", entry.open()), int(status.st_mtime))
    except Exception as error:  # noqa: BLE001 - see above
        yield Gap(name, 0, "damaged", f"in the image: {error or type(error).__name__}")


def _text(system: "Filesystem", inside: str) -> str:
    try:
        stream = Stream(inside, cast("Raw", system.get(inside).open()))
        return stream.read(4096).decode("utf-8", "replace")
    except Exception:  # noqa: BLE001 - hardly any file has the stream
        return ""


@contextmanager
def _opened(path: str) -> "Iterator[list[tuple[int, Filesystem | Gap]]]":
    """Give the file systems of an image with their numbers, or why there are none."""
    try:
        from dissect.target import container  # noqa: PLC0415
    except ImportError:
        yield [(0, Gap(path, 0, "unsupported", _LACKING))]
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open(path, "rb"))
            # A raw image that the library opens itself it leaves open.
            raw = image_sort(file.read(HEAD)) == "raw"
            disk = stack.enter_context(closing(container.open(file if raw else path)))
        except Exception as error:  # noqa: BLE001 - see above
            text = f"disk image: {error or type(error).__name__}"
            yield [(0, Gap(path, 0, "damaged", text))]
            return
        yield [_system(number, each, path) for number, each in enumerate(_volumes(disk), 1)]


def _volumes(disk: "Container") -> "list[Container | Volume]":
    from dissect.target import volume  # noqa: PLC0415

    try:
        return list(volume.open(disk).volumes)
    except Exception:  # noqa: BLE001 - a file system without a partition table
        return [disk]


def _system(number: int, part: "Container | Volume", path: str) -> "tuple[int, Filesystem | Gap]":
    from dissect.target import filesystem  # noqa: PLC0415

    try:
        return number, filesystem.open(part)
    except Exception as error:  # noqa: BLE001 - see above
        text = f"volume {number} holds no file system that can be read: {error}"
        return number, Gap(f"{path}!{number}", 0, "unsupported", text)
