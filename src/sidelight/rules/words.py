"""Words without one of which no keyword holds, so that a reader can look for them beforehand."""

import re
from collections.abc import Iterable
from typing import Final

from sidelight.rules.atoms import Atom, Search
from sidelight.schema import SPELLED

MOST: Final = 100
"""To look for more words would cost more than columns do."""

_RUN: Final = re.compile(rb"[ -~]{4,32}")
"""Shorter words occur by chance in what is no text, longer ones make large patterns."""


def words_of(atoms: Iterable[Atom]) -> frozenset[str] | None:
    """Give words (`schema.Wish`) of which every value that passes one of *atoms* holds one.

    None where an atom may hold without any.
    """
    words: set[str] = set()
    for atom in atoms:
        found = [_word(text) for text in atom.texts]
        known = {word for word in found if word is not None}
        if not found or None in found or _is_loose(atom):
            return None
        words |= known
    return frozenset(words) if len(words) <= MOST else None


def _is_loose(atom: Atom) -> bool:
    """Tell whether values that fold in strange ways may pass without the atom's texts."""
    return isinstance(atom.decision, Search) and atom.decision.loose


def _word(text: bytes) -> str | None:
    """Give the longest part of *text*, framed and folded, that can be a word."""
    runs = [run.decode() for run in _RUN.findall(text)]
    return max((run for run in runs if not SPELLED.issuperset(run)), key=len, default=None)
