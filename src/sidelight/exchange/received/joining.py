"""Sigma rules for a pattern: of each event that it names, and of events that belong together.

Events that belong together become a correlation (Sigma correlation rules specification 2.1):
``temporal``, or ``temporal_ordered`` for what one follows. STIX says that they are different
observations (section 9.5), but an event counts for each rule that it matches; so only what no one
event can be all of is joined, and the rest is refused.
"""

from collections.abc import Sequence
from itertools import combinations, product
from typing import Final

from sidelight.errors import RuleError
from sidelight.exchange.received.pattern import Seen, Series
from sidelight.exchange.received.sigma import (
    Event,
    Source,
    as_yaml,
    document,
    events_of,
    level_of,
    rule_of,
)
from sidelight.intel.warning import Warnings
from sidelight.schema import LEVELS

_MOST: Final = 64
"""Ways in which events of logs can be those that belong together."""


def written(
    found: Sequence[Seen], title: str, warnings: Warnings
) -> tuple[list[bytes], tuple[str, ...]]:
    """Write rules for the ways of a pattern, and say of which nothing is sought, and why.

    No rule is written where all of them are harmless.

    Raises:
        RuleError: there is a way that is not harmless, but none that can be run.
    """
    documents: list[dict[str, object]] = []
    notes, failed = dict[str, None](), dict[str, None]()
    ways = [each for each in found if not isinstance(each, Series)]
    for each in ([ways] if ways else []) + [one for one in found if isinstance(one, Series)]:
        try:
            some, said = _written(each, title, warnings)
        except RuleError as error:
            failed.setdefault(error.reason)
            continue
        documents += some
        notes.update(dict.fromkeys(said))
    if failed and not documents:
        raise RuleError("; ".join((*notes, *failed)))
    return [as_yaml(each) for each in documents], (*notes, *failed)


def _written(
    sought: Sequence[Seen] | Series, title: str, warnings: Warnings
) -> tuple[list[dict[str, object]], tuple[str, ...]]:
    if not isinstance(sought, Series):
        ways = [each for each in sought if not isinstance(each, Series)]
        events, notes = events_of(ways, warnings)
        return [rule_of(title, each) for each in events], notes
    parts, said = [], dict[str, None]()
    for one in sought.parts:
        events, notes = events_of(one, warnings)
        if not events:
            raise RuleError(f"one of its events is harmless: {'; '.join(notes)}")
        parts.append(events)
        said.update(dict.fromkeys(notes))
    return _correlated(sought, parts, title), tuple(said)


def _correlated(
    series: Series, parts: Sequence[Sequence[Event]], title: str
) -> list[dict[str, object]]:
    """Write a correlation, after the rules of its events."""
    ways = 1
    for events in parts:
        ways *= len(events)
    if ways > _MOST:
        raise RuleError(f"its events can be those of logs in more than {_MOST} ways")
    for one, other in combinations(parts, 2):
        if not all(_differ(*pair) for pair in product(one, other)):
            raise RuleError("one event could be two of those that it tells of together")
    name = f" {series}"
    rules = [
        [rule_of(title, event, f"{name} {number}") for event in events]
        for number, events in enumerate(parts)
    ]
    choices = [" or ".join(str(each["id"]) for each in some) for some in rules]
    correlation = {
        "type": "temporal_ordered" if series.ordered else "temporal",
        "rules": [each["id"] for some in rules for each in some],
        "timespan": f"{series.within_s}s",
        "condition": " and ".join(f"({each})" for each in choices),
    }
    level = max((level_of(event) for events in parts for event in events), key=LEVELS.index)
    made = document(title, f"correlation{name}", level, {"correlation": correlation})
    return [*(each for some in rules for each in some), made]


def _differ(one: Event, other: Event) -> bool:
    """Tell whether no event can be both: it is of one log, and a field of it has one value."""
    if _apart(one[0], other[0]):
        return True
    for piece in one[1]:
        for rival in other[1]:
            single = len(piece.fields) == len(rival.fields) == 1
            if single and not piece.negated and not rival.negated:
                (field, values), (same, others) = *piece.fields.items(), *rival.fields.items()
                if field == same and _exclude(field, values, others):
                    return True
    return False


def _apart(one: Source, other: Source) -> bool:
    """Tell whether two logs share no event; a service may hold those of a category."""
    left, right = dict(one), dict(other)
    products = {left.get("product", ""), right.get("product", "")}
    categories = {left.get("category", ""), right.get("category", "")}
    return any("" not in names and len(names) > 1 for names in (products, categories))


def _exclude(field: str, values: Sequence[str], others: Sequence[str]) -> bool:
    """Tell whether a field cannot have one of the first values and one of the second."""
    _, _, modifier = field.partition("|")
    if modifier not in {"", "endswith"}:
        return False
    for one, other in product(values, others):
        left, right = one.casefold(), other.casefold()
        if any(sign in left + right for sign in "*?"):
            return False
        if left == right or (modifier and (left.endswith(right) or right.endswith(left))):
            return False
    return True
