"""Registry hives of Windows as evidence of programs that were run, or at least looked at.

Two are read: Amcache.hve and SYSTEM, by what is in them and not by their names. ``dissect.regf``
(AGPL-3.0), an optional library that is not part of Sidelight, opens them; it is imported here only.
"""

import io
import logging
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, Final

from sidelight.evidence.disk.rows import FILES
from sidelight.evidence.rows import Sheet, clean
from sidelight.evidence.stream import Stream
from sidelight.extras import install
from sidelight.host.shimcache import shimcache
from sidelight.schema import NO_TIME, Event, Frame, Gap, Wanted

if TYPE_CHECKING:
    from dissect.regf.regf import KeyNode, RegistryHive

MOST: Final = 512 << 20
_MARK: Final = b"regf"
_MANY: Final = 1 << 17
_SHORT: Final = 1 << 16
_AMCACHE: Final = "Root\\InventoryApplicationFile"
_CACHE: Final = "Control\\Session Manager\\AppCompatCache"
_NAMED: Final = ("amcache.hve", "system")
_LACKING: Final = (
    "is a registry hive that tells which programs were run; for it to be read, install the extra "
    f"({install('dissect')})"
)
_UNFINISHED: Final = (
    "was being written to when it was copied; what is new may be in its .LOG1 and .LOG2, which are "
    "not read"
)
_OTHER: Final = "is a registry hive, of which only Amcache.hve and SYSTEM are read"


def sniff(head: bytes) -> bool:
    """Tell whether *head* begins a hive."""
    return head.startswith(_MARK) and len(head) >= 4096


def read(streams: Iterable[Stream], wanted: Wanted) -> Iterator[Frame | Gap]:
    """Yield a row for each program in Amcache.hve and in the shim cache of SYSTEM.

    Amcache has the time at which the program was entered, and its SHA-1; the shim cache has paths.
    Needs the extra `dissect`; without it, it is said that they were not read.
    """
    sheet = Sheet(wanted)
    able = find_spec("dissect") is not None and find_spec("dissect.regf") is not None
    for stream in streams:
        if not able:
            yield _unread(stream)
            continue
        number = 0
        for item in _traces(stream.source, stream.read(MOST)):
            if isinstance(item, Gap):
                yield item
                continue
            number += 1
            sheet.add(FILES, stream.source, number, item[0], None, item[1])
            if sheet.full:
                yield from sheet.frames()
    yield from sheet.frames()


def _unread(stream: Stream) -> Gap:
    name = stream.source.replace("\\", "/").rpartition("/")[2].lower()
    if name in _NAMED:
        return Gap(stream.source, stream.start, "unjudged", _LACKING)
    return Gap(stream.source, stream.start, "foreign", _OTHER)


def _traces(source: str, data: bytes) -> Iterator[tuple[int, Event] | Gap]:
    """Yield times and events of a hive, and what is wrong with it."""
    try:
        from dissect.regf.regf import RegistryHive  # noqa: PLC0415

        logging.getLogger("dissect.regf").setLevel(logging.CRITICAL)  # what it says is a gap here
        hive = RegistryHive(io.BytesIO(data))
        for find, events in ((_amcache, _entered), (_shimcache, _looked_at)):
            key = find(hive)
            if key is not None:
                yield from events(key)
                if hive.in_transaction:
                    yield Gap(source, 0, "unjudged", _UNFINISHED)
                return
    except Exception as error:  # noqa: BLE001 - hostile bytes raise what they like in there
        yield Gap(source, 0, "damaged", f"registry hive: {error or type(error).__name__}")
        return
    yield Gap(source, 0, "foreign", _OTHER)


def _amcache(hive: "RegistryHive") -> "KeyNode | None":
    return _key(hive, _AMCACHE)


def _shimcache(hive: "RegistryHive") -> "KeyNode | None":
    select = _key(hive, "Select")
    current = None if select is None else _value(select, "Current")
    return _key(hive, f"ControlSet{current:03}\\{_CACHE}") if isinstance(current, int) else None


def _key(hive: "RegistryHive", path: str) -> "KeyNode | None":
    from dissect.regf.regf import RegistryKeyNotFoundError  # noqa: PLC0415

    try:
        return hive.open(path)
    except RegistryKeyNotFoundError:
        return None


def _value(key: "KeyNode", name: str) -> object:
    from dissect.regf.regf import RegistryValueNotFoundError  # noqa: PLC0415

    try:
        return key.value(name).value
    except RegistryValueNotFoundError:
        return None


def _entered(key: "KeyNode") -> Iterator[tuple[int, Event]]:
    """Yield the programs of an Amcache, with the time at which each was entered.

    Source: B. Krzyzanek and others, "Analysis of the AmCache", ANSSI (2019).
    """
    for entry in islice(key.subkeys(), _MANY):
        path, digest = _value(entry, "LowerCaseLongPath"), _value(entry, "FileId")
        if isinstance(path, str) and path:
            event: Event = {"FileType": "amcache", "TracePath": clean(path[:_SHORT])}
            if isinstance(digest, str) and digest.startswith("0000"):
                event["SHA1"] = clean(digest[4:44])
            yield _nanoseconds(entry), event


def _nanoseconds(key: "KeyNode") -> int:
    try:
        return int(key.timestamp.timestamp()) * 10**9
    except (ValueError, OverflowError, OSError):
        return NO_TIME


def _looked_at(key: "KeyNode") -> Iterator[tuple[int, Event]]:
    value = _value(key, "AppCompatCache")
    for seen in shimcache(value if isinstance(value, bytes) else b""):
        if seen.path:
            yield NO_TIME, {"FileType": "shimcache", "TracePath": clean(seen.path)}
