"""Techniques by their ids, by names of the knowledge base, and by phrases of prose."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal, TypeAlias

from sidelight.findings.attack import REVOKED
from sidelight.intel.entity import TECHNIQUES
from sidelight.intel.knowledge import Knowledge

By: TypeAlias = Literal["id", "name", "phrase"]
Found: TypeAlias = tuple[str, str, int, int, By]
_ID: Final = re.compile(r"\b(?:T\d{4}(?:\.\d{3})?|FGT\d{4}(?:\.\d{3})?|MOT\d{4}(?:\.\d{3})?)\b")


@cache
def _phrases() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    text = (files("sidelight") / "content" / "reading" / "techniques.toml").read_text("utf-8")
    return tuple(
        (
            row["id"],
            row["name"],
            re.compile(rf"(?<![\w-])(?:{_bounded(row['phrases'])})(?!\w)", re.IGNORECASE),
        )
        for row in tomllib.loads(text)["technique"]
    )


def _bounded(phrases: list[str]) -> str:
    """Join phrases; runs of letters are given an end, else a hostile text takes for ever."""
    text = "|".join(phrases)
    for run, bounded in ((r"\S+", r"\S{1,40}"), (r"\w*", r"\w{0,16}"), (r"\w+", r"\w{1,24}")):
        text = text.replace(run, bounded)
    return text.replace(" ", r"\s{1,3}")  # prose is wrapped anywhere


def phrased() -> list[tuple[str, str]]:
    """Give id and name of every technique that phrases name."""
    return [(identity, name) for identity, name, _ in _phrases()]


def technique_name(identity: str, knowledge: Knowledge) -> str:
    """Give the name of a technique; its id where nothing names it."""
    names = [knowledge.name_of(each) for each in knowledge.by_number.get(identity, ())]
    named = next((name for name in names if name != identity), "")
    return named or {row[0]: row[1] for row in _phrases()}.get(identity, identity)


def is_technique(identity: str, knowledge: Knowledge) -> bool:
    """Tell whether there is such a technique, as far as is known here."""
    return identity in knowledge.by_number or any(row[0] == identity for row in _phrases())


def find_techniques(text: str, knowledge: Knowledge) -> Iterator[Found]:
    """Yield id, name, start, end and by what: ids of before ATT&CK v19 as those of today."""
    for match in _ID.finditer(text):
        identity = REVOKED.get(match[0], match[0])
        yield identity, technique_name(identity, knowledge), match.start(), match.end(), "id"
    for identity, name, pattern in _phrases():
        for match in pattern.finditer(text):
            yield identity, name, match.start(), match.end(), "phrase"
    yield from _named(text, knowledge)


def _named(text: str, knowledge: Knowledge) -> Iterator[Found]:
    """Yield names of two or more words: single ones (Proxy, Phishing) are words of any text."""
    lower = text.lower()
    if len(lower) != len(text):
        return
    for name, number in _names(knowledge).items():
        at = lower.find(name)
        while at >= 0:
            end = at + len(name)
            if not (lower[at - 1 : at].isalnum() or lower[end : end + 1].isalnum()):
                yield number, technique_name(number, knowledge), at, end, "name"
            at = lower.find(name, end)


_NAMES: dict[int, tuple[Knowledge, Mapping[str, str]]] = {}


def _names(knowledge: Knowledge) -> Mapping[str, str]:
    known = _NAMES.get(id(knowledge))
    if known is None or known[0] is not knowledge:
        names = {
            entity.name.lower(): entity.numbers[0]
            for entity in knowledge.entities.values()
            if entity.type in TECHNIQUES and entity.numbers and not entity.revoked
            if " " in entity.name.strip()
        }
        known = _NAMES[id(knowledge)] = (knowledge, names)
    return known[1]
