"""What somebody vouches for: findings that an entry hides, each of them counted.

Rule 1. An entry has an owner, a reason and an end. After its end it hides nothing.
Rule 2. Every part of a scope must hold. What is said of libraries must hold for every library
in the finding, and a finding of which not every event is known in full is never hidden on the
strength of what its events hold.
Rule 3. Nothing is hidden without a count.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date
from functools import cache
from typing import Final, Literal, TypeAlias

from sidelight.findings.finding import Evidence, Finding
from sidelight.values import dataclass

State: TypeAlias = Literal["applied", "unused", "expired"]

_SUBJECTS: Final = ("ImageLoaded", "TargetFilename", "StartModule", "TargetImage", "TargetObject")
_VALID: Final = frozenset({"", "-", "valid", "trusted"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is vouched for.

    Args:
        created: when it was written; None where the file does not say.
        expires: the last day (UTC) on which it applies.
        scope: names out of `SCOPES`, each with the patterns of which one must hold.
    """

    id: str
    owner: str
    reason: str
    expires: date
    scope: tuple[tuple[str, tuple[str, ...]], ...]
    created: date | None = None

    def is_expired(self, today: date) -> bool:
        """Tell whether its end has passed."""
        return today > self.expires


@dataclass(frozen=True, slots=True)
class Use:
    """What an entry did in a run.

    Args:
        state: applied, unused (it would hide, and there was nothing), or expired.
        findings: that it hid; of an expired one, that it would have hidden.
        events: on which those rest.
        partly: findings that are shown although the scope holds, since not every event of
            theirs is known in full.
    """

    entry: Entry
    state: State
    findings: int
    events: int
    partly: int = 0


@dataclass(slots=True)
class Sieve:
    """Holds findings against entries, and counts.

    Args:
        entries: in the order of their file.
        today: by the clock of whoever runs this, UTC.
    """

    entries: Sequence[Entry]
    today: date
    hidden: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    partly: Counter[str] = field(default_factory=Counter)

    def sift(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Yield what no entry hides."""
        for finding in findings:
            held = []
            for entry in self.entries:
                match covers(entry, finding):
                    case "whole":
                        held.append(entry)
                        self.findings[entry.id] += 1
                        self.events[entry.id] += finding.count
                    case "partly":
                        self.partly[entry.id] += 1
                    case "not":
                        pass
            if any(not entry.is_expired(self.today) for entry in held):
                self.hidden += 1
            else:
                yield finding

    def apart(self) -> "Sieve":
        """Give one that counts what it does by itself."""
        return Sieve(self.entries, self.today)

    def take(self, part: "Sieve") -> None:
        """Add what *part* counted."""
        self.hidden += part.hidden
        self.findings.update(part.findings)
        self.events.update(part.events)
        self.partly.update(part.partly)

    def uses(self) -> tuple[Use, ...]:
        """Tell what each entry did, once every finding has come by."""
        return tuple(
            Use(
                entry,
                self._state(entry),
                self.findings[entry.id],
                self.events[entry.id],
                self.partly[entry.id],
            )
            for entry in self.entries
        )

    def _state(self, entry: Entry) -> State:
        if entry.is_expired(self.today):
            return "expired"
        return "applied" if self.findings[entry.id] else "unused"


def covers(entry: Entry, finding: Finding) -> Literal["whole", "partly", "not"]:
    """Tell whether every part of an entry's scope holds for *finding*, whatever its date.

    Returns:
        ``partly`` where it holds for the events that are known, and others are not.
    """
    if not all(SCOPES[name](patterns, finding) for name, patterns in entry.scope):
        return "not"
    asked = any(name in _OF_EVENTS for name, _ in entry.scope)
    return "whole" if not asked or _is_whole(finding) else "partly"


def _rule(patterns: Sequence[str], finding: Finding) -> bool:
    """Hold the rule that leads; others that happened to match count for nothing here."""
    return bool(finding.rules) and matches(patterns, finding.rules[0].id)


def _class(patterns: Sequence[str], finding: Finding) -> bool:
    return finding.cls in patterns


def _host(patterns: Sequence[str], finding: Finding) -> bool:
    """Hold the host's name, or the first label of it."""
    name = finding.host
    return bool(name) and (matches(patterns, name) or matches(patterns, name.partition(".")[0]))


def _image(patterns: Sequence[str], finding: Finding) -> bool:
    named = [process.image for process in finding.process[:1]]
    named += [text for event in _loads(finding) if (text := _cell(event, "Image"))]
    return bool(named) and all(matches(patterns, name) for name in named)


def _subject(patterns: Sequence[str], finding: Finding) -> bool:
    named = [text for event in finding.evidence for text in _subjects(event)]
    return bool(named) and all(matches(patterns, name) for name in named)


def _signer(patterns: Sequence[str], finding: Finding) -> bool:
    loads = _loads(finding)
    return bool(loads) and all(
        _is_signed(event) and matches(patterns, _cell(event, "Signature")) for event in loads
    )


def _is_signed(event: Evidence) -> bool:
    valid = _cell(event, "SignatureStatus").lower() in _VALID
    return valid and _cell(event, "Signed").lower() == "true"


def _sha256(patterns: Sequence[str], finding: Finding) -> bool:
    about = [event for event in finding.evidence if any(_subjects(event))]
    wanted = {text.lower() for text in patterns}
    return bool(about) and all(_digest(event) in wanted for event in about)


def _digest(event: Evidence) -> str:
    found = re.search(r"SHA256=([0-9A-Fa-f]{64})", _cell(event, "Hashes"))
    return found[1].lower() if found else ""


SCOPES: Final[Mapping[str, Callable[[Sequence[str], Finding], bool]]] = {
    "rule": _rule,
    "class": _class,
    "host": _host,
    "image": _image,
    "subject": _subject,
    "signer": _signer,
    "sha256": _sha256,
}
"""What a scope may name, and how it is held against a finding."""

_OF_EVENTS: Final = frozenset({"subject", "signer", "sha256"})
"""Scopes that are held against the events of a finding."""


def _is_whole(finding: Finding) -> bool:
    known = sum(event.fields is not None for event in finding.evidence)
    return known == len(finding.evidence) == finding.count


def _loads(finding: Finding) -> list[Evidence]:
    return [event for event in finding.evidence if _library(event)]


def _library(event: Evidence) -> str:
    loaded = _cell(event, "ImageLoaded")
    return "" if loaded.lower() == _cell(event, "Image").lower() else loaded


def _subjects(event: Evidence) -> Iterator[str]:
    for name in _SUBJECTS:
        text = _library(event) if name == "ImageLoaded" else _cell(event, name)
        if text and text != "-":
            yield text


def _cell(event: Evidence, name: str) -> str:
    value = (event.fields or {}).get(name, "")
    return value if isinstance(value, str) else "\n".join(value)


def matches(patterns: Sequence[str], text: str) -> bool:
    """Tell whether *text* is like one of *patterns*: * is any text, ? any character, no case."""
    folded = _folded(text)
    return any(_compiled(pattern).fullmatch(folded) is not None for pattern in patterns)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(c) or re.escape(c) for c in _folded(pattern)), re.DOTALL)


def _folded(text: str) -> str:
    return text.lower().replace("/", "\\")
