"""What allies sent becomes rules that are run here, or is held back or refused, and why.

Rules of this file:

- An indicator becomes rules that look, and nothing else: no action, no list that anything obeys.
- What would be found everywhere is held back; what cannot be run, or could cost without end, is
  refused. Neither is silent.
- A rule of one indicator never touches what another's finds: each is compiled by itself.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final, TypeAlias
from uuid import UUID, uuid5

import orjson

from sidelight.analytics.catalogue import ANALYTICS
from sidelight.errors import RuleError
from sidelight.exchange import instants
from sidelight.exchange.instants import Instant
from sidelight.exchange.received.joining import written
from sidelight.exchange.received.pattern import read_pattern
from sidelight.intel.warning import Warnings
from sidelight.rules.cache import Compiled, compiled
from sidelight.rules.files import RuleFile
from sidelight.rules.load import compile_documents
from sidelight.rules.rule import Meta, RuleSet
from sidelight.values import dataclass

Json: TypeAlias = Mapping[str, object]
Known: TypeAlias = Callable[[str], RuleSet | None]
"""Gives the rule or correlation with an id, of those that are installed here, and its parts."""

_SPACE: Final = UUID("0b0f9d5e-8f0b-5b53-9a35-8a2f7b7c3f11")
_LARGEST: Final = 64 << 10
_SUREST: Final = 100
_WORDS: Final = ((0, "none"), (29, "low"), (69, "medium"), (_SUREST, "high"))
_MOST: Final = 200
"""Rules of one indicator."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator as it was received.

    Args:
        kind: its ``pattern_type``.
        key: SHA-256 of what is sought; the same again need not be hunted again.
        lapsed: why its creator does not stand by it; empty where they do.
        benign: whether its creator calls it harmless.
        caveats: how sure its creator is, and when it is valid, as sentences.
    """

    id: str
    version: str
    title: str
    kind: str
    pattern: str
    key: str
    lapsed: str = ""
    benign: bool = False
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sought:
    """An indicator that is hunted.

    Args:
        rules: made of it; the path of each is the id of the indicator.
        notes: which parts of it are not sought, and why.
    """

    indicator: Indicator
    rules: RuleSet
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """An indicator that is held back: it would be found everywhere."""

    indicator: Indicator
    why: str


@dataclass(frozen=True, slots=True)
class Unrunnable:
    """An indicator that cannot be hunted."""

    indicator: Indicator
    why: str


Outcome: TypeAlias = Sought | Held | Unrunnable


class BenignError(RuleError):
    """All that is sought is harmless."""


def indicator(item: Json, now: Instant) -> Indicator | None:
    """Read a received object; None for what is no indicator."""
    if item.get("type") != "indicator":
        return None
    pattern, kind = str(item.get("pattern", "")), str(item.get("pattern_type", "stix"))
    lapsed, types = _lapsed(item, now), item.get("indicator_types", item.get("labels"))
    benign = isinstance(types, list) and "benign" in types
    text = item.get("name") or pattern or item.get("id")
    return Indicator(
        id=str(item.get("id")),
        version=str(item.get("modified", item.get("created", ""))),
        title=" ".join(str(text).split())[:120],
        kind=kind,
        pattern=pattern,
        key=sha256(orjson.dumps([kind, pattern, bool(lapsed), benign])).hexdigest(),
        lapsed=lapsed,
        benign=benign,
        caveats=(_confidence(item), _valid(item)),
    )


def look(each: Indicator, warnings: Warnings, known: Known) -> Outcome:
    """Say what becomes of an indicator."""
    try:
        if each.lapsed:
            raise RuleError(each.lapsed)
        if each.benign:
            raise BenignError("its creator calls it benign")
        return Sought(each, *_rules(each, warnings, known))
    except BenignError as error:
        return Held(each, error.reason)
    except RuleError as error:
        return Unrunnable(each, error.reason)


def fresh(found: Iterable[Indicator], before: frozenset[str]) -> Iterator[Indicator]:
    """Leave out what was looked at before, and what comes twice."""
    seen = set(before)
    for each in found:
        if each.key not in seen:
            seen.add(each.key)
            yield each


def together(found: Iterable[Sought]) -> Compiled:
    """Make the rules of several indicators ready to run."""
    sets = [each.rules for each in found]
    digest = sha256("\n".join(each.digest for each in sets).encode()).hexdigest()
    return compiled(
        RuleSet(
            tuple(rule for each in sets for rule in each.rules),
            tuple(rule for each in sets for rule in each.correlations),
            (),
            digest,
        )
    )


def _lapsed(item: Json, now: Instant) -> str:
    if item.get("revoked") is True:
        return "its creator revoked it"
    until = instants.read(str(item.get("valid_until", "")))
    if until is not None and until <= now:
        return f"it was valid until {item['valid_until']}"
    return ""


def _confidence(item: Json) -> str:
    """Say how sure its creator is, with the words that STIX has for it (2.1, appendix A)."""
    sure = item.get("confidence")
    if isinstance(sure, bool) or not isinstance(sure, int) or not 0 <= sure <= _SUREST:
        return "The creator of the indicator does not say how sure it is."
    word = next(word for most, word in _WORDS if sure <= most)
    return f"The creator of the indicator gives it a confidence of {sure} of 100 ({word})."


def _valid(item: Json) -> str:
    since, until = (str(item.get(name, ""))[:40] for name in ("valid_from", "valid_until"))
    if instants.read(since) is None:
        return "The indicator does not say from when it is valid."
    if instants.read(until) is None:
        return f"The indicator is valid from {since} on: earlier events say less."
    return f"The indicator is valid from {since} until {until}: other events say less."


def _rules(each: Indicator, warnings: Warnings, known: Known) -> tuple[RuleSet, tuple[str, ...]]:
    match each.kind:
        case "stix":
            texts, notes = written(read_pattern(each.pattern), each.title, warnings)
            if not texts:
                raise BenignError("; ".join(notes))
            if len(texts) > _MOST:
                raise RuleError(f"it takes more than {_MOST} rules to look for")
            return _own(_compile(b"\n---\n".join(texts)), each), notes
        case "sigma":
            return _own(_sigma(each.pattern, known), each), ()
    raise RuleError(f"patterns of type {each.kind[:40]!r} are not hunted, only stix and sigma")


def _sigma(pattern: str, known: Known) -> RuleSet:
    if len(pattern) > _LARGEST:
        raise RuleError(f"the rule has more than {_LARGEST >> 10} KiB")
    named = _named(pattern)
    if not named:
        return _compile(pattern.encode("utf-8", "replace"))
    if named in ANALYTICS:
        raise RuleError(f"it names the analytic {named}, which every hunt here runs")
    found = known(named)
    if found is None:
        raise RuleError(f"it names rule {named} without its text, and that is not installed here")
    digest = sha256(pattern.encode("utf-8", "replace")).hexdigest()
    return replace(found, refused=(), digest=digest)


def _named(pattern: str) -> str:
    """Give the id of a rule that is only named, as findings of this program do; "" for a text."""
    try:
        found = orjson.loads(pattern)
    except ValueError:
        return ""
    only = isinstance(found, dict) and "detection" not in found and "correlation" not in found
    return str(found["id"]) if only and "id" in found else ""


def _compile(text: bytes) -> RuleSet:
    rules = compile_documents([RuleFile("", text)], digest=sha256(text).hexdigest())
    if rules.refused:
        raise RuleError(rules.refused[0].reason)
    if not rules.rules:
        raise RuleError("there is no rule in it that looks at events")
    if len(rules.rules) > _MOST:
        raise RuleError(f"it holds more than {_MOST} rules")
    return rules


def _own(rules: RuleSet, of: Indicator) -> RuleSet:
    """Give rules with ids that no other indicator has, and the indicator for the path."""
    metas = [each.meta for each in rules.rules] + [each.meta for each in rules.correlations]
    ids = {meta.id: str(uuid5(_SPACE, f"{of.id} {meta.id}")) for meta in metas}

    def owned(meta: Meta) -> Meta:
        return replace(meta, id=ids[meta.id], path=of.id, name="", caveats=of.caveats)

    singles = tuple(replace(each, meta=owned(each.meta)) for each in rules.rules)
    joined = tuple(
        replace(
            each,
            meta=owned(each.meta),
            rules=tuple(ids.get(one, one) for one in each.rules),
            aliases=tuple(
                (name, tuple((ids.get(one, one), field) for one, field in pairs))
                for name, pairs in each.aliases
            ),
        )
        for each in rules.correlations
    )
    return replace(rules, rules=singles, correlations=joined)
