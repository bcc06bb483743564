"""Libraries that are known to be hijacked, as a table that the user imported.

Source of the fields: the schema of the HijackLibs project, ``ExpectedLocations``,
``ExpectedSignatureInformation``, ``VulnerableExecutables``. No entry of it comes with Sidelight.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from sidelight.analytics.paths import Place, Zone
from sidelight.values import dataclass

_USER: Final = r"users\\[^\\]+"
_VARIABLES: Final[Mapping[str, str]] = {
    "system32": r"windows\\(?:system32|sysnative|sysarm32)",
    "syswow64": r"windows\\(?:syswow64|system32)",
    "windir": "windows",
    "systemroot": "windows",
    "programfiles": r"program files(?: \(x86\)| \(arm\))?",
    "programfiles(x86)": r"program files \(x86\)",
    "programdata": "programdata",
    "allusersprofile": "programdata",
    "localappdata": rf"{_USER}\\appdata\\local",
    "appdata": rf"{_USER}\\appdata\\roaming",
    "temp": rf"{_USER}\\appdata\\local\\temp",
    "userprofile": _USER,
    "public": r"users\\public",
}
_ANY: Final = r"[^\\]*"
_PART: Final = re.compile(r"%([^%\\]+)%")
_DRIVE: Final = r"[^\\]*\\(?:device\\harddiskvolume\d+\\)?"
_SYSTEM: Final = ("%system32%", "%syswow64%")


@dataclass(frozen=True, slots=True)
class Hijack:
    """What the table says of one library.

    Args:
        library: file name, folded.
        vendor: as written.
        signers: names in the certificates that sign it; empty where the table does not say.
        locations: folders as written, with variables such as ``%PROGRAMFILES%``.
        hosts: names of programs that load it from where they are told to, folded.
    """

    library: str
    vendor: str = ""
    signers: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    def expects(self, place: Place) -> bool:
        """Tell whether a library lies in one of the folders, or below one that is no system's."""
        if place.zone is Zone.SIDE_BY_SIDE and any(_is_system(each) for each in self.locations):
            return True
        return any(_pattern(each).fullmatch(place.folder) for each in self.locations)


def by_name(rows: Iterable[Hijack]) -> Mapping[str, Hijack]:
    """Give one entry for each library; what several say of one is put together."""
    found: dict[str, Hijack] = {}
    for row in rows:
        known = found.get(row.library)
        found[row.library] = row if known is None else _joined(known, row)
    return dict(sorted(found.items()))


def _joined(one: Hijack, other: Hijack) -> Hijack:
    vendors = dict.fromkeys(filter(None, (one.vendor, other.vendor)))
    return Hijack(
        one.library,
        " / ".join(vendors),
        tuple(dict.fromkeys((*one.signers, *other.signers))),
        tuple(dict.fromkeys((*one.locations, *other.locations))),
        tuple(dict.fromkeys((*one.hosts, *other.hosts))),
    )


def _is_system(location: str) -> bool:
    return location.lower().rstrip("\\") in _SYSTEM


@cache
def _pattern(location: str) -> re.Pattern[str]:
    """Compile a folder; a variable that is not known stands for any one name."""
    text = location.lower().replace("/", "\\").rstrip("\\")
    parts, begin = [], 0
    for found in _PART.finditer(text):
        parts += [re.escape(text[begin : found.start()]), _VARIABLES.get(found[1], _ANY)]
        begin = found.end()
    parts.append(re.escape(text[begin:]))
    rooted = text.startswith("%") and _PART.match(text)
    body = "".join(parts)
    head = _DRIVE if rooted and rooted[1] in _VARIABLES else ""
    below = "" if _is_system(text) else r"(?:.*\\)?"
    return re.compile(rf"{head}{body}\\{below}")
