"""A whole detection section becomes one expression (Sigma specification 2.1, "Detection")."""

from typing import Final

from sidelight.errors import RuleError
from sidelight.rules.condition import parse
from sidelight.rules.detection import Node, disjunction, search
from sidelight.rules.expr import Expr
from sidelight.rules.reading import Reading

_NO_SEARCHES: Final = frozenset({"condition", "timeframe"})


def detection(node: Node, reading: Reading) -> Expr:
    """Compile a detection section, its condition included; a list of conditions means or.

    Raises:
        RuleError: it cannot be run as written.
    """
    if not isinstance(node, dict):
        raise RuleError("it has no detection")
    searches = {
        name: search(value, reading) for name, value in node.items() if name not in _NO_SEARCHES
    }
    conditions = node.get("condition")
    written = conditions if isinstance(conditions, list) else [conditions]
    if not written or not all(isinstance(each, str) for each in written):
        raise RuleError("its detection has no condition")
    return disjunction([parse(str(each), searches) for each in written])
