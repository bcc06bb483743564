"""A Sigma rule as a value (Sigma specification 2.1, rules and correlation rules)."""

from typing import Literal

from sidelight.rules.expr import Expr
from sidelight.schema import Level
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class LogSource:
    """Where a rule looks, as written in it; empty where not given."""

    product: str = ""
    category: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Meta:
    """What a rule says of itself. Texts are as written; absent ones are empty.

    Args:
        id: the rule's UUID; where it has none, a UUID derived from path and title.
        level: ``medium`` where the rule has none.
        path: file it comes from, relative to the folder or archive it was loaded from.
        line: 1-based line on which its document starts.
        caveats: sentences of whoever passed it on that findings are to be read with.
    """

    id: str
    title: str
    level: Level
    status: str
    path: str
    line: int
    description: str = ""
    author: str = ""
    date: str = ""
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    license: str = ""
    name: str = ""
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over single events.

    Args:
        silent: True where the rule is only a part of correlations and makes no finding itself.
    """

    meta: Meta
    logsource: LogSource
    condition: Expr
    silent: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Alternative:
    """One way in which a condition over the rules of a correlation holds.

    Args:
        present: positions of rules of which events must be there.
        absent: positions of rules of which none may be.
    """

    present: tuple[int, ...]
    absent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Correlation:
    """A correlation rule (Sigma correlation rules specification 2.1).

    Args:
        kind: its ``type``.
        rules: ids of the rules or correlations it refers to, in the order written.
        group_by: fields or aliases that must agree.
        timespan_ns: window length.
        relation: the operator and number of its condition, both ends where two are given.
        field: the field that value_* types look at.
        percentile: of value_percentile.
        aliases: alias -> rule id -> field.
        silent: True where it is only a part of other correlations.
        alternatives: of a condition that joins rules by more than and; one of them must hold.
    """

    meta: Meta
    kind: Literal[
        "event_count",
        "value_count",
        "temporal",
        "temporal_ordered",
        "value_sum",
        "value_avg",
        "value_percentile",
    ]
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    timespan_ns: int
    relation: tuple[tuple[Literal["lt", "lte", "gt", "gte", "eq", "neq"], float], ...] = ()
    field: str = ""
    percentile: float = 0.0
    aliases: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    silent: bool = False
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """A rule that cannot be run, and why."""

    path: str
    line: int
    reason: str
    title: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All that came out of loading rules, in canonical order (by path, line)."""

    rules: tuple[Rule, ...]
    correlations: tuple[Correlation, ...]
    refused: tuple[Refusal, ...]
    digest: str
    """SHA-256 over the contents of every file that was loaded, in order of path."""
