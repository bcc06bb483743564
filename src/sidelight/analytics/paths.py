r"""Where a file lies on a Windows host, and who may write there.

Source: Microsoft, "Dynamic-link library search order" and the default access lists of Windows
folders; the mock folder ``C:\Windows \`` and ``.local`` redirection are publicly documented ways
to have a trusted program load from elsewhere.
"""

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from sidelight.values import dataclass


class Zone(IntEnum):
    """A kind of place."""

    NOWHERE = 0  # no path at all
    SYSTEM = 1  # System32 or SysWOW64 itself
    WINDOWS = 2  # below the Windows folder, and protected
    SIDE_BY_SIDE = 3  # the component store
    DOTNET = 4  # the .NET framework and its assemblies
    NATIVE = 5  # native images of assemblies
    STORE = 6  # packaged apps
    PROGRAMS = 7  # Program Files and what is protected alike
    DATA = 8  # any folder that users write to, other drives and top-level folders among them
    TRANSIT = 9  # where mail, browsers, archives and scripts leave files
    LOOSE = 10  # below the Windows folder, yet writable for users
    SHARE = 11  # another machine
    MOCK = 12  # imitates a protected folder by a blank
    REDIRECT = 13  # a .local folder beside a program


HOME: Final = frozenset(
    {Zone.SYSTEM, Zone.WINDOWS, Zone.SIDE_BY_SIDE, Zone.DOTNET, Zone.NATIVE, Zone.STORE}
)
"""Zones whose files come with Windows or by its installer."""

PROTECTED: Final = HOME | {Zone.PROGRAMS}
"""Zones that only an administrator writes to."""

WRITABLE: Final = frozenset({Zone.DATA, Zone.TRANSIT, Zone.LOOSE, Zone.SHARE})

_DRIVE: Final = r"(?:[a-z]:|\\systemroot\\\.\.|\\device\\harddiskvolume\d+)"
_WINDOWS: Final = r"(?:c:|\\systemroot\\\.\.|\\device\\harddiskvolume\d+)\\windows\\"
"""At the root of the system drive alone: anybody may make such a folder on another one."""

_PATTERNS: Final[tuple[tuple[Zone, str], ...]] = (
    (Zone.MOCK, rf"{_DRIVE}\\(?:windows|program files(?: \(x86\))?)[\s ]+\\"),
    (Zone.MOCK, rf"{_DRIVE}\\windows\\(?:system32|syswow64)[\s ]+\\"),
    (Zone.REDIRECT, r".*\.(?:exe|dll)\.local\\"),
    (Zone.SIDE_BY_SIDE, rf"{_WINDOWS}winsxs\\"),
    (Zone.NATIVE, rf"{_WINDOWS}assembly\\nativeimages_"),
    (Zone.DOTNET, rf"{_WINDOWS}(?:microsoft\.net|assembly)\\"),
    (
        Zone.LOOSE,
        rf"{_WINDOWS}(?:temp|tasks|tracing|debug\\wia|registration\\crmlog"
        r"|(?:system32|syswow64)\\(?:tasks|fxstmp|com\\dmp|spool\\(?:printers|drivers\\color"
        r"|servers)|microsoft\\crypto\\rsa\\machinekeys))\\",
    ),
    (Zone.SYSTEM, rf"{_WINDOWS}(?:system32|syswow64|sysnative|sysarm32)\\[^\\]+$"),
    (Zone.WINDOWS, _WINDOWS),
    (Zone.STORE, rf"{_DRIVE}\\program files(?: \(x86\))?\\windowsapps\\"),
    (Zone.PROGRAMS, rf"{_DRIVE}\\program files(?: \(x86\)| \(arm\))?\\"),
    (Zone.PROGRAMS, r"c:\\progra~[123]\\"),  # the same folders by their short names
    (Zone.PROGRAMS, rf"{_DRIVE}\\programdata\\microsoft\\windows defender\\platform\\"),
    (
        Zone.TRANSIT,
        rf"{_DRIVE}\\users\\[^\\]+\\(?:downloads|desktop|appdata\\local\\temp"
        r"|appdata\\locallow|appdata\\local\\microsoft\\windows\\inetcache)\\",
    ),
    (Zone.TRANSIT, rf"{_DRIVE}\\(?:users\\public|users\\[^\\]+~\d\\appdata|perflogs|temp|tmp)\\"),
    (Zone.TRANSIT, rf"{_DRIVE}\\\$recycle\.bin\\"),
    (Zone.DATA, rf"{_DRIVE}\\"),
    (Zone.SHARE, r"\\\\[^\\?.][^\\]*\\|\\device\\(?:mup|lanmanredirector)\\"),
)
_ZONES: Final = re.compile("|".join(f"({text})" for _, text in _PATTERNS))
"""A group for each of `_PATTERNS`, none of which has groups; the first that matches counts."""

