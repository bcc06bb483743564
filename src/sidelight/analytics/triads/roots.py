r"""Where the volumes of a Windows host begin in the evidence.

A source names a file where the evidence lies, not where it lay on the host: a folder that stands
at the root of a Windows volume tells the one from the other. Where a volume lies around it, that
one counts: whoever makes ``x\Windows\System32`` on a disk makes no system of it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from sidelight.values import dataclass

_ROOTS: Final = frozenset(
    {"windows", "program files", "program files (x86)", "programdata", "users", "perflogs"}
)
_SYSTEM: Final = ("windows/system32/", "windows/syswow64/", "windows/winsxs/")
_SIGNS: Final = re.compile("[/!]")
_LETTER: Final = re.compile(r"(?:drive_)?([a-z])")
_SPELLED: Final = re.compile(r"([a-z])(?::|%3a)")


@dataclass(frozen=True, slots=True)
class Volumes:
    """The volumes that evidence is known to have.

    Args:
        whole: where those begin that are more than a lone folder, folded, with what parts them
            from what lies in them.
        holders: where several may begin, each under a letter or a number.
        systems: where one begins that has Windows, and another letter than C because of where it
            was mounted: no C lies beside it, and no other with Windows.
    """

    whole: frozenset[str] = frozenset()
    holders: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()

    def host_path(self, source: str) -> str:
        """Give the path that a file had on a Windows host; empty where its source does not tell.

        The drive is C where the source does not name one, and where it is the system's.
        """
        written = source.replace("\\", "/")
        folded = written.lower()
        root = _root(folded)
        if root is None:
            return ""
        above = next((each for each in _above(root) if self._begins(each)), root)
        drive = "C" if above in self.systems else _drive(above)
        # Some letters are longer once folded, so it is the parts that are counted.
        parts = _SIGNS.split(written)[len(_SIGNS.findall(above)) :]
        return "\\".join((f"{drive}:", *parts))

    def _begins(self, above: str) -> bool:
        """Tell whether a volume begins here: it is known, named as a drive, or others are beside.

        A drive at the very beginning is that of the machine on which the evidence lies.
        """
        holder, label = _label(above)
        if above in self.whole or (holder and _SPELLED.fullmatch(label)):
            return True
        return holder in self.holders and bool(_LETTER.fullmatch(label) or label.isdecimal())


def find_volumes(sources: Iterable[str]) -> Volumes:
    """Find where volumes begin, by the folders that stand at the root of one."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for source in sources:
        folded = source.replace("\\", "/").lower()
        root = _root(folded)
        if root is not None:
            below = folded[len(root) :]
            found[root].add("" if below.startswith(_SYSTEM) else _SIGNS.split(below, 1)[0])
    holders: set[str] = set()
    drives: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for root in found:
        holder, label = _label(root)
        if _LETTER.fullmatch(label) or (holder.endswith("!") and label.isdecimal()):
            holders.add(holder)
        if _LETTER.fullmatch(label) or _SPELLED.fullmatch(label):
            drives[holder][_drive(root)] = root
    systems = set()
    for some in drives.values():
        proven = [root for root in some.values() if "" in found[root]]
        if "C" not in some and len(proven) == 1:
            systems.update(proven)
    whole = (root for root, names in found.items() if "" in names or len(names) > 1)
    return Volumes(frozenset(whole), frozenset(holders), frozenset(systems))


def _root(folded: str) -> str | None:
    """Give what lies above the first folder that stands at the root of a volume."""
    begin = 0
    for sign in _SIGNS.finditer(folded):
        if folded[begin : sign.start()] in _ROOTS:
            return folded[:begin]
        begin = sign.end()
    return None


def _above(root: str) -> Iterator[str]:
    """Yield the folders around a root, from outside."""
    yield ""
    for sign in _SIGNS.finditer(root):
        yield root[: sign.end()]


def _label(above: str) -> tuple[str, str]:
    """Part the name of the last folder from what lies above it."""
    bare = above[:-1]
    at = max(bare.rfind("/"), bare.rfind("!")) + 1
    return bare[:at], bare[at:]


def _drive(above: str) -> str:
    """Read a drive as collectors write it: C, C:, C%3A, drive_c."""
    label = _label(above)[1]
    found = _LETTER.fullmatch(label) or _SPELLED.fullmatch(label)
    return found[1].upper() if found else "C"
