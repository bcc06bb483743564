"""Atoms: tests of one field, in the form in which columns are tested.

Rule 1. A *sharp* atom is decided by the automaton alone: its text, framed where it must stand at
an end, occurs in a cell or does not.
Rule 2. A *blunt* atom is proposed by the automaton (every cell that passes holds one of some
texts) and decided by a search of the cells proposed.
Rule 3. A *late* atom has no text worth looking for; it is decided where some rule still asks.
"""

from typing import Final, TypeAlias

import msgspec
import re2

from sidelight.rules.expr import Cidr, Compare, Exists, Glob, Null, Regex, Test, Wild
from sidelight.rules.literals import best, required
from sidelight.rules.patterns import fold

FRAME: Final = b"\xff"
"""Stands before and after each value in a scanned text; no byte of UTF-8."""

SHORTEST: Final = 3
"""Texts below this many bytes occur in too many cells to be looked for everywhere."""


class Search(msgspec.Struct, frozen=True, array_like=True, tag="search", gc=False):
    """A search by RE2 in every value of a cell.

    Args:
        pattern: with its flags.
        folded: search the folded cell, not the raw one.
        needs: sets of folded texts, of each of which a cell that passes holds one.
        loose: the pattern may ignore case, which is wider than folding.
    """

    pattern: str
    folded: bool
    needs: tuple[tuple[str, ...], ...] = ()
    loose: bool = False


class Holds(msgspec.Struct, frozen=True, array_like=True, tag="holds", gc=False):
    """The folded cell holds a text."""

    text: str


class Within(msgspec.Struct, frozen=True, array_like=True, tag="within", gc=False):
    """The cell is an address in a network."""

    network: str


class Number(msgspec.Struct, frozen=True, array_like=True, tag="number", gc=False):
    """The cell is a number that stands so to another."""

    relation: str
    number: float


class Presence(msgspec.Struct, frozen=True, array_like=True, tag="presence", gc=False):
    """The field is there, or is not."""

    there: bool


Decision: TypeAlias = Search | Holds | Within | Number | Presence


class Atom(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How a test is decided.

    Args:
        texts: framed and folded texts of which every cell that passes holds one; none if late.
        decision: None if the texts decide by themselves.
    """

    texts: tuple[bytes, ...] = ()
    decision: Decision | None = None


def atom(test: Test) -> Atom:
    """Put *test* into the form in which columns are tested."""
    match test:
        case Glob(tokens, cased):
            return _glob(tokens, cased)
        case Regex(pattern, flags):
            return _regex(pattern, flags)
        case Cidr(network):
            return Atom((), Within(network))
        case Compare(relation, number):
            return Atom((), Number(relation, float(number)))
        case Null():
            return Atom((), Presence(there=False))
        case Exists():
            return Atom((), Presence(there=True))
    raise AssertionError(test)


def _glob(tokens: tuple[str | Wild, ...], cased: bool) -> Atom:
    if not tokens:
        return Atom((FRAME + FRAME,))
    texts = [token for token in tokens if isinstance(token, str)]
    framed = [_framed(tokens, place) for place, each in enumerate(tokens) if isinstance(each, str)]
    longest = max(framed, key=len, default=b"")
    if len(texts) == 1 and Wild.ONE not in tokens and not cased:
        if len(longest) >= SHORTEST:
            return Atom((longest,))
        if len(tokens) == 3:
            return Atom((), Holds(texts[0]))
    needs = tuple((fold(text),) for text in sorted(texts, key=len, reverse=True))
    search = Search(glob_pattern(tokens), folded=not cased, needs=needs)
    return Atom((longest,) if len(longest) >= SHORTEST else (), search)


def _framed(tokens: tuple[str | Wild, ...], place: int) -> bytes:
    text = fold(str(tokens[place])).encode("utf-8", "surrogatepass")
    start = FRAME if place == 0 else b""
    return start + text + (FRAME if place == len(tokens) - 1 else b"")


def glob_pattern(tokens: tuple[str | Wild, ...]) -> str:
    """Give the expression for RE2 that finds what *tokens* take: texts from end to end."""
    parts = {Wild.ANY: ".*", Wild.ONE: "."}
    body = "".join(parts[each] if isinstance(each, Wild) else re2.escape(each) for each in tokens)
    return rf"(?s)\A{body}\z"


def _regex(pattern: str, flags: str) -> Atom:
    sets = required(pattern, flags)
    texts = [text.encode() for text in sorted(best(sets) or ())]
    if texts and min(map(len, texts)) < SHORTEST:
        texts = []
    needs = tuple(tuple(sorted(each)) for each in sets[:4])
    whole = f"(?{flags}){pattern}" if flags else pattern
    loose = "i" in flags or "(?" in pattern
    return Atom(tuple(texts), Search(whole, folded=False, needs=needs, loose=loose))