_PREFIX: Final = re.compile(r"^(?:\\\\[?.]\\(?:unc\\)?|\\\?\?\\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A path, folded and taken apart.

    Args:
        folder: ends in a backslash; empty where there is none.
        name: of the file.
        file: the name as it was written.
        where: the folder as it was written.
    """

    path: str
    folder: str
    name: str
    zone: Zone
    file: str
    where: str

    @property
    def written(self) -> str:
        """The path as it was written."""
        return self.where + self.file


_KNOWN: Final[dict[str, Place]] = {}
_KNOWN_AT_MOST: Final = 50_000
"""A place takes some 660 bytes."""

_ORDINARY: Final = 1_024
"""A longer path is not remembered: it may have 32 767 characters."""


def place_of(path: str) -> Place:
    """Take a path apart, without case; anything that is no absolute path is nowhere."""
    known = _KNOWN.get(path)
    if known is None:
        known = _place(path)
        if len(_KNOWN) >= _KNOWN_AT_MOST:
            _KNOWN.clear()
        if len(path) <= _ORDINARY:
            _KNOWN[path] = known
    return known


def _place(path: str) -> Place:
    written = _plain(path)
    where, slash, file = written.rpartition("\\")
    return Place(*_folded(written), file, where + slash)


def _plain(path: str) -> str:
    written = path.replace("/", "\\")
    return _PREFIX.sub(_without_prefix, written) if written.startswith("\\") else written


def _folded(written: str) -> tuple[str, str, str, Zone]:
    """Give the path, the folder and the name without case, and the zone."""
    bare = written.lower()
    folder, slash, name = bare.rpartition("\\")
    if not slash:
        return bare, "", name, Zone.NOWHERE
    found = _ZONES.match(bare)
    zone = _PATTERNS[found.lastindex - 1][0] if found and found.lastindex else Zone.NOWHERE
    return bare, folder + slash, name, zone


def _without_prefix(found: re.Match[str]) -> str:
    return "\\\\" if found[0].lower().endswith("unc\\") else ""


def zones(paths: Sequence[str]) -> NDArray[np.int8]:
    """Tell the zone of each path."""
    return np.array([place_of(path).zone for path in paths], np.int8)


@dataclass(frozen=True, slots=True)
class Places:
    """Many paths, folded and taken apart; of each what `place_of` gives.

    None of them is remembered, so that a hundred thousand neither cost room nor push out others.
    """

    paths: tuple[str, ...]
    folders: tuple[str, ...]
    names: tuple[str, ...]
    zones: NDArray[np.int8]

    @classmethod
    def of(cls, paths: Sequence[str]) -> Self:
        """Take *paths* apart."""
        if not paths:
            return cls((), (), (), np.empty(0, np.int8))
        found, folders, names, zones = zip(*map(_apart, paths), strict=True)
        return cls(found, folders, names, np.array(zones, np.int8))


def _apart(path: str) -> tuple[str, str, str, Zone]:
    known = _KNOWN.get(path)
    if known is None:
        return _folded(_plain(path))
    return known.path, known.folder, known.name, known.zone


def is_beside(place: Place, other: Place) -> bool:
    """Tell whether *place* lies in the folder of *other* or below it."""
    return bool(other.folder) and place.folder.startswith(other.folder)
