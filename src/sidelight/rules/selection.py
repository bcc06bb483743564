"""Choosing among rules: by level, status, tag, product, id."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from sidelight.rules.rule import Correlation, Rule, RuleSet
from sidelight.schema import LEVELS, Level

Part: TypeAlias = Rule | Correlation


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rules to take; what is empty chooses nothing out.

    Args:
        level: the mildest level that is taken.
        statuses: one of them.
        tags: one of them, or a part of it up to a dot: ``attack.t1574`` takes
            ``attack.t1574.001`` too. Case does not matter.
        products: one of them; a rule for any product is taken too.
        include: ids or names; only these, whatever else is chosen here.
        exclude: ids or names; never these.
    """

    level: Level = "informational"
    statuses: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()


def select(rules: RuleSet, selection: Selection) -> RuleSet:
    """Keep the rules that *selection* takes.

    What a correlation that is taken refers to is kept as well, silent if it was not taken
    itself. The digest stays that of the files.
    """
    parts: dict[str, Part] = {rule.meta.id: rule for rule in rules.rules}
    parts.update({each.meta.id: each for each in rules.correlations})
    taken = {identity for identity, part in parts.items() if _takes(selection, part, parts)}
    needed = _needed(taken, rules)
    return replace(
        rules,
        rules=_kept(rules.rules, taken, needed),
        correlations=_kept(rules.correlations, taken, needed),
    )


_Part = TypeVar("_Part", Rule, Correlation)


def _kept(parts: tuple[_Part, ...], taken: set[str], needed: set[str]) -> tuple[_Part, ...]:
    return tuple(
        [
            part if part.silent or part.meta.id in taken else replace(part, silent=True)
            for part in parts
            if part.meta.id in needed or (part.meta.id in taken and not part.silent)
        ]
    )


def _needed(taken: set[str], rules: RuleSet) -> set[str]:
    parents = {each.meta.id: each for each in rules.correlations}
    wanted = [parents[identity] for identity in taken if identity in parents]
    wanted = [each for each in wanted if not each.silent]
    needed: set[str] = set()
    while wanted:
        for identity in wanted.pop().rules:
            if identity not in needed:
                needed.add(identity)
                wanted += [parents[identity]] if identity in parents else []
    return needed


def _takes(selection: Selection, part: Part, parts: Mapping[str, Part]) -> bool:
    about = part.meta
    names = {about.id.lower(), about.name.lower()} - {""}
    if names & _lowered(selection.exclude):
        return False
    if selection.include:
        return bool(names & _lowered(selection.include))
    products = _products(part, parts)
    return (
        LEVELS.index(about.level) >= LEVELS.index(selection.level)
        and (not selection.statuses or about.status.lower() in _lowered(selection.statuses))
        and (not selection.tags or _tagged(about.tags, _lowered(selection.tags)))
        and (not selection.products or bool(products & (_lowered(selection.products) | {""})))
    )


def _products(part: Part, parts: Mapping[str, Part]) -> set[str]:
    products: set[str] = set()
    seen: set[str] = set()
    waiting = [part]
    while waiting:
        match waiting.pop():
            case Rule(logsource=source):
                products.add(source.product)
            case Correlation(rules=rules):
                fresh = [name for name in rules if name in parts and name not in seen]
                seen.update(fresh)
                waiting += [parts[identity] for identity in fresh]
    return products


def _lowered(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in names)


def _tagged(tags: tuple[str, ...], wanted: frozenset[str]) -> bool:
    lowered = [tag.lower() for tag in tags]
    return any(tag == want or tag.startswith(f"{want}.") for tag in lowered for want in wanted)
