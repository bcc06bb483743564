"""Sigma's text patterns: escapes, wildcards and case (Sigma specification 2.1, "Escaping")."""

import re
from collections.abc import Iterable
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from sidelight.rules.expr import Wild

Tokens: TypeAlias = tuple[str | Wild, ...]
"""A pattern as texts and wildcards; no two texts and no two ANY side by side, no empty text."""

_SPECIAL: Final = re.compile(r"\\([*?\\])|([*?])")


def fold(text: str) -> str:
    """Lower *text* code point by code point, exactly as `pyarrow.compute.utf8_lower` does.

    Python's own lowering makes two code points of one and looks at neighbours.
    """
    if text.isascii():
        return text.lower()
    return str(pc.utf8_lower(pa.scalar(text, pa.string())).as_py())


def parse(text: str) -> Tokens:
    r"""Split *text* into literal text and wildcards.

    Only ``\*``, ``\?`` and ``\\`` are escapes; any other backslash stands for itself, so three
    backslashes are as many as four: two.
    """
    if "*" not in text and "?" not in text and "\\" not in text:
        return (text,) if text else ()
    tokens: list[str | Wild] = []
    end = 0
    for found in _SPECIAL.finditer(text):
        tokens.append(text[end : found.start()])
        literal, wild = found.groups()
        tokens.append(literal if wild is None else Wild(wild))
        end = found.end()
    tokens.append(text[end:])
    return joined(tokens)


def joined(tokens: Iterable[str | Wild]) -> Tokens:
    """Bring *tokens* into the one form that equal patterns share."""
    out: list[str | Wild] = []
    for token in tokens:
        last = out[-1] if out else None
        if isinstance(token, str):
            if not token:
                continue
            if isinstance(last, str):
                out[-1] = last + token
                continue
        elif token is Wild.ANY and last is Wild.ANY:
            continue
        out.append(token)
    return tuple(out)


def folded(tokens: Tokens) -> Tokens:
    """Fold the texts in *tokens*."""
    return tuple([fold(token) if isinstance(token, str) else token for token in tokens])


def literal(tokens: Tokens) -> str | None:
    """Give the text that *tokens* stand for, None if there is a wildcard in them."""
    if not tokens:
        return ""
    only = tokens[0]
    return only if len(tokens) == 1 and isinstance(only, str) else None
