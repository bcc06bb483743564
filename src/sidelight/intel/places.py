"""Countries by the names that reports give them."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def country_code(name: str) -> str:
    """Give the ISO 3166-1 alpha-2 code of a country, or nothing for what is none."""
    return _codes().get(" ".join(name.split()).casefold(), "")


def country_name(code: str) -> str:
    """Give the usual name of a country, or *code* where it is not assigned."""
    return _names().get(code.upper(), code)


def country_names() -> Mapping[str, str]:
    """Give the code of each country by every name that reports use, as it is written."""
    return {name: code for code, names in _table() for name in names}


@cache
def _table() -> tuple[tuple[str, tuple[str, ...]], ...]:
    text = (files("sidelight") / "content" / "countries.tsv").read_text(encoding="utf-8")
    rows = (line.partition("\t") for line in text.splitlines() if not line.startswith("#"))
    return tuple((code, tuple(names.split("; "))) for code, _, names in rows)


@cache
def _codes() -> Mapping[str, str]:
    return {name.casefold(): code for code, names in _table() for name in names}


@cache
def _names() -> Mapping[str, str]:
    return {code: names[0] for code, names in _table()}
