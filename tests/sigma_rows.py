"""The obvious way to judge one event by one expression, as an oracle for the fast ways."""

import ipaddress
import re

from sidelight.rules.expr import (
    And,
    Cidr,
    Compare,
    Exists,
    Expr,
    FieldRef,
    Glob,
    Match,
    Not,
    Null,
    Or,
    Regex,
    Wild,
)
from sidelight.rules.patterns import fold
from sidelight.schema import Event


def holds(expr: Expr, event: Event) -> bool:
    """Say whether *event* meets *expr*."""
    match expr:
        case Match("", test):
            return any(passes(test, cell, event) for name in event for cell in cells(event, name))
        case Match(field, Null()):
            return not cells(event, field)
        case Match(field, test):
            return any(passes(test, cell, event) for cell in cells(event, field))
        case And(children):
            return all(holds(child, event) for child in children)
        case Or(children):
            return any(holds(child, event) for child in children)
        case Not(child):
            return not holds(child, event)


def cells(event: Event, field: str) -> list[str]:
    """Give the values of *field*, whose name is the same in any case."""
    alike = [event[name] for name in event if name.lower() == field.lower()]
    return [text for each in alike for text in (each if isinstance(each, list) else [each])]


def passes(test: object, cell: str, event: Event) -> bool:
    match test:
        case Glob(tokens, cased):
            text = cell if cased else fold(cell)
            parts = {Wild.ANY: ".*", Wild.ONE: "."}
            pattern = "".join(
                parts[token] if isinstance(token, Wild) else re.escape(token) for token in tokens
            )
            return re.fullmatch(pattern, text, re.DOTALL) is not None
        case Regex(pattern, flags):
            bits = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
            return re.search(pattern, cell, sum(bits[flag] for flag in flags)) is not None
        case Cidr(network):
            return inside(cell, network)
        case Compare(relation, number):
            return compares(relation, cell, number)
        case Exists():
            return True
        case FieldRef(field, relation, cased):
            return any(refers(relation, cell, other, cased) for other in cells(event, field))
    raise AssertionError(test)


def inside(cell: str, network: str) -> bool:
    try:
        address = ipaddress.ip_address(cell)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address) in ipaddress.ip_network(network)


def compares(relation: str, cell: str, number: float) -> bool:
    try:
        value = float(int(cell, 16)) if cell.lower().startswith("0x") else float(cell)
    except ValueError:
        return False
    return {
        "lt": value < number,
        "lte": value <= number,
        "gt": value > number,
        "gte": value >= number,
    }[relation]


def refers(relation: str, cell: str, other: str, cased: bool) -> bool:
    left, right = (cell, other) if cased else (fold(cell), fold(other))
    return {
        "equals": left == right,
        "contains": right in left,
        "startswith": left.startswith(right),
        "endswith": left.endswith(right),
    }[relation]
