"""STIX patterns (STIX 2.1, chapter 9), as far as they can be looked for in logs.

Rules of this file:

- A pattern becomes ways in which it holds; each way is tests that hold together of one event, or
  events that belong together. There are never more than `_WAYS` ways, and nothing here recurses
  deeper than `_DEPTH`: patterns come from others.
- Events belong together by ``AND`` or ``FOLLOWEDBY`` between observations, ``WITHIN`` a time. Of
  one observation alone ``WITHIN`` says nothing, since it happens at once.
- Without that time, with one kind inside the other, or with ``REPEATS`` or ``START``, they are
  refused in words.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, TypeAlias, TypeVar

from sidelight.errors import RuleError
from sidelight.values import dataclass

LONGEST: Final = 32 << 10
"""Characters of the longest pattern that is read."""
_WAYS: Final = 256
_SECONDS: Final = 9
"""Digits of the longest time that a correlation may span."""
_QUALIFIERS: Final = frozenset({"WITHIN", "REPEATS", "START"})
_DEPTH: Final = 40
_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^'\\]|\\.)*')
    | (?P<typed>[bht]'(?:[^'\\]|\\.)*')
    | (?P<number>[+-]?\d+(?:\.\d+)?(?![\w.:-]))
    | (?P<path>[a-zA-Z][a-zA-Z0-9_-]*:(?:'(?:[^'\\]|\\.)*'|[a-zA-Z0-9_-]+)
        (?:\.(?:'(?:[^'\\]|\\.)*'|[a-zA-Z0-9_-]+)|\[(?:\*|\d+)\])*)
    | (?P<word>[A-Za-z]+)
    | (?P<sign>==|!=|<>|<=|>=|[=<>()\[\],])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_PART: Final = re.compile(r"'((?:[^'\\]|\\.)*)'|\[[^]]*\]|([^.\[\]']+)", re.DOTALL)
_NAMES: Final = {"==": "=", "<>": "!="}
_COMPARED: Final = frozenset({"=", "!=", "<", ">", "<=", ">="})
_OPERATORS: Final = frozenset({"LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of a property with values, one of which has to fit.

    Args:
        kind: type of the observable, such as ``file``.
        path: of the property, without quotes and indices: ``hashes.SHA-256``.
        operator: ``=``, ``<``, ``LIKE``, ``ISSUBSET`` and the like.
    """

    kind: str
    path: str
    operator: str
    values: tuple[str, ...]
    negated: bool = False


Way: TypeAlias = tuple[Comparison, ...]
"""Tests that hold together, of one event."""


@dataclass(frozen=True, slots=True)
class Series:
    """Different events that belong together.

    Args:
        parts: of each event the ways in which it can be the one.
        ordered: whether none comes before the one that stands before it.
        within_s: seconds from the first to the last at most; None while that is not read.
    """

    parts: tuple[tuple[Way, ...], ...]
    ordered: bool
    within_s: int | None = None


Seen: TypeAlias = Way | Series


def read_pattern(text: str) -> list[Seen]:
    """Give the ways in which a pattern holds; one is enough.

    Raises:
        RuleError: it is no pattern, or tells of what cannot be looked for.
    """
    if len(text) > LONGEST:
        raise RuleError(f"the pattern has more than {LONGEST >> 10} KiB")
    reader = _Reader(list(_tokens(text)))
    found = reader.observations(0)
    if reader.ahead != _END:
        raise RuleError(f"the pattern goes on with {reader.ahead[1][:40]!r}")
    if any(isinstance(each, Series) and each.within_s is None for each in found):
        raise RuleError("it tells of several events together, but not WITHIN what time of all")
    return list(dict.fromkeys(found))


_Token: TypeAlias = tuple[str, str]
_END: Final[_Token] = ("end", "")


def _tokens(text: str) -> Iterator[_Token]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise RuleError(f"it is no STIX pattern at {text[at : at + 40].strip()!r}")
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


