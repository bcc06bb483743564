"""Search identifiers of a rule become expressions (Sigma specification 2.1, "Detection")."""

from typing import Final, TypeAlias

from sidelight.errors import RuleError
from sidelight.rules.expr import And, Expr, Match, Not, Or
from sidelight.rules.modifiers import Chain, read
from sidelight.rules.reading import Reading
from sidelight.rules.values import Scalar, tests

Node: TypeAlias = "Scalar | list[Node] | dict[str, Node]"
"""What YAML holds once it is read."""

MAX_DEPTH: Final = 32
"""How deep maps and lists may nest in a detection."""


MAX_TESTS: Final = 100_000
"""How many tests the values of one field may become."""


def conjunction(children: list[Expr]) -> Expr:
    """Join *children* by and."""
    return children[0] if len(children) == 1 else And(tuple(children))


def disjunction(children: list[Expr]) -> Expr:
    """Join *children* by or."""
    return children[0] if len(children) == 1 else Or(tuple(children))


def search(node: Node, reading: Reading, depth: int = 0) -> Expr:
    """Read what stands under a search identifier.

    A map is met when all its items are, a list when one of them is; a bare value is a keyword.

    Raises:
        RuleError: it cannot be run; says why.
    """
    if depth > MAX_DEPTH:
        raise RuleError("the detection nests too deep")
    if isinstance(node, dict):
        if not node:
            raise RuleError("an empty map selects nothing")
        return conjunction([_item(key, value, reading) for key, value in node.items()])
    if isinstance(node, list):
        if not node:
            raise RuleError("an empty list selects nothing")
        return disjunction([search(child, reading, depth + 1) for child in node])
    if node is None or node == "":
        raise RuleError("a keyword without text selects everything")
    return _values(_KEYWORD, [node], reading)


_KEYWORD: Final = Chain("")


def _item(key: str, value: Node, reading: Reading) -> Expr:
    chain = read(key)
    if isinstance(value, list):
        if not value:
            raise RuleError("an empty list of values", where=key)
    else:
        value = [value]
    if not chain.field and (None in value or "" in value):
        raise RuleError("a keyword without text selects everything")
    try:
        return _values(chain, value, reading)
    except RuleError as error:
        if error.where:
            raise
        raise RuleError(error.reason, where=key, hint=error.hint) from None


def _values(chain: Chain, values: list[Node], reading: Reading) -> Expr:
    found: list[Expr] = []
    for value in values:
        if isinstance(value, list | dict):
            raise RuleError("a value is a text, a number, true, false or null")
        matches: list[Expr] = [Match(chain.field, test) for test in tests(chain, value, reading)]
        if chain.every:
            found.append(disjunction(matches))
        else:
            found += matches
        if len(found) > MAX_TESTS:
            raise RuleError(f"its values stand for more than {MAX_TESTS} patterns")
    whole = conjunction(found) if chain.every else disjunction(found)
    return Not(whole) if chain.differs else whole
