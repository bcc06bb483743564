"""What is wrong with tests that are right in form: they never hold, always hold, or repeat."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Final, assert_never

import re2

from sidelight.rules.atoms import glob_pattern
from sidelight.rules.expr import And, Expr, Glob, Match, Not, Null, Or, Regex, Wild
from sidelight.rules.patterns import Tokens, literal

PATHS: Final = frozenset(
    {
        "image",
        "parentimage",
        "sourceimage",
        "targetimage",
        "imageloaded",
        "targetfilename",
        "newprocessname",
        "parentprocessname",
    }
)
"""Fields that hold a full path."""

NAMES: Final = frozenset({"originalfilename"})
"""Fields that hold a name without a folder."""

BOOLEANS: Final = frozenset({"signed", "initiated", "isexecutable"})

_PROBES: Final = ("", "a", "Z9 _", "\\-/", "\x01", "é\n")
_ODD_DASHES: Final = frozenset("\u2013\u2014\u2015")
_MAX_COMPARED: Final = 400
"""Of longer lists, only the first so many values are compared with each other."""

_MAX_JOINED: Final = 40
"""The same for tests of one field that must all hold, each of which is compared with each."""


def matches(expr: Expr) -> Iterator[Match]:
    """Yield every test in *expr*."""
    match expr:
        case Match():
            yield expr
        case And(children) | Or(children):
            for child in children:
                yield from matches(child)
        case Not(child):
            yield from matches(child)
        case _:
            assert_never(expr)


def never_or_always(expr: Expr) -> list[str]:
    """Say which tests in *expr* cannot hold or always hold, each once, in order."""
    found = [text for each in matches(expr) for text in _lone(each)]
    found += [text for each in _inner(expr) for text in _contradictions(each)]
    if _blank(expr):
        found.append("an event that has none of its fields matches")
    return list(dict.fromkeys(found))


def repeated(expr: Expr) -> list[str]:
    """Say which tests in *expr* others make idle, each once, in order."""
    found = [text for each in _inner(expr) for text in _repetitions(each)]
    return list(dict.fromkeys(found))


def _inner(expr: Expr) -> Iterator[And | Or]:
    match expr:
        case And(children) | Or(children):
            yield expr
            for child in children:
                yield from _inner(child)
        case Not(child):
            yield from _inner(child)
        case Match():
            pass
        case _:
            assert_never(expr)


def written(tokens: Tokens) -> str:
    """Write a pattern as in a rule, without escapes."""
    return "".join(token.value if isinstance(token, Wild) else token for token in tokens)


def _lone(each: Match) -> Iterator[str]:
    field = each.field.lower()
    match each.test:
        case Glob(tokens):
            yield from _glob(each.field, field, tokens)
        case Regex(pattern, flags):
            if _takes_all(pattern, flags):
                yield f"{each.field}: the expression {pattern!r} matches everything"
        case _:
            pass


def _glob(name: str, field: str, tokens: Tokens) -> Iterator[str]:
    text = written(tokens)
    plain = all(isinstance(token, str) for token in tokens)
    if field in NAMES and "\\" in text:
        yield f"{name} is a name without a folder and never holds {text!r}"
    if field in PATHS and plain and "." in text and not {"\\", "/"} & set(text):
        yield f"{name} is a full path and never just {text!r}; use endswith '\\{text}'"
    if field in PATHS and "/" in text and "\\" in text:
        yield f"{name} mixes both slashes in {text!r}"
    if field in BOOLEANS and plain and text not in {"true", "false", "", "-"}:
        yield f"{name} is true or false and never {text!r}"
    if field == "hashes" and plain and text and "=" not in text:
        yield f"{name} lists hashes as 'NAME=value,…' and is never just {text!r}"


def _takes_all(pattern: str, flags: str) -> bool:
    prefix = f"(?{flags})" if flags else ""
    try:
        compiled = re2.compile(prefix + pattern)
    except re2.error:
        return False
    return all(compiled.search(probe) for probe in _PROBES)


def _globs(children: tuple[Expr, ...]) -> dict[tuple[str, bool], list[Tokens]]:
    found: dict[tuple[str, bool], list[Tokens]] = defaultdict(list)
    for child in children:
        match child:
            case Match(field, Glob(tokens, cased)):
                found[field, cased].append(tokens)
            case _:
                pass
    return found


def _contradictions(expr: And | Or) -> Iterator[str]:
    if isinstance(expr, Or):
        return
    for (field, _), patterns in _globs(expr.children).items():
        kept = (
            sorted({each for each in patterns if each}, key=written)[:_MAX_JOINED] if field else []
        )
        for one, other in combinations(kept, 2):
            if _exclude(one, other):
                both = f"{written(one)!r} and {written(other)!r}"
                yield f"{field} cannot be both {both}, unless it has several values"
                break


def _exclude(one: Tokens, other: Tokens) -> bool:
    """Say whether no text meets both patterns: by a whole text, or by how texts begin or end."""
    for text, pattern in ((one, other), (other, one)):
        if (whole := literal(text)) is not None:
            return not _takes(pattern, whole)
    begin = [each[0] if isinstance(each[0], str) else "" for each in (one, other)]
    end = [each[-1] if isinstance(each[-1], str) else "" for each in (one, other)]
    return not (begin[0].startswith(begin[1]) or begin[1].startswith(begin[0])) or not (
        end[0].endswith(end[1]) or end[1].endswith(end[0])
    )


def _takes(tokens: Tokens, text: str) -> bool:
    """Tell whether *tokens* take the whole of *text*, in linear time; as if, where RE2 cannot."""
    try:
        return re2.compile(glob_pattern(tokens)).search(text) is not None
    except re2.error:
        return True


def _repetitions(expr: And | Or) -> Iterator[str]:
    if isinstance(expr, And):
        return
    for (field, _), patterns in _globs(expr.children).items():
        kept = patterns[:_MAX_COMPARED]
        inner = [(tokens, tokens[1]) for tokens in kept if _is_contains(tokens)]
        for tokens in kept:
            if _ODD_DASHES & set(written(tokens)):
                continue  # one of the forms that windash makes of a value
            texts = [token for token in tokens if isinstance(token, str)]
            wider = next(
                (
                    other
                    for other, text in inner
                    if other != tokens and any(str(text) in each for each in texts)
                ),
                None,
            )
            name = field or "keyword"
            if wider:
                yield f"{name}: {written(wider)!r} already takes what {written(tokens)!r} takes"
            elif patterns.count(tokens) > 1:
                yield f"{name}: {written(tokens)!r} stands twice"


def _is_contains(tokens: Tokens) -> bool:
    return len(tokens) == 3 and tokens[0] is tokens[2] is Wild.ANY and isinstance(tokens[1], str)


def _blank(expr: Expr) -> bool:
    """Say what comes of an event without any field."""
    match expr:
        case Match(_, test):
            return isinstance(test, Null)
        case And(children):
            return all(map(_blank, children))
        case Or(children):
            return any(map(_blank, children))
        case Not(child):
            return not _blank(child)
        case _:
            assert_never(expr)
