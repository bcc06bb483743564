"""Which rules could not have matched, whatever happened on the hosts."""

from collections.abc import Iterable, Iterator

from sidelight.coverage import BlindRule
from sidelight.rules.cache import Compiled
from sidelight.rules.rule import LogSource


def blind_rules(rules: Compiled, seen: Iterable[int]) -> tuple[BlindRule, ...]:
    """List the rules for which no event of their log source was read.

    A correlation is blind when one of the rules it needs is.

    Args:
        rules: that were run.
        seen: numbers of those that had events to look at.
    """
    sighted = set(seen)
    blind = {
        meta.id: BlindRule(meta.id, _spelled(source), "no-log-source")
        for number, (meta, source) in enumerate(zip(rules.metas, rules.logsources, strict=True))
        if number not in sighted
    }
    blind.update((each.id, each) for each in _correlations(rules, blind))
    return tuple(blind[name] for name in sorted(blind))


def _correlations(rules: Compiled, blind: dict[str, BlindRule]) -> Iterator[BlindRule]:
    known = dict(blind)
    for each in rules.correlations:
        missing = [known[rule].logsource for rule in each.rules if rule in known]
        every = len(missing) == len(each.rules)
        if missing and (every or each.kind in {"temporal", "temporal_ordered"}):
            known[each.meta.id] = BlindRule(each.meta.id, missing[0], "no-log-source")
            yield known[each.meta.id]


def _spelled(source: LogSource) -> str:
    return " ".join(filter(None, (source.product, source.service, source.category))) or "any"