@dataclass(slots=True)
class _Reader:
    tokens: list[_Token]
    at: int = 0

    @property
    def ahead(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    def take(self) -> _Token:
        found = self.ahead
        self.at += 1
        return found

    def takes(self, word: str) -> bool:
        """Take the next token if it is *word*."""
        kind, text = self.ahead
        if kind in {"word", "sign"} and text.upper() == word:
            self.at += 1
            return True
        return False

    def want(self, word: str) -> None:
        if not self.takes(word):
            raise RuleError(f"{word!r} is wanted in the pattern before {self.ahead[1][:40]!r}")

    def observations(self, depth: int) -> list[Seen]:
        """Read observations; FOLLOWEDBY binds least, and AND most (section 9.5)."""
        parts = [self.chosen(depth)]
        while self.takes("FOLLOWEDBY"):
            parts.append(self.chosen(depth))
        return parts[0] if len(parts) == 1 else [_series(parts, ordered=True)]

    def chosen(self, depth: int) -> list[Seen]:
        found = self.joined(depth)
        while self.takes("OR"):
            found = _no_more([*found, *self.joined(depth)])
        return found

    def joined(self, depth: int) -> list[Seen]:
        parts = [self.timed(depth)]
        while self.takes("AND"):
            parts.append(self.timed(depth))
        return parts[0] if len(parts) == 1 else [_series(parts, ordered=False)]

    def timed(self, depth: int) -> list[Seen]:
        """Read an observation, or several in brackets, with what qualifies it."""
        found = self.observation(depth)
        while self.ahead[0] == "word" and self.ahead[1].upper() in _QUALIFIERS:
            word = self.take()[1].upper()
            if word != "WITHIN":
                raise RuleError(f"it tells how often or when, not only what ({word})")
            seconds = self.seconds()
            found = [_timed(each, seconds) for each in found]
        return found

    def seconds(self) -> int:
        kind, text = self.take()
        whole, _, rest = text.partition(".")
        if kind != "number" or not whole.isdecimal() or rest.strip("0") or not int(whole):
            raise RuleError(f"WITHIN wants whole seconds, not {text[:40]!r}")
        if len(whole) > _SECONDS:
            raise RuleError("WITHIN more seconds than can be looked for")
        self.want("SECONDS")
        return int(whole)

    def observation(self, depth: int) -> list[Seen]:
        _not_too_deep(depth)
        if self.takes("("):
            found = self.observations(depth + 1)
            self.want(")")
            return found
        self.want("[")
        ways = self.either(depth + 1)
        self.want("]")
        return list[Seen](ways)

    def either(self, depth: int) -> list[Way]:
        """Read comparisons with OR between them, which binds less than AND."""
        ways = self.both(depth)
        while self.takes("OR"):
            ways = _no_more([*ways, *self.both(depth)])
        return ways

    def both(self, depth: int) -> list[Way]:
        ways = self.one(depth)
        while self.takes("AND"):
            ways = _product(ways, self.one(depth))
        return ways

    def one(self, depth: int) -> list[Way]:
        _not_too_deep(depth)
        if self.takes("("):
            ways = self.either(depth + 1)
            self.want(")")
            return ways
        if self.takes("EXISTS"):
            raise RuleError("that a property is there (EXISTS) is not sought")
        return [(self.comparison(),)]

    def comparison(self) -> Comparison:
        kind, text = self.take()
        if kind != "path":
            raise RuleError(f"a property is wanted in the pattern, not {text[:40]!r}")
        of, _, path = text.partition(":")
        opposite = self.takes("NOT")
        sign = self.take()[1].upper()
        operator = _NAMES.get(sign, sign)
        found = Comparison(of.lower(), _plain(path), operator, (), opposite)
        if operator == "IN":
            return replace(found, operator="=", values=self.values())
        if operator in _COMPARED | _OPERATORS:
            found = replace(found, values=(self.value(),))
            if operator == "!=":
                return replace(found, operator="=", negated=not opposite)
            return found
        raise RuleError(f"{operator!r} compares nothing in a pattern")

    def values(self) -> tuple[str, ...]:
        self.want("(")
        found = [self.value()]
        while self.takes(","):
            found.append(self.value())
        self.want(")")
        return tuple(found)

    def value(self) -> str:
        kind, text = self.take()
        match kind:
            case "text":
                return _ESCAPED.sub(r"\1", text[1:-1])
            case "number":
                return text
            case "word" if text.lower() in {"true", "false"}:
                return text.lower()
            case "typed":
                raise RuleError(
                    f"values in hexadecimal, base 64 or time are not sought ({text[0]})"
                )
        raise RuleError(f"a value is wanted in the pattern, not {text[:40]!r}")


def _plain(path: str) -> str:
    """Spell a path without quotes and indices."""
    parts = (found[1] or found[2] for found in _PART.finditer(path))
    return ".".join(_ESCAPED.sub(r"\1", part) for part in parts if part)


def _product(ways: list[Way], others: list[Way]) -> list[Way]:
    if len(ways) * len(others) > _WAYS:
        raise RuleError(f"the pattern holds in more than {_WAYS} ways")
    return [(*way, *other) for way in ways for other in others]


def _series(parts: list[list[Seen]], *, ordered: bool) -> Series:
    """Put events together, each of which is one of several ways."""
    found = []
    for part in parts:
        ways = [each for each in part if not isinstance(each, Series)]
        if len(ways) < len(part):
            raise RuleError("it puts several events together with several others")
        found.append(tuple(ways))
    return Series(tuple(found), ordered)


def _timed(seen: Seen, seconds: int) -> Seen:
    """Leave no more time than this; one event takes none."""
    if not isinstance(seen, Series):
        return seen
    return replace(seen, within_s=min(seen.within_s or seconds, seconds))


_T = TypeVar("_T")


def _no_more(ways: list[_T]) -> list[_T]:
    if len(ways) > _WAYS:
        raise RuleError(f"the pattern holds in more than {_WAYS} ways")
    return ways


def _not_too_deep(depth: int) -> None:
    if depth > _DEPTH:
        raise RuleError(f"the pattern is nested more than {_DEPTH} deep")
