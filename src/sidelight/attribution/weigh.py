"""Rival hypotheses for what was observed, each line of evidence with its factor.

Every set starts with an equal share of one half, *unknown* with the rest: most intruders are in
nobody's catalogue. A line of evidence multiplies the odds of a set against *unknown*.

Rule 1. An observation is held to be drawn either from what a set is known for, or from what all
sets do. What few are known for moves the odds much, what many are known for hardly; what a set
is not known for lowers its odds. So nothing that is irrelevant to a set can raise it.
Rule 2. Techniques alone name nobody: together they count for a set at most as much as its tools
do, and never above even odds where no tool of it was seen.
Rule 3. A thing counts once, however often it was seen, and whatever the order.

The figures were set on one half of ATT&CK's groups; ``docs/reference/attribution-quality.md``
says how well they do on the other half, and what it takes to change them.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sidelight.attribution.lore import Actor, Delivery, Lore, year_of
from sidelight.attribution.notes import Note
from sidelight.attribution.observation import Observed, folded
from sidelight.findings.assets import roles
from sidelight.findings.resemblance import FAINT, Hypothesis, Line, LineKind, Resemblance
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

UNKNOWN: Final = "unknown"

_PRIOR_UNKNOWN: Final = 0.5
_SETS: Final = 60
"""There are held to be at least so many sets; those of whom nothing is known are unknown."""
_OWN: Final = 0.5
"""The share of observations that are held to come from what a set is known for."""
_TEMPER: Final = 0.5
"""Techniques of one intrusion depend on each other: each counts as the square root."""
_FEWEST: Final = (10, 40)
"""A set is held to have at least so many tools, and techniques, the unreported with them."""
_SMOOTH: Final = (0.3, 2.0)
_KINDS: Final = (800, 700)
"""Kinds of tools, and of techniques, that ATT&CK knows, about."""
_TECHNIQUES: Final = (-0.7, 3.0)
"""How far techniques together go down and up, as a logarithm. Down is little: what reports leave
out, and findings that are false, look alike."""
_NAMED: Final = 0.9
"""How sure a tool is there when a rule names it. A judgement, as are the next two."""
_PAIR: Final = 0.7
_LIBRARY: Final = 0.3
_TELECOM: Final = 1.2
"""What a host of an operator does for a set that is said to go after operators."""
_SHORTEST: Final = 5
_COMMON: Final = frozenset({"empire", "medusa", "ninja", "reptile"})
"""Names that titles of rules hold for other reasons; tags can still name these tools."""
_FEW: Final = 3
"""A tool that no more sets than this are held to have ties to them by name."""
_SPREAD: Final = 5.0
"""A tool that so many have speaks half as much against a set that is not known to have it."""
_WAYS: Final = frozenset({"technique", "role"})


@dataclass(frozen=True, slots=True)
class _Tool:
    """A tool that is there with some probability, and what shows it."""

    id: str
    sure: float
    how: str
    key: str
    shown: tuple[str, ...]
    sources: tuple[str, ...] = ()


def weigh(observed: Observed, lore: Lore, notes: Sequence[Note] = ()) -> Resemblance:
    """Hold *observed* against every set of *lore*; *notes* are what analysts add, as they stand."""
    tools = _tools(observed, lore)
    year = _year(observed)
    hypotheses = [
        _hypothesis(each, observed, tools, lore, year, notes) for each in lore.actors.values()
    ]
    odds = {each.id: _log(each.lines) for each in hypotheses}
    base = sum(math.log(note.factor) for note in notes if note.about == UNKNOWN and not note.line)
    shares, unknown = _shares(odds, base)
    ranked = tuple(
        sorted((replace(each, probability=shares[each.id]) for each in hypotheses), key=_rank)
    )
    names = tuple(sorted({lore.tools[tool.id] for tool in tools}))
    ties = tuple(sorted(_ties(tools, lore)))
    whole = Resemblance(ranked, unknown, len(observed.techniques), names, ties=ties)
    return replace(whole, reason=_reason(whole, observed), remark=_remark(ties))


def _hypothesis(  # noqa: PLR0913
    actor: Actor,
    observed: Observed,
    tools: Sequence[_Tool],
    lore: Lore,
    year: float,
    notes: Sequence[Note],
) -> Hypothesis:
    """Draw up the lines of one set; its probability is not known before those of all are."""
    mine = {actor.id, *actor.numbers, actor.name}
    said = [note for note in notes if note.about in mine]
    weights = [note for note in notes if note.line and (note in said or note.about == UNKNOWN)]
    found = _reweighed(_lines(actor, observed, tools, lore, year), weights)
    fit = math.exp(_log(line for line in found if line.kind == "technique"))
    found = [*_limited(found), *(_noted(note) for note in said if not note.line)]
    lines = tuple(sorted(found, key=_heaviest))
    return Hypothesis(actor.id, actor.name, actor.numbers, 0.0, lines, _tells(lines), fit)


def _log(lines: Iterable[Line]) -> float:
    return math.fsum(math.log(line.factor) for line in lines)


def _rank(hypothesis: Hypothesis) -> tuple[bool, float, float, str]:
    share, fit = round(hypothesis.probability, 12), round(hypothesis.fit, 9)
    return not hypothesis.told, -share, -fit, hypothesis.id


def _heaviest(line: Line) -> tuple[bool, float, str]:
    return line.factor < 1, -abs(math.log(line.factor)), line.key


def _shares(odds: Mapping[str, float], base: float) -> tuple[dict[str, float], float]:
    """Turn log-odds against *unknown* into probabilities that add up to one."""
    if not odds:
        return {}, 1.0
    share = (1 - _PRIOR_UNKNOWN) / max(len(odds), _SETS)
    each = math.log(share)
    own = math.log(1 - share * len(odds)) + base
    most = max(own, each + max(odds.values()))
    shares = {name: math.exp(each + odds[name] - most) for name in odds}
    unknown = math.exp(own - most)
    whole = math.fsum((*shares.values(), unknown))
    return {name: share / whole for name, share in shares.items()}, unknown / whole


def _year(observed: Observed) -> float:
    """Give when it happened; claims are not aged where no event has a time."""
    return 0.0 if observed.last == NO_TIME else year_of(observed.last)


def _tools(observed: Observed, lore: Lore) -> list[_Tool]:
    """List the tools that may be there, each by what shows it best."""
    best: dict[str, _Tool] = {}
    for tool in (*_named(observed, lore), *_delivered(observed, lore)):
        known = best.get(tool.id)
        if known is None or (tool.sure, tool.how) > (known.sure, known.how):
            best[tool.id] = tool
    return [best[name] for name in sorted(best)]


def _named(observed: Observed, lore: Lore) -> Iterator[_Tool]:
    for number, shown in observed.numbers.items():
        if number in lore.numbers:
            yield _by_rule(lore.numbers[number], lore, shown)
    for tool, name in lore.tools.items():
        words = folded(name)
        if len(words.strip()) < _SHORTEST or words.strip() in _COMMON:
            continue
        for title, shown in observed.titles.items():
            if words in title:
                yield _by_rule(tool, lore, shown)


def _by_rule(tool: str, lore: Lore, shown: tuple[str, ...]) -> _Tool:
    name = lore.tools[tool]
    return _Tool(tool, _NAMED, f"a rule names {name}", f"tool:{name.lower()}", shown)


def _delivered(observed: Observed, lore: Lore) -> Iterator[_Tool]:
    for pair, shown in observed.pairs.items():
        program, _, library = pair.partition("|")
        fits: dict[str, tuple[float, Delivery]] = {}
        for each in lore.deliveries:
            sure = _fit(each, program, library)
            if sure and sure > fits.get(each.tool, (0.0, each))[0]:
                fits[each.tool] = (sure, each)
        if not any(each.library for _, each in fits.values()):
            continue  # a program alone delivers nothing
        for tool, (sure, each) in fits.items():
            name = lore.tools[tool]
            rest = "" if len(fits) == 1 else ", and other tools"
            how = f"{library} loaded by {program or 'a program'} has delivered {name}{rest}"
            key = f"delivery:{name.lower()}"
            yield _Tool(tool, sure / len(fits), how, key, shown, each.sources)


def _fit(delivery: Delivery, program: str, library: str) -> float:
    if delivery.library and delivery.library != library:
        return 0.0
    if delivery.program == program:
        return _PAIR if delivery.library else _LIBRARY
    return _LIBRARY if delivery.library else 0.0


def _lines(
    actor: Actor, observed: Observed, tools: Iterable[_Tool], lore: Lore, year: float
) -> list[Line]:
    lines = [_of_tool(actor, tool, lore, year) for tool in tools]
    lines += [_of_technique(actor, name, observed, lore) for name in observed.techniques]
    if observed.roles and actor.telecom:
        known = roles()
        names = ", ".join(known[role].name for role in observed.roles if role in known)
        text = f"a host is {names or 'of an operator'}, and it is said to go after operators"
        lines.append(Line("role", "role:telecom", _TELECOM, text, actor.telecom))
    return lines


def _of_tool(actor: Actor, tool: _Tool, lore: Lore, year: float) -> Line:
    users = lore.users.get(tool.id, 0.0)
    rate = (users + _SMOOTH[0]) / (lore.totals[0] + _KINDS[0] * _SMOOTH[0])
    kind: LineKind = "delivery" if tool.key.startswith("delivery:") else "tool"
    held = actor.tools.get(tool.id)
    against = 1 - _OWN * tool.sure / (1 + users / _SPREAD)
    if held is None:
        text = f"{tool.how}, which it is not known to use"
        return Line(kind, tool.key, against, text, tool.sources, tool.shown)
    share = 1 / max(len(actor.tools), _FEWEST[0])
    sure = tool.sure * held.sure(year)
    factor = max(1 - _OWN * tool.sure + _OWN * sure * share / rate, against)
    houses = ", ".join(f"{house} {int(said)}" if said else house for house, _, said in held.rows)
    others = f"{users:.0f} sets are held to have it" if users > 1 else "no other is known to"
    text = f"{tool.how}, which it is said to use ({houses}); {others}"
    sources = tuple(sorted({*tool.sources, *held.sources}))
    return Line(kind, tool.key, factor, text, sources, tool.shown)


def _of_technique(actor: Actor, name: str, observed: Observed, lore: Lore) -> Line:
    users = lore.users.get(name, 0.0)
    rate = (users + _SMOOTH[1]) / (lore.totals[1] + _KINDS[1] * _SMOOTH[1])
    known = name in actor.techniques
    share = 1 / max(len(actor.techniques), _FEWEST[1]) if known else 0.0
    factor = (1 - _OWN + _OWN * share / rate) ** _TEMPER
    text = f"{'known' if known else 'not known'} for it, as {users:.0f} sets of ATT&CK are"
    return Line("technique", f"technique:{name}", factor, text, (), observed.techniques[name])


def _limited(lines: list[Line]) -> list[Line]:
    """Hold techniques and roles back, all alike, to what rule 2 lets them say together."""
    ways = _log(line for line in lines if line.kind in _WAYS)
    means = _log(line for line in lines if line.kind not in _WAYS)
    least, most = _TECHNIQUES
    held = max(least, min(ways, most, max(0.0, means)))
    if held == ways:
        return lines
    power = held / ways
    return [
        replace(line, factor=line.factor**power) if line.kind in _WAYS else line for line in lines
    ]


def _tells(lines: Iterable[Line]) -> bool:
    return any(line.factor > 1 and line.kind in {"tool", "delivery", "analyst"} for line in lines)


def _reweighed(lines: list[Line], notes: Iterable[Note]) -> list[Line]:
    """Let analysts say how much a line counts: 0 disregards it, 1 leaves it as it is."""
    weights = {note.line: note.factor for note in notes}
    return [
        replace(line, factor=line.factor ** weights[line.key]) if line.key in weights else line
        for line in lines
    ]


def _noted(note: Note) -> Line:
    text = f"{note.by}: {note.reason}"
    return Line("analyst", f"note:{note.id}", note.factor, text, (note.id,))


def _reason(whole: Resemblance, observed: Observed) -> str:
    """Say why nothing tells actors apart; empty where something does."""
    if whole.told:
        return ""
    if whole.tools:
        names = ", ".join(whole.tools)
        if any(each.told for each in whole.hypotheses):
            least = f"{FAINT:.0%}".replace("%", " %")
            return f"what was seen of tools ({names}) makes no set as likely as {least}"
        return f"what was seen of tools ({names}) is in too many hands, or too unsure, to tell"
    if observed.techniques:
        return "techniques alone name nobody, and no tool or way of delivery was recognised"
    return "no finding of level medium or above names a technique, a tool or a way of delivery"


def _ties(tools: Iterable[_Tool], lore: Lore) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the tools that are in few hands, each with the sets that are said to have it."""
    for tool in tools:
        if lore.users.get(tool.id, 0.0) <= _FEW:
            names = sorted(each.name for each in lore.actors.values() if tool.id in each.tools)
            if names:
                yield lore.tools[tool.id], tuple(names)


def _remark(ties: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    """Say what it can mean that tools were seen which no one set is said to have all of."""
    if not ties or set[str].intersection(*(set(names) for _, names in ties)):
        return ""
    return (
        "no one set is said to have all of these tools: it may be one actor with the tools of "
        "others, several that work together, or several apart"
    )
