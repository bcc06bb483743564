"""What a hunt cost, for ``--profile``."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sidelight.rules.cost import Cost
from sidelight.rules.rule import Meta

SHOWN: Final = 25


def cost_lines(
    counters: Mapping[str, int], costs: Mapping[str, Cost], metas: Sequence[Meta]
) -> Iterator[str]:
    """Yield what all rules cost together, and a table of those that cost most alone.

    Args:
        counters: what was done for all rules, by name.
        costs: of single rules, by id.
        metas: of all rules.
    """
    for name, count in counters.items():
        yield f"{name:>9} {count:>16,}"
    ranked = sorted(costs.items(), key=lambda each: (-each[1].nanoseconds, each[0]))
    total = sum(cost.nanoseconds for _, cost in ranked)
    yield ""
    yield f"{len(ranked):,} of {len(metas):,} rules had to be looked at: {_ms(total)} ms of CPU."
    yield "The search for the texts of all rules at once is theirs together and not in it."
    if not ranked:
        return
    titles = {meta.id: meta.title for meta in metas}
    yield f"{'CPU ms':>9} {'rows':>12} {'hits':>10}  rule"
    for rule, cost in ranked[:SHOWN]:
        yield f"{_ms(cost.nanoseconds):>9} {cost.rows:>12,} {cost.hits:>10,}  {titles[rule]}"
    if len(ranked) > SHOWN:
        rest = Cost()
        for _, cost in ranked[SHOWN:]:
            rest.add(cost)
        name = f"{len(ranked) - SHOWN:,} more"
        yield f"{_ms(rest.nanoseconds):>9} {rest.rows:>12,} {rest.hits:>10,}  {name}"


def _ms(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:,.1f}"
