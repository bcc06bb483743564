"""One value of a detection item becomes tests (Sigma specification 2.1, modifiers appendix)."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network
from itertools import product
from typing import Final, TypeAlias, TypeVar, cast

from sidelight.errors import RuleError
from sidelight.rules.expr import Cidr, Compare, Exists, FieldRef, Glob, Null, Regex, Test, Wild
from sidelight.rules.modifiers import Chain, Relation
from sidelight.rules.patterns import Tokens, fold, folded, joined, literal, parse
from sidelight.rules.reading import Placeholders, Reading
from sidelight.rules.regex import translated

Scalar: TypeAlias = str | int | float | bool | None

MAX_VARIANTS: Final = 5_000
"""How many patterns one value may become."""

_PLACEHOLDER: Final = re.compile(r"(?<!\\)%([A-Za-z0-9_.:-]+)%")
_DASH: Final = re.compile(r"\B[-/\u2013\u2014\u2015]\b")
_DASHES: Final = ("-", "/", "\u2013", "\u2014", "\u2015")


def tests(chain: Chain, value: Scalar, reading: Reading) -> list[Test]:
    """Turn *value* into tests of which one must hold.

    Raises:
        RuleError: the value does not go with the modifiers, or has placeholders without values.
    """
    if value is None:
        return [_null(chain), Glob(())] if reading.empty_is_null else [_null(chain)]
    if not chain.expand:
        return _TESTS[chain.test](chain, value)
    return [
        test
        for text in expanded(canonical(value), reading.placeholders)
        for test in _TESTS[chain.test](chain, text)
    ]


def canonical(value: Scalar) -> str:
    """Write *value* as events write it: numbers decimal, booleans ``true`` and ``false``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def expanded(text: str, placeholders: Placeholders) -> list[str]:
    r"""Put the values of placeholders in place of ``%name%``, in every combination.

    ``\%`` is a percent sign. Wildcards in the values are wildcards.
    """
    parts = [part.replace("\\%", "%") for part in _PLACEHOLDER.split(text)]
    for name in parts[1::2]:
        if not placeholders.get(name):
            raise RuleError(
                f"placeholder %{name}% has no values", hint="give them in a placeholders file"
            )
    choices = [
        placeholders[part] if index % 2 else (part.replace("\\%", "%"),)
        for index, part in enumerate(parts)
    ]
    return ["".join(choice) for choice in _bounded(choices)]


def _null(chain: Chain) -> Test:
    if chain.test != "text" or not chain.plain or chain.position != "equals":
        raise RuleError("null takes no modifier of values")
    return Null()


def _text(chain: Chain, value: Scalar) -> list[Test]:
    text = canonical(value)
    if not (chain.encoding or chain.base64):
        tokens = parse(text if chain.cased else fold(text))
        forms = _windash(tokens) if chain.windash else [tokens]
        return [_glob(chain, form) for form in forms]
    forms = _windash(parse(text)) if chain.windash else [parse(text)]
    encoded = [each for form in forms for each in _encoded(chain, form)]
    return [_glob(chain, form if chain.cased else folded(form)) for form in encoded]


def _glob(chain: Chain, tokens: Tokens) -> Test:
    position = "contains" if not chain.field and chain.position == "equals" else chain.position
    if position != "equals":
        ahead = position != "startswith" and tokens[:1] != _ANY
        behind = position != "endswith" and tokens[-1:] != _ANY and (tokens or not ahead)
        tokens = (*(_ANY if ahead else ()), *tokens, *(_ANY if behind else ()))
    return Exists() if tokens == _ANY else Glob(tokens, chain.cased)


_ANY: Final = (Wild.ANY,)


def _windash(tokens: Tokens) -> Iterator[Tokens]:
    choices: list[tuple[str | Wild, ...]] = []
    for token in tokens:
        if isinstance(token, Wild):
            choices.append((token,))
            continue
        pieces = _DASH.split(token)
        for index, piece in enumerate(pieces):
            choices.extend([_DASHES] if index else [])
            choices.append((piece,))
    for choice in _bounded(choices):
        yield joined(choice)


