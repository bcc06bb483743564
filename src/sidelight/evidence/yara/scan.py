"""YARA over evidence: what matched, as JSON lines that a hunt reads like any other evidence."""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, BinaryIO, Final, TypeAlias

import orjson

from sidelight.evidence.archive import HEAD, Member, container, expand
from sidelight.evidence.folders import files_under
from sidelight.evidence.formats import recognise
from sidelight.evidence.named import STDIN, present
from sidelight.evidence.opening import is_shown_by_kernel, open_regular
from sidelight.evidence.stream import Stream
from sidelight.evidence.yara.buffers import Buffer, buffers
from sidelight.evidence.yara.pack import Pack
from sidelight.schema import LEVELS, Gap, Level
from sidelight.values import dataclass

if TYPE_CHECKING:
    import yara_x

SCHEMA: Final = "sidelight-yara"
VERSION: Final = 1
TIMEOUT_S: Final = 60
MANY_MATCHES: Final = 1000
"""A pattern is not looked for any more once it matched so often in one buffer."""

_SHOWN: Final = 16
_LEVELS: Final = {"info": "informational", "moderate": "medium", "severe": "high"}
_SCORES: Final[tuple[tuple[int, Level], ...]] = (
    (85, "critical"),
    (60, "high"),
    (40, "medium"),
    (20, "low"),
)

Line: TypeAlias = dict[str, object]


@dataclass(slots=True)
class Scanned:
    """What was scanned: sources, bytes of them, matches, and sources that were not or in part."""

    sources: int = 0
    bytes: int = 0
    matches: int = 0
    gaps: int = 0


