"""What hosts are, and what is at stake on them."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import cache
from importlib.resources import files
from typing import Final, Literal, TypeAlias

from sidelight.findings.allowlist import matches
from sidelight.findings.finding import Asset, Finding, Weight
from sidelight.values import dataclass

MOST: Final = 15
"""No host raises a score by more."""

Criticality: TypeAlias = Literal["low", "medium", "high", "critical"]
POINTS: Final[Mapping[str, int]] = {"low": 0, "medium": 5, "high": 10, "critical": MOST}
"""What a score is raised by, by criticality."""


@dataclass(frozen=True, slots=True)
class Role:
    """A sort of host, as ``content/assets.toml`` has it.

    Args:
        name: with its article, for a sentence.
        at_stake: one sentence.
        stakes: eavesdropping, manipulation, disruption.
        points: added to scores of findings on such a host, where no criticality is given.
    """

    id: str
    name: str
    at_stake: str
    stakes: tuple[str, ...]
    points: int


@cache
def roles() -> Mapping[str, Role]:
    """Give the roles that hosts may have, by id."""
    text = (files("sidelight") / "content" / "assets.toml").read_text(encoding="utf-8")
    return {
        name: Role(name, row["name"], row["at_stake"], tuple(row["stakes"]), row["points"])
        for name, row in tomllib.loads(text).items()
    }


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of an asset file.

    Args:
        host: a name; * is any text, ? any character. The first label of a host's name will do.
        criticality: "" for that of the role.
    """

    host: str
    role: Role
    criticality: Criticality | Literal[""] = ""
    note: str = ""

    @property
    def points(self) -> int:
        """What a score is raised by."""
        return POINTS[self.criticality] if self.criticality else min(self.role.points, MOST)


@dataclass(frozen=True, slots=True)
class Assets:
    """The lines of an asset file; the first that fits a host counts."""

    lines: Sequence[Listed] = ()
    _known: dict[str, Listed | None] = field(default_factory=dict, compare=False)

    def of(self, host: str) -> Listed | None:
        """Give what *host* is; None where no line fits."""
        if host not in self._known:
            fits = (line for line in self.lines if host and _is(line, host))
            self._known[host] = next(fits, None)
        return self._known[host]

    def points(self, host: str) -> int:
        """Tell what scores of findings on *host* are raised by."""
        line = self.of(host)
        return line.points if line else 0

    def unheard(self, hosts: Iterable[str]) -> tuple[str, ...]:
        """Name the lines that fit none of *hosts*: their hosts sent nothing."""
        several = tuple(hosts)
        silent = (line.host for line in self.lines if not any(_is(line, host) for host in several))
        return tuple(dict.fromkeys(silent))


def _is(line: Listed, host: str) -> bool:
    return matches((line.host,), host) or matches((line.host,), host.partition(".")[0])


def marked(finding: Finding, assets: Assets) -> Finding:
    """Say in *finding* what its host is and what is at stake; its score stays as it is."""
    line = assets.of(finding.host)
    if line is None:
        return finding
    asset = Asset(line.role.id, line.role.name, line.role.at_stake, line.role.stakes, line.note)
    weight = _weight(finding, line)
    if weight is None:
        return replace(finding, asset=asset)
    said = f"{weight.text} ({weight.points:+d})"
    weights = (*finding.weights, weight) if finding.weights else ()
    return replace(finding, asset=asset, reasons=(*finding.reasons, said), weights=weights)


def _weight(finding: Finding, line: Listed) -> Weight | None:
    """Give the reason to look here first; None where there is nothing to say."""
    if not line.points:
        return None
    text = f"{finding.host} is {line.role.name}. {line.role.at_stake}"
    return Weight(line.points, text)