_T = TypeVar("_T")


def _bounded(choices: list[tuple[_T, ...]]) -> Iterator[tuple[_T, ...]]:
    size = 1
    for choice in choices:
        size *= len(choice)
        if size > MAX_VARIANTS:
            raise RuleError(f"the value stands for more than {MAX_VARIANTS} patterns")
    return product(*choices)


def _encoded(chain: Chain, tokens: Tokens) -> list[Tokens]:
    if not (chain.encoding or chain.base64):
        return [tokens]
    text = literal(tokens)
    if not text:
        raise RuleError("a value that is encoded has text in it and no wildcards")
    data = text.encode(chain.encoding or "utf-8")
    if chain.base64 == "base64":
        return [(b64encode(data).decode(),)]
    if chain.base64 == "base64offset":
        return [(_offset(data, shift),) for shift in range(3)]
    return [(_as_text(data),)]


def _offset(data: bytes, shift: int) -> str:
    start = (0, 2, 3)[shift]
    end = (None, -3, -2)[(len(data) + shift) % 3]
    return b64encode(b" " * shift + data)[start:end].decode()


def _as_text(data: bytes) -> str:
    try:
        # Readers put U+2400 for a NUL, which no cell may hold (schema, rule 3).
        return data.decode("utf-8").replace("\0", "\N{SYMBOL FOR NULL}")
    except UnicodeDecodeError:
        raise RuleError(
            "the encoded value is no text that a field can hold", hint="add base64offset"
        ) from None


def _regex(chain: Chain, value: Scalar) -> list[Test]:
    return [Regex(translated(canonical(value)), chain.flags)]


def _cidr(chain: Chain, value: Scalar) -> list[Test]:
    del chain
    try:
        return [Cidr(str(ip_network(canonical(value), strict=False)))]
    except ValueError as error:
        raise RuleError(f"not a network: {error}") from None


def _compare(chain: Chain, value: Scalar) -> list[Test]:
    try:
        number = float(canonical(value))
    except ValueError:
        raise RuleError(f"not a number: {canonical(value)!r}") from None
    return [Compare(cast("Relation", chain.test), number)]


def _exists(chain: Chain, value: Scalar) -> list[Test]:
    del chain
    wanted = {"true": True, "false": False}.get(canonical(value).lower())
    if wanted is None:
        raise RuleError("modifier 'exists' takes true or false")
    return [Exists() if wanted else Null()]


def _fieldref(chain: Chain, value: Scalar) -> list[Test]:
    if not isinstance(value, str) or not value:
        raise RuleError("modifier 'fieldref' takes the name of a field")
    return [FieldRef(value, chain.position, chain.cased)]


_TIME: Final = {
    "year": r"^0*{}-",
    "month": r"^\d+-0?{}(?:\D|$)",
    "day": r"^\d+-\d+-0?{}(?:\D|$)",
    "hour": r"^\d+-\d+-\d+[T ]0?{}:",
    "minute": r"^\d+-\d+-\d+[T ]\d+:0?{}(?:\D|$)",
}
"""Parts of a date as events write it: 2026-11-24T15:36:39 or with a space."""


def _time(chain: Chain, value: Scalar) -> list[Test]:
    if chain.test not in _TIME:
        raise RuleError(f"modifier {chain.test!r} needs a calendar, which no rule here has")
    text = canonical(value)
    if not text.isascii() or not text.isdecimal():
        raise RuleError(f"not a whole number: {text!r}")
    return [Regex(_TIME[chain.test].format(int(text)))]


_TESTS: Final[Mapping[str, Callable[[Chain, Scalar], list[Test]]]] = {
    "text": _text,
    "re": _regex,
    "cidr": _cidr,
    "exists": _exists,
    "fieldref": _fieldref,
    **dict.fromkeys(("lt", "lte", "gt", "gte"), _compare),
    **dict.fromkeys(("minute", "hour", "day", "week", "month", "year"), _time),
}
