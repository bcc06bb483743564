"""What findings show of who may be behind them: techniques, tools named, deliveries, roles."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import lru_cache
from typing import Final

from sidelight.findings.finding import Finding
from sidelight.schema import LEVELS, NO_TIME
from sidelight.values import dataclass

_LEAST: Final = LEVELS.index("medium")
_MOST: Final = 5
_SOFTWARE: Final = re.compile(r"attack\.(s\d{4})", re.ASCII | re.IGNORECASE)
_WORD: Final = re.compile(r"[a-z0-9]+", re.ASCII)
_SIDELOADS: Final = frozenset({"sideload", "memory"})

Shown = Mapping[str, tuple[str, ...]]
"""A thing seen, and ids of findings that show it."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What was observed; each thing counts once, however often it was seen.

    Args:
        techniques: ATT&CK ids.
        numbers: numbers of software that rules name in their tags (``S0154``).
        titles: titles of rules, as `folded` gives them.
        pairs: programs and libraries, folded names: ``vlc.exe|libvlc.dll``.
        roles: ids of roles of hosts (``content/assets.toml``).
        last: UTC nanoseconds of the last event, `NO_TIME` where no event has a time.
    """

    techniques: Shown = field(default_factory=dict)
    numbers: Shown = field(default_factory=dict)
    titles: Shown = field(default_factory=dict)
    pairs: Shown = field(default_factory=dict)
    roles: Shown = field(default_factory=dict)
    last: int = NO_TIME


@dataclass(slots=True)
class Observer:
    """Gathers what findings show, one finding after another; their order changes nothing."""

    seen: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    last: int = NO_TIME
    findings: int = 0

    def add(self, finding: Finding) -> None:
        """Take a finding; those below medium show too little to be held against anybody."""
        self.findings += 1
        if LEVELS.index(finding.level) < _LEAST:
            return
        for kind, names in (
            ("techniques", finding.techniques),
            ("numbers", _numbers(finding.tags)),
            ("titles", {folded(rule.title) for rule in finding.rules}),
            ("pairs", _pairs(finding) if finding.cls in _SIDELOADS else ()),
            ("roles", (finding.asset.role,) if finding.asset else ()),
        ):
            for name in names:
                self._show(kind, name, (finding.id,))
        if finding.last_seen != NO_TIME:
            self.last = max(self.last, finding.last_seen)

    def apart(self) -> "Observer":
        """Give one that gathers by itself."""
        return Observer()

    def take(self, part: "Observer") -> None:
        """Add what *part* gathered."""
        self.findings += part.findings
        self.last = max(self.last, part.last)
        for kind, seen in part.seen.items():
            for name, ids in seen.items():
                self._show(kind, name, ids)

    def _show(self, kind: str, name: str, ids: Iterable[str]) -> None:
        shown = self.seen.setdefault(kind, {}).setdefault(name, [])
        shown += ids
        if len(shown) > 4 * _MOST:
            shown[:] = sorted(set(shown))[:_MOST]

    def observed(self) -> Observed:
        """Give what was gathered."""
        whole = {
            kind: {name: tuple(sorted(set(ids))[:_MOST]) for name, ids in sorted(seen.items())}
            for kind, seen in self.seen.items()
        }
        return Observed(**whole, last=self.last)


def observe(findings: Iterable[Finding]) -> Observed:
    """Give what *findings* show."""
    observer = Observer()
    for finding in findings:
        observer.add(finding)
    return observer.observed()


@lru_cache(maxsize=4096)  # findings by the thousand share tags
def _numbers(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(match[1].upper() for tag in tags if (match := _SOFTWARE.fullmatch(tag)))


@lru_cache(maxsize=4096)  # findings by the thousand share titles of rules
def folded(text: str) -> str:
    """Give the words of *text* in lower case with a blank around each."""
    return f" {' '.join(_WORD.findall(text.lower()))} "


def _pairs(finding: Finding) -> set[str]:
    found = set()
    for event in finding.evidence:
        fields = event.fields or {}
        for library in _names(fields.get("ImageLoaded", ())):
            for program in _names(fields.get("Image", ())) or {""}:
                found.add(f"{program}|{library}")
    return found


def _names(value: str | Iterable[str]) -> set[str]:
    values = [value] if isinstance(value, str) else list(value)
    return {text.replace("/", "\\").rpartition("\\")[2].lower() for text in values if text}
