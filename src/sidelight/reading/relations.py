"""Relations by explicit patterns over one sentence: who uses what, who got into what.

A verb joins what stands before it to what stands after it, each with all that is coordinated with
it ("Fireant, Needleminer and Firefly"). What no pattern covers is not guessed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sidelight.reading.claim import INTRUDERS, Relation
from sidelight.reading.entity import NAMED, Mention
from sidelight.values import dataclass

_SOFTWARE: Final = frozenset({"malware", "tool"})
_VICTIMS: Final = frozenset({"sector", "country", "region"})
_ACTOR: Final = frozenset({"actor"})
_ANY: Final = NAMED
_AUXILIARY: Final = (
    r"(?:(?:also|has|have|had|been|is|are|was|were|may|might|could|possibly"
    r"|likely|reportedly|then|previously|allegedly) ){0,4}"
)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A verb.

    Args:
        subjects: kinds that may stand before it; *objects*: after it.
        turned: whether the text names the object first ("deployed by").
        generic: whether "the attackers" may be the subject.
    """

    relation: Relation
    verb: re.Pattern[str]
    subjects: frozenset[str]
    objects: frozenset[str]
    turned: bool = False
    generic: bool = False


def _verb(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{text})(?![\w-])", re.IGNORECASE)


_PATTERNS: Final = (
    _Pattern(
        "distinct-from",
        _verb(r"(?:should not be|not to be|must not be) confused with"
              r"|(?:is|are) not(?= (?-i:[A-Z]))"
              r"|unrelated to|(?:is|are) different from|(?:is|are) distinct from|not the same as"),
        _ANY, _ANY,
    ),
    _Pattern(
        "uses-tools-of",
        _verb(
            r"(?:used|use|uses|utili[sz]ed|utili[sz]e|employed|employ|deployed)(?: \S+){0,2} "
            r"(?:tools?|malware|tooling|backdoors?)(?: \S+){0,2}? (?:from|of|associated with"
            r"|linked to|tied to|attributed to)"
        ),
        _ACTOR, _ACTOR, generic=True,
    ),
    _Pattern(
        "associated-with",
        _verb(
            r"(?:associated with|linked (?:with|to)|attributed to|connected (?:with|to)|tied to"
            r"|overlap(?:s|ping)? with|shares? (?:\w+ ){0,2}with|work of|variant of|belongs?"
            r" to|related to)"
        ),
        _ANY, _ANY,
    ),
    _Pattern(
        "also-called",
        _verb(r"also (?:known|tracked|called)(?: as)?|a\.?k\.?a\.?|alias"
              r"|(?:which|whom) (?:(?-i:[A-Z])\w+ ){1,2}(?:calls?|names?|tracks? as)"),
        _ANY, _ANY,
    ),
    _Pattern(
        "uses",
        _verb(
            r"(?:deployed|used|operated|delivered|installed|developed|wielded|written|run)"
            r" (?:\w+ ){0,2}by"
        ),
        _ACTOR, _SOFTWARE, turned=True,
    ),
    _Pattern(
        "delivered-by",
        _verb(r"(?:delivered|loaded|sideloaded|dropped|installed|launched|started|spread)"
              r" (?:by|through|via|with)"),
        frozenset({"malware"}), _SOFTWARE | {"file"},
    ),
    _Pattern(
        "delivered-by",
        _verb(r"(?:loads|starts|launches|drops|installs|decrypts|injects|runs|executes)"),
        frozenset({"malware"}), frozenset({"file"}), turned=True,
    ),
    _Pattern(
        "uses",
        _verb(
            r"uses?|used|using|utili[sz](?:es?|ed|ing)|deploy(?:s|ed|ing)?|employ(?:s|ed|ing)?|drop(?:s|ped)|wrote"
            r"|leverag(?:es?|ed|ing)|install(?:s|ed|ing)?|wield(?:s|ed)|operat(?:es|ed)|runs?|ran|utilisé"
            r"|hid|based on|with|relied on|web shells based on"
        ),
        _ACTOR, _SOFTWARE,
    ),
    _Pattern(
        "targets",
        _verb(
            r"target(?:s|ed|ing)?|infiltrat(?:es?|ed)|compromis(?:es?|ed|ing)|breach(?:es|ed)|hit|attack(?:s|ed|ing)?"
            r"|spied on|broken into|broke into|got into|intrud(?:es?|ed) into|against|contre"
            r"|infect(?:s|ed)"
        ),
        _ACTOR, _VICTIMS, generic=True,
    ),
    _Pattern("involves", _verb(r"(?:were|was|are|is|being) (?:involved|implicated|behind"
                               r"|responsible)"), _ACTOR, _ANY),
)  # fmt: skip