@dataclass(slots=True)
class Scan:
    """Scans with one pack and writes lines to *out*, the first of them at once.

    Args:
        timeout_s: halved, to a second at least, each time that it was not enough: a rule that
            never ends would take as long over every file.
    """

    pack: Pack
    out: BinaryIO
    timeout_s: int = TIMEOUT_S
    done: Scanned = field(default_factory=Scanned)
    _scanner: "yara_x.Scanner" = field(init=False)

    def __post_init__(self) -> None:
        import yara_x  # noqa: PLC0415 - an extra

        self._scanner = yara_x.Scanner(self.pack.rules)
        self._scanner.set_timeout(self.timeout_s)
        self._scanner.max_matches_per_pattern(MANY_MATCHES)
        head = {"schema": SCHEMA, "version": VERSION, "rules": self.pack.count}
        self._write({**head, "digest": self.pack.digest})

    def take(self, source: str, parts: Iterable[Buffer | Gap], host: str = "") -> None:
        """Scan what *source* consists of."""
        before, seen = self.done.bytes, 0
        for part in parts:
            if isinstance(part, Gap):
                self._lose(part)
            else:
                seen += 1
                self._scan(source, part, host)
        if seen:
            self.done.sources += 1
            size = self.done.bytes - before
            line: Line = {"type": "scanned", "source": source, "bytes": size, "buffers": seen}
            self._write({**line, "host": host} if host else line)

    def finish(self) -> None:
        """Write the last line: without it the scan was cut short."""
        done = self.done
        self._write({"type": "end", "sources": done.sources, "bytes": done.bytes})

    def _scan(self, source: str, part: Buffer, host: str) -> None:
        import yara_x  # noqa: PLC0415

        try:
            found = self._scanner.scan(part.data).matching_rules
        except yara_x.TimeoutError:
            text = f"YARA gave up after {self.timeout_s} s: {part.region or 'the file'}"
            self._lose(Gap(source, 0, "refused", text))
            self.timeout_s = max(1, self.timeout_s // 2)
            self._scanner.set_timeout(self.timeout_s)
            return
        except yara_x.ScanError as error:
            self._lose(Gap(source, 0, "damaged", f"YARA could not scan it: {error}"))
            return
        self.done.bytes += len(part.data)
        for rule in found:
            self.done.matches += 1
            line = {"type": "match", "source": source, **_said(rule, part)}
            self._write({**line, "host": host} if host else line)

    def _lose(self, gap: Gap) -> None:
        self.done.gaps += 1
        line = {"source": gap.source, "offset": gap.offset, "reason": gap.reason, "text": gap.text}
        self._write({"type": "gap", **line})

    def _write(self, line: Line) -> None:
        self.out.write(orjson.dumps(_plain(line)) + b"\n")


def _plain(value: object) -> object:
    """Spell text so that it can be written: names of files may hold any bytes."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {str(name): _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case _:
            return value


def _said(rule: "yara_x.Rule", part: Buffer) -> Line:
    places = [
        (part.start + match.offset, pattern.identifier, match.length)
        for pattern in rule.patterns
        for match in pattern.matches
    ]
    places.sort()
    meta = {name: _text(value) for name, value in rule.metadata}
    line: Line = {
        "rule": rule.identifier,
        "file": rule.namespace,
        "tags": list(rule.tags),
        "meta": meta,
        "level": level_of(meta),
        "count": len(places),
        "places": [f"{name} at {place:#x}, {size} bytes" for place, name, size in places[:_SHOWN]],
    }
    if part.region:
        line["region"] = part.region
    if part.holder.pid >= 0:
        line["pid"] = part.holder.pid
    if part.holder.started:
        line["started"] = part.holder.started
    if part.holder.image:
        line["image"] = part.holder.image
    return line


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value).lower() if isinstance(value, bool) else str(value)


def level_of(meta: dict[str, str]) -> Level:
    """Give the level that a rule names for itself, medium where it names none.

    ``severity`` and ``level`` are words of Sigma or alike; ``score`` goes from 0 to 100.
    """
    folded = {name.lower(): value.strip().lower() for name, value in meta.items()}
    for name in ("severity", "level", "threat_level"):
        word = _LEVELS.get(folded.get(name, ""), folded.get(name, ""))
        found = next((level for level in LEVELS if level == word), None)
        if found is not None:
            return found
    score = folded.get("score", "")
    if score.isdecimal() and int(score) <= 100:
        return next((name for least, name in _SCORES if int(score) >= least), "informational")
    return "medium"


def scan_paths(scan: Scan, paths: Sequence[str]) -> Iterator[str]:
    """Scan every file under *paths*, and every member of archives; yield each that is done.

    Each file once, in order of path: what comes out does not depend on the order of *paths*.

    What does not exist is left to the inventory of the hunt, which says so.

    Raises:
        UsageError: no path exists.
    """
    gaps: list[Gap] = []
    files: dict[str, bool] = {}
    for path in present(paths, []):
        for file, named in files_under(path, gaps):
            files[file] = files.get(file, False) or named
    seen: set[tuple[int, int]] = set()
    for file, named in sorted(files.items()):
        _scan_file(scan, file, seen, named=named)
        yield file
    for gap in gaps:
        scan.take(gap.source, [gap])


def _scan_file(scan: Scan, path: str, seen: set[tuple[int, int]], *, named: bool) -> None:
    if path == STDIN:
        text = "YARA did not scan it: standard input can be read only once"
        scan.take(path, [Gap(path, 0, "unsupported", text)])
        return
    try:
        status = os.stat(path) if named else os.lstat(path)
        place = status.st_dev, status.st_ino
        if not stat.S_ISREG(status.st_mode) or is_shown_by_kernel(place[0]) or place in seen:
            return  # the inventory of the hunt says so
        seen.add(place)
        with open_regular(path) as file:
            head = file.read(HEAD)
            file.seek(0)
            if container(head):
                for member in expand(path, file):
                    scan.take(member.name if isinstance(member, Member) else "", _of(member))
            else:
                scan.take(path, buffers(Stream(path, file), recognise(head)))
    except OSError as error:
        text = f"YARA did not scan it: {error.strerror}"
        scan.take(path, [Gap(path, 0, "denied", text)])


def _of(member: Member | Gap) -> Iterator[Buffer | Gap]:
    if isinstance(member, Gap):
        yield member
    else:
        yield from buffers(Stream(member.name, member.raw), recognise(member.head))
