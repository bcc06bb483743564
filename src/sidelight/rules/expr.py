"""A rule's condition as a closed tree of values.

Everything that Sigma's syntax offers (modifiers, ``1 of``, lists, windash, base64) is gone by
the time a tree is built: what is left are tests of one field, and, or, not.

A test of an absent field is false (`Null` and `Exists` apart), so its negation is true: no
third truth value leaves a leaf (Sigma specification 2.1, "Field-Value Definitions").
"""

from enum import Enum
from typing import Literal, TypeAlias

from sidelight.values import dataclass


class Wild(Enum):
    """A wildcard in a pattern."""

    ANY = "*"
    """Any number of characters, none included; newlines too."""
    ONE = "?"
    """Exactly one character."""


@dataclass(frozen=True, slots=True)
class Glob:
    """The whole cell matches the pattern.

    Args:
        tokens: texts and wildcards, in order; no two texts and no two ANY side by side.
            ``contains x`` is (ANY, x, ANY), ``startswith x`` is (x, ANY), equality (x,), the
            empty text ().
        cased: compare code point by code point. Otherwise both sides are folded by Unicode's
            simple lower-case mapping, one code point at a time (`pyarrow.compute.utf8_lower`),
            and the texts here are folded already.
    """

    tokens: tuple[str | Wild, ...]
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Regex:
    """An unanchored search finds the pattern. Case matters unless the flag ``i`` is set.

    Args:
        pattern: in RE2's syntax.
        flags: out of ``i`` (case), ``m`` (^ and $ at lines), ``s`` (dot takes newlines), sorted.
    """

    pattern: str
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Cidr:
    """The cell is an IP address inside the network; IPv4-mapped IPv6 addresses count as IPv4."""

    network: str


@dataclass(frozen=True, slots=True)
class Compare:
    """The cell is a number, decimal or 0x…, that stands so to *number*."""

    relation: Literal["lt", "lte", "gt", "gte"]
    number: float


@dataclass(frozen=True, slots=True)
class Null:
    """The field is absent."""


@dataclass(frozen=True, slots=True)
class Exists:
    """The field is there, empty or not."""


@dataclass(frozen=True, slots=True)
class FieldRef:
    """The cell relates so to the cell of another field of the same event."""

    field: str
    relation: Literal["equals", "contains", "startswith", "endswith"] = "equals"
    cased: bool = False


Test: TypeAlias = Glob | Regex | Cidr | Compare | Null | Exists | FieldRef


@dataclass(frozen=True, slots=True)
class Match:
    """One field passes a test; of a field with several values, one of them does.

    An empty *field* is a keyword: the test holds for some value of the event, whichever field.
    """

    field: str
    test: Test


@dataclass(frozen=True, slots=True)
class And:
    """All hold; an empty one is true."""

    children: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one holds; an empty one is false."""

    children: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    child: "Expr"


Expr: TypeAlias = Match | And | Or | Not
