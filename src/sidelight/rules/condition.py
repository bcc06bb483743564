"""The condition language (Sigma specification 2.1, "Condition").

Precedence, tightest first: ``1 of``/``all of``, not, and, or; parentheses group.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Final

from sidelight.errors import RuleError
from sidelight.rules.detection import conjunction, disjunction
from sidelight.rules.expr import Expr, Not
from sidelight.values import dataclass

MAX_DEPTH: Final = 64
"""How deep parentheses and negations may nest."""

_WORD_OR_SIGN: Final = re.compile(r"[()|]|[^\s()|]+")
_RESERVED: Final = frozenset({"and", "or", "not", "of", "them"})


def parse(text: str, searches: Mapping[str, Expr], used: set[str] | None = None) -> Expr:
    """Read a condition over *searches*; the names it uses are added to *used*.

    Raises:
        RuleError: it is not a condition, or names a search that the rule does not have.
    """
    words = _WORD_OR_SIGN.findall(text)
    if "|" in words:
        raise RuleError(
            "the condition aggregates behind a pipe, which Sigma 2 has dropped",
            hint="write a correlation rule",
        )
    parser = _Parser(words, searches, set() if used is None else used)
    expr = parser.disjunction()
    if parser.at < len(words):
        raise RuleError(f"the condition goes on after its end, at {parser.peek()!r}")
    return expr


@dataclass(slots=True)
class _Parser:
    words: list[str]
    searches: Mapping[str, Expr]
    used: set[str]
    at: int = 0
    depth: int = field(default=0)

    def peek(self, ahead: int = 0) -> str:
        """Give the word *ahead* of the next one, empty at the end."""
        at = self.at + ahead
        return self.words[at] if at < len(self.words) else ""

    def take(self) -> str:
        """Give the next word and pass it."""
        word = self.peek()
        self.at += 1
        return word

    def disjunction(self) -> Expr:
        """Read terms joined by or."""
        children = [self.conjunction()]
        while self.peek().lower() == "or":
            self.at += 1
            children.append(self.conjunction())
        return disjunction(children)

    def conjunction(self) -> Expr:
        """Read factors joined by and."""
        children = [self.factor()]
        while self.peek().lower() == "and":
            self.at += 1
            children.append(self.factor())
        return conjunction(children)

    def factor(self) -> Expr:
        """Read one operand."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise RuleError("the condition nests too deep")
        try:
            return self._operand()
        finally:
            self.depth -= 1

    def _operand(self) -> Expr:
        word = self.take()
        if word.lower() == "not":
            return Not(self.factor())
        if word == "(":
            inner = self.disjunction()
            if self.take() != ")":
                raise RuleError("the condition lacks a closing parenthesis")
            return inner
        if self.peek().lower() == "of":
            return self._quantity(word)
        if not word or word == ")" or word.lower() in _RESERVED:
            raise RuleError(f"the condition lacks a name before {word or 'its end'!r}")
        return self._named(word)

    def _named(self, name: str) -> Expr:
        if name not in self.searches:
            raise RuleError(f"the condition names {name!r}, which the detection does not have")
        self.used.add(name)
        return self.searches[name]

    def _quantity(self, word: str) -> Expr:
        quantity = word.lower()
        if quantity not in {"1", "any", "all"}:
            raise RuleError(f"the condition says '{word} of'; there is '1 of' and 'all of' only")
        self.at += 1
        pattern = self.take()
        if not pattern or pattern in "()":
            raise RuleError(f"the condition lacks a name after '{word} of'")
        names = _matching(pattern, self.searches)
        if not names:
            raise RuleError(f"no search of the detection is called {pattern!r}")
        self.used.update(names)
        children = [self.searches[name] for name in names]
        return conjunction(children) if quantity == "all" else disjunction(children)


def _matching(pattern: str, searches: Mapping[str, Expr]) -> list[str]:
    if pattern.lower() == "them":
        return [name for name in searches if not name.startswith("_")]
    regex = re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
    return [name for name in searches if regex.fullmatch(name)]
