"""Which rules could not have matched, whatever happened on the hosts."""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from sidelight.coverage import BlindReason, BlindRule
from sidelight.rules.cache import Compiled
from sidelight.rules.rule import Correlation
from sidelight.rules.sight import eventless, fieldless
from sidelight.schema import Kind


def blind_rules(
    rules: Compiled, seen: Iterable[int], occurring: Mapping[Kind, Collection[str]]
) -> tuple[BlindRule, ...]:
    """List the rules for which no event of their log source, id or fields was read.

    A correlation is blind when one of the rules it needs is.

    Args:
        rules: that were run.
        seen: numbers of those that had events to look at.
        occurring: names of the columns that ever occurred, for each kind of event.
    """
    sighted = set(seen)
    lacking = fieldless(rules.plan, occurring)
    idle = eventless(rules.plan, sighted, occurring)
    blind: dict[str, BlindRule] = {}
    for number, (name, source) in enumerate(zip(rules.plan.rules, rules.logsources, strict=True)):
        if number in sighted and number not in lacking:
            continue
        spelled = _spelled(source.product, source.service, source.category)
        if number not in sighted:
            reason: BlindReason = "no-event" if number in idle else "no-log-source"
            blind[name] = BlindRule(name, spelled, reason)
        else:
            blind[name] = BlindRule(name, spelled, "no-field", lacking[number])
    blind.update((each.id, each) for each in _correlations(rules, blind))
    return tuple(blind[name] for name in sorted(blind))


def _correlations(rules: Compiled, blind: Mapping[str, BlindRule]) -> Iterator[BlindRule]:
    known = dict(blind)
    for each in rules.correlations:
        missing = [known[rule] for rule in each.rules if rule in known]
        if missing and _is_blind(each, known):
            known[each.meta.id] = replace(missing[0], id=each.meta.id)
            yield known[each.meta.id]


def _is_blind(correlation: Correlation, known: Container[str]) -> bool:
    blind = [rule in known for rule in correlation.rules]
    if correlation.alternatives:
        return all(any(blind[at] for at in each.present) for each in correlation.alternatives)
    return any(blind) if correlation.kind in {"temporal", "temporal_ordered"} else all(blind)


@lru_cache(maxsize=1024)  # rules by the thousand share some hundred log sources
def _spelled(*parts: str) -> str:
    return " ".join(filter(None, parts)) or "any"
