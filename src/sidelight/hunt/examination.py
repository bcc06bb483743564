"""The second look at files that may be part of a triad.

Which files these are follows from all facts together, so everybody looks at the same ones.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from sidelight.errors import UsageError
from sidelight.evidence.inventory import Input
from sidelight.evidence.reading import Digest
from sidelight.evidence.reopening import Marked, Opened, reopen
from sidelight.schema import Gap
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.analytics.triads.tree import Tree
    from sidelight.pe.examined import Examined
    from sidelight.pe.trust import Trust


@dataclass(frozen=True, slots=True)
class Trusted:
    """Files that say whom to trust.

    Args:
        roots: PEM files of certificates that are trusted besides those that Windows trusts.
        revoked: TOML files of certificates that are trusted no longer.
    """

    roots: tuple[Path, ...] = ()
    revoked: tuple[Path, ...] = ()

    def read(self) -> "Trust":
        """Read them.

        Raises:
            UsageError: a file cannot be read, or is not of its form.
        """
        from sidelight.pe.trust import read_trust  # noqa: PLC0415 - for disks

        roots = [_bytes(path) for path in self.roots]
        try:
            revoked = [_bytes(path).decode() for path in self.revoked]
            return read_trust(roots, revoked)
        except ValueError as error:
            named = ", ".join(str(path) for path in (*self.roots, *self.revoked))
            raise UsageError(str(error), where=named) from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None


@dataclass(frozen=True, slots=True)
class Second:
    """What a second look gave."""

    examined: Mapping[str, "Examined"] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()


def look_again(
    files: pa.Table,
    inputs: Iterable[Input],
    digests: Sequence[Digest],
    trust: "Callable[[], Trust]",
) -> Second:
    """Look at the files of all pairs in *files* again.

    Args:
        files: united `FILES`.
        inputs: the files that were surveyed.
        digests: of sources that were read.
        trust: gives what signatures are held against; not asked where there is nothing to verify.
    """
    if not files.num_rows:
        return Second()
    from sidelight.analytics.triads.pairs import to_examine  # noqa: PLC0415 - for disks
    from sidelight.analytics.triads.tree import plant  # noqa: PLC0415

    tree = plant(files)
    wanted = to_examine(tree)
    if not wanted:
        return Second()
    hashes = {each.source: each.sha256 for each in digests}

    def hashed(source: str, data: bytes) -> str:
        return hashes.get(source) or hashlib.sha256(data).hexdigest()

    return _examined(tree, wanted, inputs, hashed, trust())


def _examined(
    tree: "Tree",
    wanted: frozenset[str],
    inputs: Iterable[Input],
    hashed: Callable[[str, bytes], str],
    store: "Trust",
) -> Second:
    """Look at what is *wanted*, then at the catalogs that list any of it."""
    from sidelight.pe.examined import examine, examine_catalog  # noqa: PLC0415 - for disks

    examined: dict[str, Examined] = {}
    gaps: list[Gap] = []
    for opened in reopen(wanted, inputs):
        match opened:
            case Gap():
                gaps.append(opened)
            case Marked(source, mark) if source in examined:
                examined[source] = replace(examined[source], zone=_zone(mark))
            case Opened(source, data, modified, mark):
                sha256, zone = hashed(source, data), _zone(mark)
                examined[source] = examine(
                    data, sha256, store, modified=modified, zone=zone, listed=tree.has_catalogs
                )
    for opened in reopen(_catalogs(tree, examined), inputs):
        match opened:
            case Gap():
                gaps.append(opened)
            case Opened(source, data, modified):
                sha256 = hashed(source, data)
                examined[source] = examine_catalog(data, sha256, store, modified=modified)
    return Second(examined, tuple(gaps))


def _catalogs(tree: "Tree", examined: "Mapping[str, Examined]") -> frozenset[str]:
    """Name the catalogs that list any of what was looked at."""
    found = (tree.catalogs(each.digests) for each in examined.values())
    return frozenset(source for some in found for _, source in some)


def _zone(mark: str) -> str:
    """Say where a file came from, as its Zone.Identifier has it; empty for the own machine.

    Source: Microsoft, [MS-FSCC], "Zone.Identifier Stream Name"; zones 3 and 4 are the internet
    and restricted sites.
    """
    cells = dict(
        line.partition("=")[::2] for line in mark.replace("\r", "").split("\n") if "=" in line
    )
    if cells.get("ZoneId", "").strip() not in {"3", "4"}:
        return ""
    place = cells.get("HostUrl") or cells.get("ReferrerUrl") or ""
    shown = "".join(sign for sign in place.strip()[:200] if sign.isprintable())
    return f"from {shown}" if shown else "from the internet"