_JOINED: Final = re.compile(
    r"\s*(?:,|\u2014|\u2013|-|/)?\s*(?:(?:and|or|&|as well as|et)\s+)?(?:the |its |a"
    r" )?(?:back ?doors? |malware |groups? )?\s*",
    re.IGNORECASE,
)
_GENERIC: Final = re.compile(
    r"\b(?:the |these |those )?(?:attackers?|intruders?|hackers?|threat actors?|adversar(?:y|ies)"
    r"|(?:cyber-?\s?)?espionage groups?|(?:\w+ ){0,2}groups|they)\b",
    re.IGNORECASE,
)
_REACH: Final = 260
_LONGEST: Final = 4_000
_MOST: Final = 120
"""No person reads a longer sentence; what comes behind is named, and not related."""

Related = tuple[str, Relation, str]


def relate(sentence: str, mentions: Sequence[Mention]) -> Iterator[Related]:
    """Yield subject, relation and object for every verb of *sentence* that a pattern knows.

    Args:
        sentence: as it is seen.
        mentions: of this sentence, in order; places counted within it.
    """
    sentence, mentions = sentence[:_LONGEST], mentions[:_MOST]
    seen: set[Related] = set()
    used: list[range] = []
    tools_of: set[str] = set()
    aliases: dict[str, str] = {}
    for pattern in _PATTERNS:
        for match in pattern.verb.finditer(sentence):
            if any(match.start() in place for place in used):
                continue
            found = list(_joined(pattern, match, sentence, mentions))
            if pattern.relation == "uses-tools-of":
                tools_of |= {object_ for _, _, object_ in found}
            if pattern.relation == "targets":
                found = [_unblamed(each, tools_of) for each in found]
            if found:
                used.append(range(match.start(), match.end()))
            if pattern.relation == "also-called":
                aliases |= {object_: subject for subject, _, object_ in found}
            elif pattern.relation != "distinct-from":
                found = [(aliases.get(who, who), what, whom) for who, what, whom in found]
            for each in found:
                if each not in seen:
                    seen.add(each)
                    yield each


def _unblamed(found: Related, tools_of: set[str]) -> Related:
    """Say "the intruders" for those of whom the same sentence says that their tools were used."""
    subject, relation, object_ = found
    return (INTRUDERS if subject in tools_of else subject), relation, object_


def _joined(
    pattern: _Pattern, match: re.Match[str], sentence: str, mentions: Sequence[Mention]
) -> Iterator[Related]:
    first, last = (
        (pattern.objects, pattern.subjects)
        if pattern.turned
        else (pattern.subjects, pattern.objects)
    )
    if pattern.relation == "involves":
        for each in _before(sentence, mentions, match.start(), _ACTOR):
            yield INTRUDERS, "involves", each.name
        return
    left = [each.name for each in _before(sentence, mentions, match.start(), first)]
    right = [each.name for each in _after(sentence, mentions, match.end(), last)]
    if not left and pattern.generic and _GENERIC.search(sentence[: match.start()]):
        left = [INTRUDERS]
    if pattern.turned:
        left, right = right, left
    for subject in left:
        for object_ in right:
            if subject != object_:
                yield subject, pattern.relation, object_


def _before(
    sentence: str, mentions: Sequence[Mention], at: int, kinds: frozenset[str]
) -> list[Mention]:
    """Give the nearest mention of *kinds* before *at*, with what is coordinated with it."""
    inside = [each for each in mentions if each.end <= at and each.kind in kinds]
    if not inside or at - inside[-1].end > _REACH:
        return []
    group = [inside[-1]]
    for each in reversed(inside[:-1]):
        if not _JOINED.fullmatch(sentence, each.end, group[-1].start):
            break
        group.append(each)
    return group[::-1]


def _after(
    sentence: str, mentions: Sequence[Mention], at: int, kinds: frozenset[str]
) -> list[Mention]:
    inside = [each for each in mentions if each.start >= at and each.kind in kinds]
    if not inside or inside[0].start - at > _REACH:
        return []
    if kinds == _VICTIMS:  # sector, region and country are one victim, up to who comes next
        next_ = (each.start for each in mentions if each.start >= at and each.kind == "actor")
        end = min(next(next_, at + _REACH), at + _REACH)
        return [each for each in inside if each.start <= end]
    group = [inside[0]]
    for each in inside[1:]:
        if not _JOINED.fullmatch(sentence, group[-1].end, each.start):
            break
        group.append(each)
    return group


def within(mentions: Iterable[Mention], start: int, end: int) -> list[Mention]:
    """Give the mentions between two characters, with places counted from the first."""
    return [
        Mention(each.kind, each.name, each.start - start, each.end - start)
        for each in mentions
        if start <= each.start and each.end <= end
    ]
