"""Texts that every match of a regular expression must hold, so that most cells need no search.

Rule 1. All texts are folded, and are looked for in folded cells, whatever the case flag says: a
folded text in a raw cell would miss matches of a case-sensitive expression.
Rule 2. Where in doubt a text is left out. One that is missing costs time; one too many, matches.
"""

import re
import warnings
from collections.abc import Iterable
from typing import Final, TypeAlias, cast

from sidelight.rules.patterns import fold

Alternatives: TypeAlias = frozenset[str]
"""One of these is in every match."""

MAX_ALTERNATIVES: Final = 64
_IGNORES_CASE: Final = re.compile(r"\(\?[a-zA-Z-]*i")


def required(pattern: str, flags: str) -> tuple[Alternatives, ...]:
    """Give sets of folded texts, of each of which every match of *pattern* holds one.

    Empty where nothing is known. Python's parser reads the expression; what it and RE2 read
    differently is either an error to it or yields no text.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a named class, which Python reads as a set and text
            tree = re._parser.parse(pattern)  # type: ignore[attr-defined]  # noqa: SLF001
    except (re.error, RecursionError, OverflowError, FutureWarning, DeprecationWarning):
        return ()
    ignore_case = "i" in flags or _IGNORES_CASE.search(pattern) is not None
    found = _sequence(list(tree), ignore_case)
    return tuple(sorted({each for each in found if _usable(each)}, key=_worth, reverse=True))


def _usable(each: Alternatives) -> bool:
    return 0 < len(each) <= MAX_ALTERNATIVES and all(each)


def _worth(each: Alternatives) -> tuple[int, int, list[str]]:
    return min(map(len, each)), -len(each), sorted(each)


def best(found: Iterable[Alternatives]) -> Alternatives | None:
    """Pick the set that the fewest cells will hold, None if there is none."""
    return max(found, key=_worth, default=None)


def _sequence(items: list[tuple[object, object]], ignore_case: bool) -> list[Alternatives]:
    out: list[Alternatives] = []
    run: list[str] = []

    def end() -> None:
        if run:
            out.append(frozenset([fold("".join(run))]))
            run.clear()

    for operator, argument in items:
        name = str(operator)
        code = _character(name, argument)
        if code is not None and _plain(code, ignore_case):
            run.append(chr(code))
            continue
        if name == "AT":
            continue
        end()
        out += _item(name, argument, ignore_case)
    end()
    return out


def _character(name: str, argument: object) -> int | None:
    """Give the one character that an item stands for once case is folded."""
    match name, argument:
        case "LITERAL", int(code):
            return code
        case "IN", [(first, int(upper)), (second, int(lower))]:
            both = {str(first), str(second)} == {"LITERAL"} and max(upper, lower) < 0x80
            return lower if both and chr(upper).lower() == chr(lower).lower() else None
    return None


def _plain(code: int, ignore_case: bool) -> bool:
    if ignore_case and chr(code) in "sS":  # RE2 takes LONG S for it, which folds to itself
        return False
    if code < 0x80:
        return code != 0
    return not ignore_case and not 0xD800 <= code < 0xE000


def _item(name: str, argument: object, ignore_case: bool) -> list[Alternatives]:
    match name, argument:
        case "SUBPATTERN", (_, _, _, inner):
            return _sequence(_listed(inner), ignore_case)
        case (("MAX_REPEAT" | "MIN_REPEAT"), (int(least), _, inner)) if least >= 1:
            return _sequence(_listed(inner), ignore_case)
        case "BRANCH", (_, branches) if isinstance(branches, list):
            return _branch([_sequence(_listed(each), ignore_case) for each in branches])
    return []


def _listed(parsed: object) -> list[tuple[object, object]]:
    return list(cast("Iterable[tuple[object, object]]", parsed))


def _branch(branches: list[list[Alternatives]]) -> list[Alternatives]:
    chosen = [best(filter(_usable, each)) for each in branches]
    kept = [each for each in chosen if each is not None]
    if len(kept) < len(chosen):
        return []
    return [frozenset().union(*kept)]
