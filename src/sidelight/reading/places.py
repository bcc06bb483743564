"""Countries, regions, sectors and dates, as a text names them."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from sidelight.intel.places import country_name, country_names
from sidelight.reading.entity import Kind, Mention

_ORIGIN: Final = re.compile(
    r"-(?:linked|nexus|based|backed|aligned|sponsored|speaking)|'s (?:Ministry|army)"
)
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTH: Final = rf"(?:{'|'.join(_MONTHS)})"
_DATE: Final = re.compile(
    rf"\b(?:(\d{{4}})-(\d{{2}})-(\d{{2}})|(\d{{1,2}})(?:st|nd|rd|th)? ({_MONTH})(?:,? (\d{{4}}))?"
    rf"|({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})|({_MONTH}),? (\d{{4}})"
    r"|(?:since|in|from|until|during|by|of|early|late|mid-?) ?((?:19|20)\d\d))\b"
)


_ORDINARY: Final = frozenset({"Georgia", "Jersey", "Turkey", "Chad", "Jordan", "Man"})
"""Names that are given to people, states and birds as often; not taken without more."""


@cache
def _tables() -> Mapping[str, Mapping[str, list[str]]]:
    text = (files("sidelight") / "content" / "reading" / "places.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def _patterns() -> tuple[tuple[Kind, re.Pattern[str], Mapping[str, str]], ...]:
    tables = _tables()
    places = {name: country_name(code) for name, code in country_names().items()}
    places = {name: usual for name, usual in places.items() if name not in _ORDINARY}
    regions = {name: region for region, names in tables["regions"].items() for name in names}
    return (("country", _any(places), places), ("region", _any(regions), regions))


def _any(names: Mapping[str, str]) -> re.Pattern[str]:
    longest = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest))})(?!\w)")


@cache
def _sectors() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (sector, re.compile(rf"\b(?:{'|'.join(phrases)})\b", re.IGNORECASE))
        for sector, phrases in _tables()["sectors"].items()
    )


def find_places(text: str) -> Iterator[Mention]:
    """Yield countries and regions as places; not as the origin of somebody (China-linked)."""
    for kind, pattern, names in _patterns():
        for match in pattern.finditer(text):
            if not _ORIGIN.match(text, match.end()):
                yield Mention(kind, names[match[0]], match.start(), match.end())


def find_sectors(text: str) -> Iterator[Mention]:
    """Yield the sectors that are spoken of."""
    for sector, pattern in _sectors():
        for match in pattern.finditer(text):
            yield Mention("sector", sector, match.start(), match.end())


def find_dates(text: str) -> Iterator[Mention]:
    """Yield dates as ISO 8601 writes them, as exact as the text is: 2024, 2024-06, 2024-06-24."""
    for match in _DATE.finditer(text):
        if iso := _iso(match):
            yield Mention("date", iso, match.start(), match.end())


def _iso(match: re.Match[str]) -> str:
    year, month, day, d2, m2, y2, m3, d3, y3, m4, y4, alone = match.groups()
    if year:
        return f"{year}-{month}-{day}" if "01" <= month <= "12" and "01" <= day <= "31" else ""
    if m2:
        return f"{y2}-{_number(m2)}-{int(d2):02}" if y2 and int(d2) <= 31 else ""
    if m3:
        return f"{y3}-{_number(m3)}-{int(d3):02}" if int(d3) <= 31 else ""
    return f"{y4}-{_number(m4)}" if m4 else alone or ""


def _number(month: str) -> str:
    return f"{_MONTHS.index(month) + 1:02}"
