"""YARA rules of the user, over evidence and, with ``--live``, over memory."""

import socket
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sidelight.rules.rule import Refusal
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.evidence.yara.scan import Scan

_EVERY_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan left.

    Args:
        file: the lines that it wrote.
        refused: rules that could not be run.
        said: what the manifest says of it.
    """

    file: Path
    refused: tuple[Refusal, ...]
    said: str


def scan_evidence(folder: Path, paths: Sequence[str], file: Path, *, live: bool) -> Scanned:
    """Scan *paths*, and the memory of this host if *live*, with the rules in *folder*.

    Raises:
        UsageError: YARA-X is not installed, there is no rule that runs, or no path exists.
    """
    from sidelight.evidence.yara.live import scan_host  # noqa: PLC0415 - not for --help
    from sidelight.evidence.yara.pack import compile_folder  # noqa: PLC0415
    from sidelight.evidence.yara.scan import Scan, scan_paths  # noqa: PLC0415

    pack = compile_folder(folder)
    with file.open("wb") as out:
        scan = Scan(pack, out)
        _follow(scan_paths(scan, paths), scan)
        if live:
            _follow(scan_host(scan, socket.gethostname()), scan)
        scan.finish()
    done = scan.done
    said = f"{pack.count} rules of {folder}, sha256 {pack.digest}: {done.sources} sources, "
    said += f"{done.bytes} bytes, {done.matches} matches, {done.gaps} not or not wholly scanned"
    refused = tuple(Refusal(flaw.path, flaw.line, f"YARA: {flaw.reason}") for flaw in pack.flaws)
    print(f"sidelight: YARA: {said}", file=sys.stderr)  # noqa: T201
    for flaw in pack.flaws:
        print(f"sidelight: {flaw.path}:{flaw.line}: {flaw.reason}", file=sys.stderr)  # noqa: T201
    return Scanned(file, refused, said)


def _follow(steps: Iterable[object], scan: "Scan") -> None:
    """Take the steps of a scan, and tell a person how far it is."""
    told = time.monotonic()
    for _ in steps:
        if sys.stderr.isatty() and time.monotonic() - told > _EVERY_S:
            told = time.monotonic()
            size = f"{scan.done.bytes >> 20:,} MiB of {scan.done.sources:,} sources"
            print(f"sidelight: YARA: {size}, {scan.done.matches:,} matches", file=sys.stderr)  # noqa: T201
