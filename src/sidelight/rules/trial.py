"""Samples beside a rule: events that it must match, and events that it must not.

``NAME.test.yml`` stands beside ``NAME.yml``. It has a list ``fires`` and a list ``silent``; each
entry is a map of fields, or ``{event: {…}, why: text}``. A file of several rules has one document
for each, told apart by ``rule: ID``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from sidelight.errors import RuleError
from sidelight.rules.detection import Node
from sidelight.rules.document import BrokenError, Document, documents
from sidelight.rules.files import TRIAL_SUFFIXES
from sidelight.rules.meta import text
from sidelight.rules.rule import Rule
from sidelight.rules.values import canonical
from sidelight.schema import Event
from sidelight.values import dataclass

Judge = Callable[[Rule, Sequence[Event]], Sequence[bool]]
"""Says of each event whether the rule matches it."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The samples of one rule.

    Args:
        path: of the sample file.
        line: 1-based, where its document starts.
        rule: id of the rule; empty for the only rule of the file beside it.
        fires: events the rule must match, with what they show.
        silent: events it must not match.
    """

    path: Path
    line: int
    rule: str
    fires: tuple[tuple[Event, str], ...]
    silent: tuple[tuple[Event, str], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one trial went; it passed if nothing failed.

    Args:
        failed: what went wrong, one sentence each.
    """

    trial: Trial
    title: str
    events: int
    failed: tuple[str, ...]


def find(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the sample files under *paths*, sorted, each once."""
    found: set[Path] = set()
    for path in paths:
        children = path.rglob("*") if path.is_dir() else [path, *_beside(path)]
        found.update(child for child in children if child.name.lower().endswith(TRIAL_SUFFIXES))
    yield from sorted(path for path in found if path.is_file())


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.stem + suffix) for suffix in TRIAL_SUFFIXES]


def read(path: Path) -> tuple[Trial, ...]:
    """Read the samples at *path*.

    Raises:
        RuleError: they are not as described above.
    """
    try:
        found = list(documents(path.read_bytes()))
    except BrokenError as error:
        raise RuleError(error.reason, where=f"{path}, line {error.line}") from None
    except OSError as error:
        raise RuleError(f"cannot be read: {error.strerror}", where=str(path)) from None
    return tuple([_trial(path, document) for document in found])


_KEYS: Final = frozenset({"rule", "fires", "silent"})


def _trial(path: Path, document: Document) -> Trial:
    content, where = document.content, f"{path}, line {document.line}"
    if not isinstance(content, dict) or not content.keys() <= _KEYS:
        raise RuleError("samples are a map of 'fires', 'silent' and perhaps 'rule'", where=where)
    fires, silent = (_samples(content.get(key), where) for key in ("fires", "silent"))
    if not fires and not silent:
        raise RuleError("there is no sample", where=where)
    return Trial(path, document.line, text(content.get("rule")), fires, silent)


def _samples(node: Node, where: str) -> tuple[tuple[Event, str], ...]:
    children = [] if node is None else node
    if not isinstance(children, list):
        raise RuleError("samples are a list", where=where)
    return tuple([_sample(child, where) for child in children])


def _sample(node: Node, where: str) -> tuple[Event, str]:
    if not isinstance(node, dict):
        raise RuleError("a sample is a map of fields", where=where)
    inner = node.get("event")
    if isinstance(inner, dict) and node.keys() <= {"event", "why"}:
        return _event(inner, where), text(node.get("why"))
    return _event(node, where), ""


def _event(fields: Mapping[str, Node], where: str) -> Event:
    event: Event = {}
    for name, value in fields.items():
        children = value if isinstance(value, list) else [value]
        if any(isinstance(child, dict | list) for child in children):
            raise RuleError(f"field {name!r} is neither a text nor a list of texts", where=where)
        texts = [canonical(child) for child in children if not isinstance(child, dict | list)]
        if value is not None:  # null is an absent field
            event[name] = texts if isinstance(value, list) else texts[0]
    return event


def run(trials: Iterable[Trial], rules: Iterable[Rule], judge: Judge) -> tuple[Verdict, ...]:
    """Judge the samples of each trial by its rule."""
    rules = tuple(rules)
    by_id = {rule.meta.id.lower(): rule for rule in rules}
    return tuple([_verdict(trial, _rule(trial, rules, by_id), judge) for trial in trials])


def _rule(trial: Trial, rules: Sequence[Rule], by_id: Mapping[str, Rule]) -> Rule | None:
    if trial.rule:
        return by_id.get(trial.rule.lower())
    stem = trial.path.name.lower().removesuffix(".yaml").removesuffix(".yml").removesuffix(".test")
    # The path of a rule starts at whatever folder it was loaded from.
    close = [rule for rule in rules if _stem(rule.meta.path) == stem and _ends(trial.path, rule)]
    return close[0] if len(close) == 1 else None


def _ends(path: Path, rule: Rule) -> bool:
    beside = path.with_name(rule.meta.path.rsplit("/", 1)[-1]).as_posix()
    return f"/{beside}".endswith(f"/{rule.meta.path}")


def _stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].rsplit(".", 1)[0].lower()


def _verdict(trial: Trial, rule: Rule | None, judge: Judge) -> Verdict:
    count = len(trial.fires) + len(trial.silent)
    if rule is None:
        wanted = trial.rule or "the rule beside it"
        return Verdict(trial, "", count, (f"there is no rule that can be run for {wanted}",))
    samples = (*trial.fires, *trial.silent)
    found = judge(rule, [event for event, _ in samples])
    failed = []
    for number, ((_, why), matched) in enumerate(zip(samples, found, strict=True), 1):
        must = number <= len(trial.fires)
        if must == matched:
            continue
        place = f"fires, sample {number}" if must else f"silent, sample {number - len(trial.fires)}"
        told = "does not match and must" if must else "matches and must not"
        failed.append(f"{place} {told}" + (f": {why}" if why else ""))
    return Verdict(trial, rule.meta.title, count, tuple(failed))
