"""Who says what, how surely, and from what knowledge."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal, TypeAlias

from sidelight.intel.publishers import publisher_of
from sidelight.reading.document import Span
from sidelight.reading.view import View
from sidelight.values import dataclass

Hand: TypeAlias = Literal["first-hand", "second-hand", "unstated"]

_HEDGE: Final = re.compile(
    r"\b(?:may(?: also)?(?: have)?(?: been)?|might|could(?: also)? have|possibl[ye]|potentially"
    r"|likely|unlikely|probably|appears? to|seems? to|suspected|alleged(?:ly)?|reportedly"
    r"|believed? to|rumou?rs?|rumou?red|unverified|unconfirmed|(?:is|are|was"
    r"|were) said to|would have"
    r"|claim(?:s|ed) that|not sure|perhaps|maybe|presumably|supposed(?:ly)?"
    r"|said to be|medium confidence|if true|dunno"
    r"|soll(?:en)?|vermutlich|mutmaßlich|möglicherweise|wahrscheinlich|auraient|serait"
    r"|peut-être|probablement"
    r"|believe that|low confidence|moderate confidence|unclear|aurait|some overlap|partially"
    r"|tentatively|suggests?)\b",
    re.IGNORECASE,
)
_DENIAL: Final = re.compile(
    r"\b(?:no evidence|not (?:be )?(?:confused|related|linked|the same|behind|plugx|responsible)"
    r"|(?:is|was|are|were|do|does|did|has|have) not\b|isn't|wasn't|unrelated|ruled out"
    r"|should not be|never|nothing happened|unlike|neither|den(?:y|ies|ied)(?= (?:that|having|any))"
    r"|(?:found|saw|see|seen|detected|observed) (?:no|none)"
    r"|no (?:sign|indication|proof|trace)s?|did not|didn't"
    r"|cannot confirm|could not confirm|(?:is|are|was|were) (?:wrong|false|untrue|groundless)"
    r"|nicht|kein(?:e[nmrs]?)?|aucune? preuve|n'est pas|ne sont pas)\b",
    re.IGNORECASE,
)
_FIRST: Final = re.compile(
    r"\b(?:our (?:team|investigation|analysis|researchers|telemetry|estate|view|network|honeypots?)"
    r"|we (?:investigated|found|observed|identified|saw|see|first saw|track|analy[sz]ed|detected"
    r"|discovered|assess|wrote|responded|recovered|uncovered|noticed))\b",
    re.IGNORECASE,
)
_SECOND: Final = re.compile(
    r"\b(?:according to|original article|reports that|reported (?:that|by)|, citing|cited by"
    r"|said on"
    r"|the company said|the report (?:reads|says|said)|wrote that|told reporters|says? researchers"
    r"|read more:|the article adds|source:)",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    '"[^"\n]{1,2000}"|\u201c[^\u201d\n]{1,2000}\u201d|\u00ab[^\u00bb\n]{1,2000}\u00bb'
)
_ORDER: Final = re.compile(
    r"\b(?:ignore|disregard|forget) (?:all |any |the )?(?:previous|prior|above|earlier)"
    r" (?:instructions?"
    r"|prompts?|messages?)|\byou are now\b|\bsystem prompt\b|\bthe assistant (?:shall|must"
    r"|should)\b",
    re.IGNORECASE,
)


def hedge(sentence: str) -> str:
    """Give the words that weaken *sentence*, as written; "" for none."""
    return ", ".join(dict.fromkeys(match[0].lower() for match in _HEDGE.finditer(sentence)))


def outside_quotes(text: str) -> str:
    """Blank what stands between quotation marks, so that places stay: others speak there."""
    return _QUOTED.sub(lambda match: " " * len(match[0]), text)


def denies(sentence: str) -> bool:
    """Tell whether *sentence* says that something is not so."""
    return bool(_DENIAL.search(sentence))


def speaks_first_hand(sentence: str) -> bool:
    """Tell whether who speaks says that they saw it themselves."""
    return bool(_FIRST.search(outside_quotes(sentence)))


def orders(text: str) -> list[tuple[int, int]]:
    """Find where a text tries to instruct whoever reads it."""
    return [match.span() for match in _ORDER.finditer(text)]


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who speaks in reports."""

    name: str
    kind: str


@cache
def _voices() -> Mapping[str, Voice]:
    text = (files("sidelight") / "content" / "reading" / "voices.toml").read_text("utf-8")
    return {
        name: Voice(name, kind) for kind, names in tomllib.loads(text).items() for name in names
    }


def voice_of(address: str) -> Voice | None:
    """Give who publishes at *address*; None where it is not known."""
    return _voices().get(publisher_of(address))


@cache
def _speakers() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, _voices()), key=lambda name: (-len(name), name)))
    return re.compile(
        rf"\b({names})\b(?=(?:'s)?(?: \w+){{0,2}} (?:says?|said|wrote|reports?|reported"
        rf"|found"
        rf"|attributes?|notes?|warned|believes?|itself))"
        rf"|(?i:according to|citing|researchers (?:at|from|with)|report (?:by|from|of)|says|said"
        rf"|per|by) (?:researchers (?:at|from) |analysts (?:at|from) )?({names})\b"
    )


def speakers(text: str) -> list[tuple[Voice, int, int]]:
    """Find who is quoted or cited: the voice, and where it is named."""
    return [
        (_voices()[match[1] or match[2]], *match.span(1 if match[1] else 2))
        for match in _speakers().finditer(text)
    ]


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a text comes to know what it says.

    Args:
        hand: *unstated* where it neither saw anything itself nor says from whom it has it.
        chain: from whom it has it, the nearest first: ("Dark Reading", "Symantec").
        spans: where that is written.
    """

    hand: Hand
    chain: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()


def provenance(seen: View, links: tuple[str, ...]) -> Provenance:
    """Judge a text by how it speaks.

    Args:
        seen: the text.
        links: addresses that it sends its reader to.
    """
    cited = speakers(seen.text)
    hosts = [voice for voice in map(voice_of, links) if voice]
    rank = {"press": 0, "government": 1, "vendor": 1}
    chain = sorted(
        {*hosts, *(voice for voice, _, _ in cited)},
        key=lambda voice: (rank.get(voice.kind, 2), voice.name),
    )
    marks = [(start, end) for _, start, end in cited]
    marks += [match.span() for match in _SECOND.finditer(seen.text)]
    own = [match.span() for match in _FIRST.finditer(outside_quotes(seen.text))]
    names = tuple(voice.name for voice in chain)
    if own:
        return Provenance("first-hand", names, _spans(seen, own))
    if marks:
        return Provenance("second-hand", names, _spans(seen, marks))
    return Provenance("unstated", names)


def _spans(seen: View, marks: list[tuple[int, int]]) -> tuple[Span, ...]:
    return tuple(seen.span(start, end) for start, end in sorted(marks)[:5])
