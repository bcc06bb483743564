"""Choosing among rules: by level, status, tag, product, id."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias, TypeVar

from sidelight.errors import UsageError
from sidelight.rules.rule import Correlation, Rule, RuleSet
from sidelight.schema import LEVELS, Level
from sidelight.values import dataclass

Part: TypeAlias = Rule | Correlation

STATUSES: Final = ("stable", "test", "experimental", "deprecated", "unsupported")
"""What a rule may say of itself: Sigma specification 2, ``status``."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rules to take; what is empty chooses nothing out.

    Args:
        level: the mildest level that is taken.
        statuses: one of them.
        tags: one of them, or a part of it up to a dot: ``attack.t1574`` takes
            ``attack.t1574.001`` too. Case does not matter.
        also: tags like those, but ones that no rule need have.
        products: one of them; a rule for any product is taken too.
        include: ids or names; only these, whatever else is chosen here.
        exclude: ids or names; never these.
    """

    level: Level = "informational"
    statuses: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
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


def require_known(rules: RuleSet, selection: Selection) -> None:
    """Refuse a selection that names what no rule has: a slip of the pen would choose in silence.

    Raises:
        UsageError: a status is none of Sigma's, or no rule has a tag, product, id or name.
    """
    parts: tuple[Part, ...] = (*rules.rules, *rules.correlations)
    identities = {name.lower() for each in parts for name in (each.meta.id, each.meta.name)} - {""}
    tags = {tag.lower() for each in parts for tag in each.meta.tags}
    stems = {tag[:at] for tag in tags for at in _ends(tag)}
    products = {rule.logsource.product for rule in rules.rules} - {""}
    _require("--status", "Sigma has no status", selection.statuses, STATUSES)
    _require("--tag", "no rule has the tag", selection.tags, stems)
    _require("--product", "no rule is for the product", selection.products, products)
    _require("--include", "no rule has the id", selection.include, identities)
    _require("--exclude", "no rule has the id", selection.exclude, identities)


def _ends(tag: str) -> list[int]:
    return [*(at for at, letter in enumerate(tag) if letter == "."), len(tag)]


def _require(option: str, reason: str, wanted: frozenset[str], known: Iterable[str]) -> None:
    known = set(known)
    for name in sorted(_lowered(wanted) - known):
        from difflib import get_close_matches  # noqa: PLC0415 - for a mistake only

        near = get_close_matches(name, sorted(known), n=1, cutoff=0.8)
        few = ", ".join(sorted(known)) if len(known) <= _FEW else "see 'sidelight rules list'"
        hint = f"did you mean {near[0]}?" if near else few
        raise UsageError(f"{reason} {name!r}", where=option, hint=hint)


_FEW: Final = 8

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
    tags = _lowered(selection.tags | selection.also)
    return (
        LEVELS.index(about.level) >= LEVELS.index(selection.level)
        and (not selection.statuses or about.status.lower() in _lowered(selection.statuses))
        and (not tags or _tagged(about.tags, tags))
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
