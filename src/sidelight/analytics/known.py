"""What is publicly known of libraries, by name.

Which come with Windows, which programs ship, which are asked for and never there, and who signs
those that intruders like to replace.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import translate
from functools import cache
from importlib.resources import files
from typing import Final

from sidelight.values import dataclass

_FOLDER: Final = "content"


@dataclass(frozen=True, slots=True)
class Pair:
    """A library that a trusted program loads from its own folder.

    Args:
        library: file name, folded.
        signers: words of which one stands in the name of every genuine signer, folded.
        hosts: names of programs that load it, folded, as their makers call them.
        source: the public report it is from.
    """

    library: str
    signers: tuple[str, ...]
    hosts: tuple[str, ...]
    source: str


@cache
def system_names() -> frozenset[str]:
    """Name the libraries whose home is System32."""
    return frozenset(_words("libraries/system.txt"))


@cache
def phantom_names() -> frozenset[str]:
    """Name libraries that Windows asks for and that it does not have."""
    return frozenset(_words("libraries/phantoms.txt"))


@cache
def _shipped() -> re.Pattern[str]:
    return re.compile("|".join(translate(word) for word in _words("libraries/shipped.txt")))


def is_shipped(name: str) -> bool:
    """Tell whether programs ship a library of this folded name beside themselves by right."""
    return _shipped().match(name) is not None


@cache
def known_pairs() -> Mapping[str, Pair]:
    """Give the pairs of programs and libraries, by the library's folded name."""
    table = tomllib.loads(_text("libraries/pairs.toml"))
    pairs = (
        Pair(
            row["library"].lower(),
            tuple(text.lower() for text in row["signers"]),
            tuple(text.lower() for text in row["hosts"]),
            row["source"],
        )
        for row in table["pair"]
    )
    return {pair.library: pair for pair in pairs}


@cache
def programs(role: str) -> frozenset[str]:
    """Name the programs of a role, a key of ``content/programs.toml``, folded."""
    return frozenset(tomllib.loads(_text("programs.toml"))[role].split())


def _text(name: str) -> str:
    return (files("sidelight") / _FOLDER / name).read_text(encoding="utf-8")


def _words(name: str) -> Iterator[str]:
    for line in _text(name).splitlines():
        yield from line.partition("#")[0].lower().split()
