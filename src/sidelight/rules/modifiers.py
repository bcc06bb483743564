"""What the modifiers of a field make of its values (Sigma specification 2.1, modifiers appendix).

A key such as ``CommandLine|windash|contains`` is read once into a `Chain`; the chain then turns
each value into tests.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, TypeAlias, cast

from sidelight.errors import RuleError
from sidelight.values import dataclass

Position: TypeAlias = Literal["equals", "contains", "startswith", "endswith"]
Relation: TypeAlias = Literal["lt", "lte", "gt", "gte"]

POSITIONS: Final = frozenset({"contains", "startswith", "endswith"})
RELATIONS: Final = frozenset({"lt", "lte", "gt", "gte"})
TIME_PARTS: Final = frozenset({"minute", "hour", "day", "week", "month", "year"})
FLAGS: Final = {"i": "i", "ignorecase": "i", "m": "m", "multiline": "m", "s": "s", "dotall": "s"}
ENCODINGS: Final[Mapping[str, str]] = {
    "wide": "utf-16-le",
    "utf16le": "utf-16-le",
    "utf16be": "utf-16-be",
    "utf16": "utf-16",
}
BASE64: Final = frozenset({"base64", "base64offset"})
TESTS: Final = RELATIONS | TIME_PARTS | {"re", "cidr", "exists", "fieldref"}
LINKS: Final = frozenset({"all", "neq"})


@dataclass(frozen=True, slots=True)
class Chain:
    """The modifiers of one key, sorted by what they act on.

    Args:
        field: name before the first bar; empty for keywords.
        test: the modifier that decides what sort of test it is, ``text`` without one.
        position: where in the cell a text must stand.
        encoding: codec of utf16 modifiers, empty without one.
        base64: ``base64``, ``base64offset`` or empty.
        flags: of a regular expression, sorted.
        every: all values must match, not one of them (``all``).
        differs: no value may match (``neq``).
    """

    field: str
    test: str = "text"
    position: Position = "equals"
    encoding: str = ""
    base64: str = ""
    flags: str = ""
    cased: bool = False
    windash: bool = False
    expand: bool = False
    every: bool = False
    differs: bool = False

    @property
    def plain(self) -> bool:
        """Whether values are texts to be matched as they are written."""
        return self.test == "text" and not (self.encoding or self.base64)


@lru_cache(maxsize=4096)
def read(key: str) -> Chain:
    """Read a key of a detection.

    Raises:
        RuleError: a modifier does not exist, stands twice or does not go with another.
    """
    field, *names = key.split("|")
    if not names:
        return Chain(key)
    for name in names:
        if name not in _KNOWN:
            raise RuleError(f"there is no modifier {name!r}", where=key)
        if names.count(name) > 1:
            raise RuleError(f"modifier {name!r} stands twice", where=key)
    chain = _chain(key, field, names)
    _check(key, chain, names)
    return chain


_KNOWN: Final = (
    TESTS
    | POSITIONS
    | LINKS
    | BASE64
    | frozenset(FLAGS)
    | frozenset(ENCODINGS)
    | {"cased", "windash", "expand"}
)


def _chain(key: str, field: str, names: list[str]) -> Chain:
    return Chain(
        field=field,
        test=_single(key, names, TESTS, "text"),
        position=cast("Position", _single(key, names, POSITIONS, "equals")),
        encoding=ENCODINGS.get(_single(key, names, frozenset(ENCODINGS), ""), ""),
        base64=_single(key, names, BASE64, ""),
        flags="".join(sorted({FLAGS[name] for name in names if name in FLAGS})),
        cased="cased" in names,
        windash="windash" in names,
        expand="expand" in names,
        every="all" in names,
        differs="neq" in names,
    )


def _single(key: str, names: list[str], among: frozenset[str], default: str) -> str:
    found = [name for name in names if name in among]
    if len(found) > 1:
        raise RuleError(f"modifiers {found[0]!r} and {found[1]!r} exclude each other", where=key)
    return found[0] if found else default


def _check(key: str, chain: Chain, names: list[str]) -> None:
    transforms = bool(chain.encoding or chain.base64 or chain.windash)
    if chain.flags and chain.test != "re":
        raise RuleError("the modifiers i, m and s go with 're' only", where=key)
    if chain.flags and names.index("re") > min(names.index(n) for n in names if n in FLAGS):
        raise RuleError("the modifiers i, m and s come after 're'", where=key)
    if chain.test != "text" and transforms:
        raise RuleError(f"modifier {chain.test!r} takes its value as it is written", where=key)
    if chain.test not in {"text", "fieldref"} and (chain.position != "equals" or chain.cased):
        raise RuleError(
            f"modifier {chain.test!r} does not go with contains, startswith, endswith or cased",
            where=key,
        )
    if chain.test == "exists" and (chain.every or chain.differs or chain.expand):
        raise RuleError("modifier 'exists' stands alone", where=key)
    if not chain.field and chain.test not in {"text", "re", "cidr"}:
        raise RuleError(f"modifier {chain.test!r} needs a field", where=key)
    if chain.encoding and chain.base64:
        first = min(names.index(name) for name in names if name in ENCODINGS)
        if first > names.index(chain.base64):
            raise RuleError("UTF-16 comes before Base64", where=key)
