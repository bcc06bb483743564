"""The obvious evaluator: one event, one rule, no columns, no automaton.

It shares with the engine only the tree it walks and the folding that both are defined by.
"""

import re
from ipaddress import ip_address, ip_network

from hypothesis import strategies as st

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
    Test,
    Wild,
)
from sidelight.rules.patterns import fold
from sidelight.schema import Event


def holds(expr: Expr, event: Event) -> bool:
    match expr:
        case Match(field, test):
            return keyword(test, event) if not field else tested(test, field, event)
        case And(children):
            return all(holds(child, event) for child in children)
        case Or(children):
            return any(holds(child, event) for child in children)
        case Not(child):
            return not holds(child, event)


def values(field: str, event: Event) -> list[str]:
    alike = [event[name] for name in event if name.lower() == field.lower()]
    return [text for each in alike for text in (each if isinstance(each, list) else [each])]


def keyword(test: Test, event: Event) -> bool:
    return any(passes(test, value) for field in event for value in values(field, event))


def tested(test: Test, field: str, event: Event) -> bool:
    match test:
        case Null():
            return not values(field, event)
        case Exists():
            return bool(values(field, event))
        case FieldRef(other, relation, cased):
            return any(
                related(relation, a if cased else fold(a), b if cased else fold(b))
                for a in values(field, event)
                for b in values(other, event)
            )
        case _:
            return any(passes(test, value) for value in values(field, event))


def related(relation: str, a: str, b: str) -> bool:
    return {
        "equals": a == b,
        "contains": b in a,
        "startswith": a.startswith(b),
        "endswith": a.endswith(b),
    }[relation]


def passes(test: Test, value: str) -> bool:
    match test:
        case Glob(tokens, cased):
            return globbed(tokens, value if cased else fold(value))
        case Regex(pattern, flags):
            letters = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
            bits = sum((letters[flag] for flag in flags), start=re.RegexFlag(0))
            # Python's $ stands before a final line feed too, RE2's only at the end.
            strict = pattern if "m" in flags else re.sub(r"\$$", r"\\Z", pattern)
            return re.search(strict, value, bits) is not None
        case Cidr(network):
            return inside(network, value)
        case Compare(relation, number):
            return compared(relation, value, number)
        case _:
            raise AssertionError(test)


def globbed(tokens: tuple[str | Wild, ...], text: str) -> bool:
    if not tokens:
        return not text
    match tokens[0]:
        case Wild.ANY:
            return any(globbed(tokens[1:], text[start:]) for start in range(len(text) + 1))
        case Wild.ONE:
            return bool(text) and globbed(tokens[1:], text[1:])
        case literal:
            return text.startswith(literal) and globbed(tokens[1:], text[len(literal) :])


def inside(network: str, value: str) -> bool:
    try:
        address = ip_address(value.strip())
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return address in ip_network(network) or mapped in ip_network(network)


def compared(relation: str, value: str, number: float) -> bool:
    try:
        read = int(value, 16) if value[:2].lower() == "0x" else float(value)
    except ValueError:
        return False
    return {"lt": read < number, "lte": read <= number, "gt": read > number, "gte": read >= number}[
        relation
    ]


def conditions_over(leaves: st.SearchStrategy[Expr], *, max_leaves: int) -> st.SearchStrategy[Expr]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.lists(inner, max_size=3).map(lambda parts: And(tuple(parts))),
            st.lists(inner, max_size=3).map(lambda parts: Or(tuple(parts))),
        ),
        max_leaves=max_leaves,
    )
