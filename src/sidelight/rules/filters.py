"""Sigma filters: exclusions that are kept apart from the rules they tune (filters spec 2.1)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from sidelight.errors import RuleError
from sidelight.rules.detection import Node
from sidelight.rules.expr import And, Expr, Match, Not, Or
from sidelight.rules.meta import logsource, meta, text, texts
from sidelight.rules.reading import Reading
from sidelight.rules.rule import LogSource, Meta, Refusal, Rule
from sidelight.rules.search import detection
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter document.

    Args:
        logsource: that a rule must have to be tuned; parts that are empty fit any.
        targets: ids or names of rules as written; empty for every rule of the logsource.
        keeps: what an event must meet so that the rule may still match it.
    """

    meta: Meta
    logsource: LogSource
    targets: tuple[str, ...]
    keeps: Expr


def read(content: Mapping[str, Node], path: str, line: int, reading: Reading) -> Filter:
    """Read one filter document.

    The specification's example states what to leave out (``condition: selection``); published
    filters state what to keep (``condition: not selection``). The two are told apart by an event
    without any field: whoever leaves things out never means that one.

    Raises:
        RuleError: it cannot be run as written.
    """
    about = meta(content, path, line)
    body = content.get("filter")
    if not isinstance(body, dict):
        raise RuleError("its filter is not a map")
    targets = texts(body.get("rules"))
    if not targets:
        raise RuleError("the filter names no rules", hint="'rules: any' means all of them")
    searches = {key: value for key, value in body.items() if key != "rules"}
    condition = detection(searches, reading)
    return Filter(
        meta=about,
        logsource=logsource(content.get("logsource")),
        targets=() if [text(body["rules"]).lower()] == ["any"] else targets,
        keeps=condition if _blank(condition) else Not(condition),
    )


def _blank(expr: Expr) -> bool:
    match expr:
        case Match():
            return False
        case And(children):
            return all(map(_blank, children))
        case Or(children):
            return any(map(_blank, children))
        case Not(child):
            return not _blank(child)
        case _:
            assert_never(expr)


def apply(
    rules: Iterable[Rule], filters: Sequence[Filter]
) -> tuple[tuple[Rule, ...], tuple[Refusal, ...]]:
    """Narrow each rule by the filters that are meant for it.

    Returns:
        The rules, and a refusal for every target that no filter could be put on.
    """
    rules = tuple(rules)
    if not filters:
        return rules, ()
    known = {name: rule for rule in rules for name in _names(rule)}
    refused = tuple(
        _refusal(each, target, known)
        for each in filters
        for target in each.targets
        if not _meant(each, target, known)
    )
    return tuple([_narrowed(rule, filters) for rule in rules]), refused


def _names(rule: Rule) -> set[str]:
    return {rule.meta.id.lower(), rule.meta.name} - {""}


def _meant(each: Filter, target: str, known: Mapping[str, Rule]) -> bool:
    rule = known.get(target) or known.get(target.lower())
    return rule is not None and _fits(each.logsource, rule.logsource)


def _fits(wanted: LogSource, given: LogSource) -> bool:
    return (
        wanted.product in {"", given.product}
        and wanted.category in {"", given.category}
        and wanted.service in {"", given.service}
    )


def _refusal(each: Filter, target: str, known: Mapping[str, Rule]) -> Refusal:
    there = target in known or target.lower() in known
    reason = (
        f"the filter's logsource is not that of rule {target!r}, which stays as it is"
        if there
        else f"the filter names rule {target!r}, which is not among the rules"
    )
    return Refusal(each.meta.path, each.meta.line, reason, each.meta.title, each.meta.id)


def _narrowed(rule: Rule, filters: Sequence[Filter]) -> Rule:
    names = _names(rule)
    keeps = tuple(
        [
            each.keeps
            for each in filters
            if _fits(each.logsource, rule.logsource)
            and (
                not each.targets
                or any(target in names or target.lower() in names for target in each.targets)
            )
        ]
    )
    return replace(rule, condition=And((rule.condition, *keeps))) if keeps else rule
