"""Reading rules critically: what a rule's author would want to be told."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, TypeAlias
from uuid import UUID

from sidelight.errors import RuleError
from sidelight.rules.attack import REVOKED, SPLIT_TACTICS
from sidelight.rules.collection import merged
from sidelight.rules.condition import parse
from sidelight.rules.detection import Node
from sidelight.rules.document import BrokenError, documents
from sidelight.rules.expr import Expr, Glob, Match
from sidelight.rules.files import RuleFile
from sidelight.rules.lint_patterns import matches, never_or_always, repeated
from sidelight.rules.load import compile_documents
from sidelight.rules.logsource import routes
from sidelight.rules.meta import text, texts
from sidelight.rules.reading import AS_WRITTEN, Reading
from sidelight.rules.rule import Rule
from sidelight.rules.vocabulary import known_fields
from sidelight.values import dataclass

Severity: TypeAlias = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, order=True)
class Issue:
    """Something about a rule.

    Args:
        path: of its file.
        line: 1-based, where its document starts.
        severity: ``error``: it cannot be run; ``warning``: it probably does not do what it
            should; ``note``: it could be better.
        text: what is odd, in one sentence without a full stop.
        title: of the rule.
    """

    path: str
    line: int
    severity: Severity
    text: str
    title: str = ""


def check(files: Sequence[RuleFile], *, reading: Reading = AS_WRITTEN) -> tuple[Issue, ...]:
    """Compile and read *files* critically; in order of path and line."""
    found = compile_documents(files, digest="", reading=reading)
    issues = [
        Issue(each.path, each.line, "error", each.reason, each.title) for each in found.refused
    ]
    for rule in found.rules:
        issues += _of(rule, _rule(rule))
    refused = {(each.path, each.line) for each in found.refused}
    for file in files:
        for line, content in _contents(file):
            if (file.path, line) not in refused:
                title = text(content.get("title"))
                issues += [
                    Issue(file.path, line, severity, said, title)
                    for severity, said in _document(content)
                ]
    return tuple(sorted(set(issues)))


_MAX_REPETITIONS: Final = 3
"""How many idle values are named; the rest are counted."""

_Said: TypeAlias = tuple[Severity, str]


def _of(rule: Rule, said: Iterable[_Said]) -> list[Issue]:
    about = rule.meta
    return [Issue(about.path, about.line, severity, it, about.title) for severity, it in said]


def _contents(file: RuleFile) -> Iterator[tuple[int, Mapping[str, Node]]]:
    try:
        for document in merged(documents(file.data)):
            if isinstance(document.content, dict):
                yield document.line, document.content
    except BrokenError:
        return  # an error already


def _rule(rule: Rule) -> Iterator[_Said]:
    ways = routes(rule.logsource)
    known = known_fields(ways)
    fields = dict.fromkeys(each.field for each in matches(rule.condition) if each.field)
    if known is not None:
        for field in fields:
            if field.lower() not in known:
                yield "warning", f"no event of its logsource has a field {field!r}"
    ids = frozenset().union(*(way.event_ids for way in ways))
    bound = all(way.event_ids or way.category for way in ways)
    for each in matches(rule.condition):
        match each:
            case Match(field, Glob((str(value),))) if field.lower() == "eventid":
                if bound and ids and value not in ids:
                    yield "warning", f"EventID {value} is none of its logsource's"
            case _:
                pass
    for said in never_or_always(rule.condition):
        yield "warning", said
    repetitions = repeated(rule.condition)
    for said in repetitions[:_MAX_REPETITIONS]:
        yield "note", said
    if len(repetitions) > _MAX_REPETITIONS:
        yield "note", f"and {len(repetitions) - _MAX_REPETITIONS} more values that say nothing new"
    yield from _tags(rule.meta.tags)


def _tags(tags: Iterable[str]) -> Iterator[_Said]:
    for tag in tags:
        namespace, _, name = tag.lower().partition(".")
        if namespace != "attack":
            continue
        if name in REVOKED:
            yield "note", f"tag {tag!r} was revoked in favour of 'attack.{REVOKED[name]}'"
        if name.replace("_", "-") in SPLIT_TACTICS:
            parts = " and ".join(repr(part) for part in SPLIT_TACTICS[name.replace("_", "-")])
            yield "note", f"tactic {tag!r} was split into {parts}"
        elif "_" in name:
            yield "note", f"tag {tag!r} is written with hyphens in Sigma 2"


_WANTED: Final = ("title", "id", "level", "status", "description")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")


def _document(content: Mapping[str, Node]) -> Iterator[_Said]:
    wanted = ("title", "id") if "filter" in content else _WANTED
    for key in wanted:
        if not text(content.get(key)):
            severity: Severity = "warning" if key in {"title", "id", "level"} else "note"
            yield severity, f"it has no {key}"
    if (identity := text(content.get("id"))) and not _is_uuid(identity):
        yield "note", f"its id {identity!r} is no UUID"
    for key in ("date", "modified"):
        if (date := text(content.get(key))) and not _DATE.fullmatch(date):
            yield "note", f"its {key} {date!r} is not written YYYY-MM-DD"
    if text(content.get("status")) in {"deprecated", "unsupported"}:
        yield "note", f"its status is {text(content.get('status'))}"
    detection = content.get("detection")
    if isinstance(detection, dict):
        yield from _detection(detection)


def _is_uuid(identity: str) -> bool:
    try:
        return str(UUID(identity)) == identity.lower()
    except ValueError:
        return False


def _detection(detection: Mapping[str, Node]) -> Iterator[_Said]:
    names = [name for name in detection if name not in {"condition", "timeframe"}]
    stand_ins: dict[str, Expr] = {name: Match(name, Glob(())) for name in names}
    used: set[str] = set()
    for condition in texts(detection.get("condition")):
        try:
            parse(condition, stand_ins, used)
        except RuleError:
            return  # an error already
        if "all of them" in condition.lower():
            yield "note", "'all of them' leaves no room for filters; name the selections"
    for name in names:
        if name not in used and not name.startswith("_"):
            yield "warning", f"the condition does not use {name!r}"
    if "timeframe" in detection:
        yield "warning", "a timeframe does nothing without a correlation"
    yield from _keys(dict(detection))


def _keys(node: Node) -> Iterator[_Said]:
    if isinstance(node, list):
        for child in node:
            yield from _keys(child)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        modifiers = key.split("|")[1:]
        if "all" in modifiers and (not isinstance(value, list) or len(value) < 2):
            yield "note", f"{key}: 'all' of a single value says nothing"
        if "cased" in modifiers and not any(map(_has_case, texts(value))):
            yield "note", f"{key}: 'cased' does nothing to a value without letters"
        yield from _keys(value)


def _has_case(value: str) -> bool:
    return value.lower() != value.upper()
