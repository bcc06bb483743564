"""ATT&CK as Sigma tags spell it: techniques by their ids of today, tactics, and classes.

Source: MITRE ATT&CK Enterprise v19 (April 2026), which splits Defense Evasion into Stealth and
Defense Impairment and revokes T1562 and others; Sigma specification, appendix tags.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from sidelight.findings.finding import FindingClass

_TECHNIQUE: Final = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)", re.ASCII | re.IGNORECASE)

REVOKED: Final[Mapping[str, str]] = {
    "T1070.001": "T1685.005",
    "T1070.002": "T1685.006",
    "T1562": "T1685",
    "T1562.001": "T1685",
    "T1562.002": "T1685.001",
    "T1562.003": "T1690",
    "T1562.004": "T1686",
    "T1562.006": "T1685",
    "T1562.007": "T1686.001",
    "T1562.008": "T1685.002",
    "T1562.009": "T1688",
    "T1562.010": "T1689",
    "T1562.011": "T1685.003",
    "T1562.012": "T1685.004",
    "T1562.013": "T1686.002",
    "T1574.002": "T1574.001",
}
"""Techniques that were given another id, and that id."""

TACTICS: Final[Mapping[str, FindingClass]] = {
    "impact": "impact",
    "exfiltration": "exfiltration",
    "credential-access": "credential",
    "lateral-movement": "lateral",
    "command-and-control": "command-and-control",
    "persistence": "persistence",
    "privilege-escalation": "privilege",
    "defense-impairment": "defense-impairment",
    "stealth": "stealth",
    "collection": "collection",
    "execution": "execution",
    "discovery": "discovery",
    "initial-access": "initial-access",
    "resource-development": "resource-development",
    "reconnaissance": "reconnaissance",
}
"""Tactics and the classes they make, that which says most about a finding first."""

_IMPAIRMENT: Final = re.compile(r"T(1685|1686|1687|1688|1689|1690)\b")
_MEMORY: Final = re.compile(r"T(1055|1620)\b")
_SIDELOAD: Final = re.compile(r"T1574\b")


def techniques(tags: Iterable[str]) -> tuple[str, ...]:
    """List the techniques that *tags* name, by their ids of today, sorted."""
    return tuple(sorted({name for name in map(_technique, tags) if name}))


@lru_cache(maxsize=4096)  # rules by the thousand share some hundred tags
def _technique(tag: str) -> str:
    match = _TECHNIQUE.fullmatch(tag)
    name = match[1].upper() if match else ""
    return REVOKED.get(name, name)


def tactics_of(technique: str) -> tuple[str, ...]:
    """List the tactics that ATT&CK has *technique* under; none where it does not know it."""
    table = _table()
    return table.get(technique) or table.get(technique.partition(".")[0], ())


@cache
def _table() -> Mapping[str, tuple[str, ...]]:
    text = (files("sidelight") / "content" / "tactics.txt").read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {name: tuple(some) for name, *some in rows}


def tactics(tags: Iterable[str]) -> tuple[str, ...]:
    """List the tactics that *tags* name, in the order of `TACTICS`.

    Defense Evasion, which is no more, counts as Defense Impairment where a technique of that
    tactic stands beside it, else as Stealth.
    """
    tags = list(tags)
    named = set(map(_tactic, tags))
    if "defense-evasion" in named:
        impaired = any(_IMPAIRMENT.match(name) for name in techniques(tags))
        named.add("defense-impairment" if impaired else "stealth")
    return tuple(name for name in TACTICS if name in named)


@lru_cache(maxsize=4096)
def _tactic(tag: str) -> str:
    return tag.lower().removeprefix("attack.").replace("_", "-")


def classify(tags: Iterable[str]) -> FindingClass:
    """Tell what a finding of a rule with *tags* is about."""
    tags = list(tags)
    ids = techniques(tags)
    if any(_SIDELOAD.match(name) for name in ids):
        return "sideload"
    if any(_MEMORY.match(name) for name in ids):
        return "memory"
    return next((TACTICS[name] for name in tactics(tags)), "other")
