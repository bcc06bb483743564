"""Which rules could match at all, of the fields that ever occurred.

Where a field never occurs, its tests are known: all are false but `Null`, which is true. With
everything else unknown, a condition is true, false or open (Kleene's logic of three values); one
that is false for every kind of event it looks at cannot have matched, whatever the values were.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import field
from itertools import chain
from typing import Final, TypeAlias

import numpy as np

from sidelight.rules.atoms import Presence
from sidelight.rules.columns import FROM_FRAME
from sidelight.rules.derive import DERIVED
from sidelight.rules.plan import EVENT_ID, KEYWORD, Plan, Variant, unpacked
from sidelight.rules.tree import All, Any, Neg, Ref, Some, Tree, Trees
from sidelight.rules.watchlist import Watchlists, leads
from sidelight.schema import Kind
from sidelight.values import dataclass

Known: TypeAlias = tuple[bool, frozenset[int]] | None
"""What a condition comes to and the absent fields that make it so; None where it is open."""

_OPEN: Final[Known] = None


def fieldless(plan: Plan, occurring: Mapping[Kind, Collection[str]]) -> dict[int, tuple[str, ...]]:
    """Give the rules that looked at events but needed fields that never occurred, and those.

    Args:
        plan: the rules.
        occurring: for each kind of event that was read, the names of the columns it had.

    Returns:
        number of the rule -> names of the fields as rules spell them, sorted. A rule that is not
        there had no kind of event to look at, or could have matched.
    """
    bench = _Bench(plan)
    lists = Watchlists(plan)
    able: set[int] = set()
    lacking: dict[int, set[int]] = {}
    for kind in sorted(occurring):
        names = frozenset(map(str.lower, occurring[kind]))
        for fields, variants in lists.variants(kind).items():
            absent = _Absent(plan, kind, names, dict(fields))
            for each in variants:
                if each.rule in able:
                    continue
                missing = bench.missing(each.tree, absent)
                if missing:
                    lacking.setdefault(each.rule, set()).update(missing)
                else:
                    able.add(each.rule)
    return {
        rule: tuple(sorted(plan.spelled[number] for number in numbers))
        for rule, numbers in lacking.items()
        if rule not in able
    }


def eventless(plan: Plan, sighted: Container[int], read: Iterable[Kind]) -> frozenset[int]:
    """Give the rules whose log was read, but without an event that has an id they ask for.

    Args:
        plan: the rules.
        sighted: numbers of those that had events to look at.
        read: every kind of event that was read.
    """
    kinds: defaultdict[str, list[Kind]] = defaultdict(list)
    for kind in read:
        kinds[kind.channel.lower()].append(kind)
        kinds[""].append(kind)
    return frozenset(
        each.rule
        for each in plan.variants
        if each.named is not None and each.rule not in sighted and _leads_to(plan, each, kinds)
    )


def _leads_to(plan: Plan, variant: Variant, kinds: Mapping[str, Sequence[Kind]]) -> bool:
    way = plan.ways[variant.way]
    return any(
        leads(way, kind) and (not variant.event_ids or kind.event_id in variant.event_ids)
        for channel in way.channels or ("",)
        for kind in kinds.get(channel, ())
    )


@dataclass(slots=True)
class _Absent:
    """Tells which fields no event of a kind has."""

    plan: Plan
    kind: Kind
    names: frozenset[str]
    renamed: Mapping[str, str]
    _known: dict[int, bool] = field(default_factory=dict)

    def __call__(self, number: int) -> bool:
        if number not in self._known:
            name = self.plan.fields[number]
            self._known[number] = not self._there(self.renamed.get(name, name))
        return self._known[number]

    def _there(self, name: str) -> bool:
        if name in self.names or name == KEYWORD:
            return True
        if name in FROM_FRAME:
            return name != EVENT_ID or bool(self.kind.event_id)
        recipe = DERIVED.get(name)
        return recipe is not None and recipe.inputs[0].lower() in self.names


class _Bench:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._trees = Trees(plan.trees)
        starts, numbers = unpacked(plan.members)
        total = plan.starts[-1]
        owner = np.searchsorted(np.array(plan.starts), numbers, side="right") - 1
        self._starts = starts.tolist()
        self._owners = np.where(numbers < total, owner, numbers - total).tolist()

    def missing(self, number: int, absent: Callable[[int], bool]) -> frozenset[int]:
        """Give the absent fields that make a tree false; none where it may be true."""
        fields = self._owners[self._starts[number] : self._starts[number + 1]]
        if not any(map(absent, set(fields))):
            return frozenset()
        known = self._judge(self._trees[number], absent)
        return frozenset() if known is None or known[0] else known[1]

    def _judge(self, tree: Tree, absent: Callable[[int], bool]) -> Known:
        match tree:
            case Any(name, atoms):
                if not absent(name):
                    return _OPEN
                every = (self._plan.atoms[number].decision for number in atoms)
                return Presence(there=False) in every, frozenset({name})
            case Ref(name, other):
                gone = frozenset(each for each in (name, other) if absent(each))
                return (False, gone) if gone else _OPEN
            case Neg(child):
                known = self._judge(child, absent)
                return None if known is None else (not known[0], known[1])
            case All(children):
                return self._joined(children, absent, decisive=False)
            case Some(children):
                return self._joined(children, absent, decisive=True)

    def _joined(
        self, children: tuple[Tree, ...], absent: Callable[[int], bool], *, decisive: bool
    ) -> Known:
        """Judge children of which one that comes to *decisive* decides the whole."""
        every = [self._judge(child, absent) for child in children]
        known = [each for each in every if each is not None]
        deciding = [fields for value, fields in known if value is decisive]
        if deciding:
            return decisive, frozenset(chain.from_iterable(deciding))
        if len(known) < len(every):
            return _OPEN
        return not decisive, frozenset(chain.from_iterable(fields for _, fields in known))
