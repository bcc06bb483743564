"""Correlation documents become `Correlation` values (Sigma correlation rules specification 2.1)."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal, TypeAlias, TypeVar, cast, get_args

from sidelight.errors import RuleError
from sidelight.rules.alternatives import read_alternatives
from sidelight.rules.detection import Node
from sidelight.rules.meta import meta, text, texts
from sidelight.rules.rule import Alternative, Correlation, Refusal, Rule
from sidelight.values import dataclass

Type: TypeAlias = Literal[
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_percentile",
]
Relation: TypeAlias = Literal["lt", "lte", "gt", "gte", "eq", "neq"]

_SECONDS: Final = {
    "s": 1,
    "m": 60,
    "h": 3_600,
    "d": 86_400,
    "w": 604_800,
    "M": 2_629_746,  # a twelfth of a mean Gregorian year
    "y": 31_556_952,
}
_TIMESPAN: Final = re.compile(r"(\d{1,9})([smhdwMy])")
_TEMPORAL: Final = frozenset({"temporal", "temporal_ordered"})
_MAX_NS: Final = 2**62


@dataclass(frozen=True, slots=True)
class Draft:
    """A correlation whose references are still as written: names or ids.

    Args:
        generates: the rules it refers to make findings of their own as well.
    """

    correlation: Correlation
    generates: bool


def read(content: Mapping[str, Node], path: str, line: int) -> Draft:
    """Read one correlation document.

    Raises:
        RuleError: it is no correlation that can be run.
    """
    body = content.get("correlation")
    if not isinstance(body, dict):
        raise RuleError("its correlation is not a map")
    kind = _type(body)
    rules = texts(body.get("rules"))
    if not rules:
        raise RuleError("the correlation names no rules")
    alternatives = _alternatives(kind, body.get("condition"), rules)
    relation = _relation(kind, body)
    correlation = Correlation(
        meta=meta(content, path, line),
        kind=kind,
        rules=rules,
        group_by=texts(body.get("group-by")),
        timespan_ns=_timespan(text(body.get("timespan"))),
        relation=relation,
        field=_field(kind, body),
        percentile=_percentile(kind, body),
        aliases=_aliases(body.get("aliases")),
        alternatives=alternatives,
    )
    return Draft(correlation, "true" in {text(content.get("generate")), text(body.get("generate"))})


def _type(body: Mapping[str, Node]) -> Type:
    written = text(body.get("type")).lower()
    if written not in get_args(Type):
        raise RuleError(f"there is no correlation type {written!r}")
    return cast("Type", written)


def _timespan(written: str) -> int:
    found = _TIMESPAN.fullmatch(written)
    if not found:
        raise RuleError(f"{written!r} is no timespan such as 10m or 2h")
    span = int(found[1]) * _SECONDS[found[2]] * 10**9
    if not 0 < span < _MAX_NS:
        raise RuleError(f"timespan {written!r} is out of range")
    return span


def _relation(kind: Type, body: Mapping[str, Node]) -> tuple[tuple[Relation, float], ...]:
    condition = body.get("condition")
    if condition is None and kind in _TEMPORAL:
        return ()
    if isinstance(condition, str) and kind in _TEMPORAL and condition.strip():
        return ()
    if not isinstance(condition, dict):
        raise RuleError("the correlation has no condition")
    unknown = set(condition) - set(get_args(Relation)) - {"field", "percentile"}
    if unknown:
        raise RuleError(f"the correlation's condition has no {min(unknown)!r}")
    found = [(name, _number(condition[name])) for name in get_args(Relation) if name in condition]
    if not found:
        raise RuleError("the correlation's condition compares nothing")
    return tuple(found)


def _alternatives(kind: Type, condition: Node, rules: Sequence[str]) -> tuple[Alternative, ...]:
    """Read a condition that joins rules; none where it joins all of them by and."""
    if not isinstance(condition, str) or not condition.strip():
        return ()
    if kind not in _TEMPORAL:
        raise RuleError(f"a {kind} correlation compares a number; rules it does not join")
    found = read_alternatives(condition, rules)
    everything = tuple(sorted({rules.index(rule) for rule in rules}))
    if found == (Alternative(everything),):
        return ()
    if kind == "temporal_ordered" and any(each.absent for each in found):
        raise RuleError(
            "the condition of a temporal_ordered correlation says 'not': Sigma does not say "
            "between which events the rule must be absent",
            hint="use type temporal, or chain correlations",
        )
    return found


def _number(node: Node) -> float:
    try:
        number = float(text(node))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RuleError(f"{text(node)!r} is no number to compare a count with")
    return number


def _condition(body: Mapping[str, Node]) -> Mapping[str, Node]:
    condition = body.get("condition")
    return condition if isinstance(condition, dict) else {}


def _field(kind: Type, body: Mapping[str, Node]) -> str:
    if not kind.startswith("value_"):
        return ""
    fields = texts(_condition(body).get("field", body.get("field")))
    if len(fields) != 1:
        raise RuleError(f"a {kind} correlation looks at exactly one field")
    return fields[0]


def _percentile(kind: Type, body: Mapping[str, Node]) -> float:
    if kind != "value_percentile":
        return 0.0
    percentile = _number(_condition(body).get("percentile", body.get("percentile")))
    if not 0 <= percentile <= 100:
        raise RuleError("a percentile lies between 0 and 100")
    return percentile


def _aliases(node: Node) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    if node is None:
        return ()
    if not isinstance(node, dict):
        raise RuleError("the correlation's aliases are not a map")
    out = []
    for alias, fields in node.items():
        if not isinstance(fields, dict) or not all(text(field) for field in fields.values()):
            raise RuleError(f"alias {alias!r} does not give a field for each rule")
        out.append((alias, tuple((rule, text(field)) for rule, field in fields.items())))
    return tuple(out)


@dataclass(frozen=True, slots=True)
class Resolved:
    """Rules and correlations that know each other by id."""

    rules: tuple[Rule, ...]
    correlations: tuple[Correlation, ...]
    refused: tuple[Refusal, ...]


def resolve(rules: Iterable[Rule], drafts: Iterable[Draft]) -> Resolved:
    """Turn names into ids, and silence what is only a part of correlations.

    A correlation that refers to nothing, to itself, or to one that is refused, is refused.
    """
    rules = tuple(rules)
    names: dict[str, str] = {}
    for about in [rule.meta for rule in rules]:
        names.setdefault(about.name, about.id)
        names[about.id.lower()] = about.id
    names.pop("", None)
    found, refused = _linked(list(drafts), names)
    generated = _referred(draft for draft in found if draft.generates)
    silent = _referred(draft for draft in found if not draft.generates) - generated
    return Resolved(
        tuple([_hushed(rule, silent) for rule in rules]),
        tuple([_hushed(draft.correlation, silent) for draft in found]),
        refused,
    )


def _linked(drafts: list[Draft], names: dict[str, str]) -> tuple[list[Draft], tuple[Refusal, ...]]:
    linked: list[Draft] = []
    # Each round takes what refers to things known so far, so chains need no order and a ring
    # is never taken.
    while True:
        ready = [draft for draft in drafts if not _missing(draft, names)]
        if not ready:
            break
        drafts = [draft for draft in drafts if _missing(draft, names)]
        linked += [_named(draft, names) for draft in ready]
        for draft in ready:
            about = draft.correlation.meta
            names[about.id.lower()] = about.id
            if about.name:
                names.setdefault(about.name, about.id)
    return linked, tuple(_refusal(draft, _missing(draft, names)) for draft in drafts)


def _missing(draft: Draft, names: Mapping[str, str]) -> list[str]:
    correlation = draft.correlation
    wanted = [*correlation.rules, *(rule for _, pairs in correlation.aliases for rule, _ in pairs)]
    return [name for name in wanted if _id(name, names) is None]


def _id(name: str, names: Mapping[str, str]) -> str | None:
    return names.get(name) or names.get(name.lower())


def _named(draft: Draft, names: Mapping[str, str]) -> Draft:
    def known(name: str) -> str:
        return _id(name, names) or name

    old = draft.correlation
    aliases = tuple(
        (alias, tuple((known(rule), field) for rule, field in pairs))
        for alias, pairs in old.aliases
    )
    rules = tuple([known(rule) for rule in old.rules])
    return Draft(replace(old, rules=rules, aliases=aliases), draft.generates)


def _refusal(draft: Draft, missing: list[str]) -> Refusal:
    about = draft.correlation.meta
    reason = f"it refers to {missing[0]!r}, which is no rule that can be run, or refers back to it"
    return Refusal(about.path, about.line, reason, about.title, about.id)


def _referred(drafts: Iterable[Draft]) -> frozenset[str]:
    return frozenset(rule for draft in drafts for rule in draft.correlation.rules)


_Part = TypeVar("_Part", Rule, Correlation)


def _hushed(part: _Part, silent: frozenset[str]) -> _Part:
    return replace(part, silent=True) if part.meta.id in silent else part
