"""Names of actors, malware and tools: known ones, numbered ones, and those a text introduces."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sidelight.reading.entity import Kind, Mention
from sidelight.reading.lexicon import Lexicon, is_plain
from sidelight.reading.words import words

_ACTOR_NOUN: Final = (
    r"(?:groups?|actors?|gangs?|clusters?|hackers|crews?|teams?|apts?|intrusion sets?|threat"
    r" actors?"
    r"|adversar(?:y|ies)|operators behind|groupes?|modes? opératoires?)"
)
_MALWARE_NOUN: Final = (
    r"(?:backdoors?|back doors?|malware|trojans?|rats?|implants?|rootkits?|loaders?|web ?shells?"
    r"|ransomware|wipers?|stealers?|keyloggers?|droppers?|bootkits?|botnets?|spyware|famil(?:y|ies)"
    r"|porte dérobée|maliciels?|Schadsoftware)"
)
_NAME: Final = r"[A-Z][\w+-]*(?:[ -](?:[A-Z][\w+-]*|\d{1,4}))?(?: [A-Z][\w-]*)?"
_LIST: Final = rf"{_NAME}(?:(?:,? (?:and|or|&) |, ){_NAME})*"
_ADVERB: Final = (
    r"(?:(?:previously|publicly|also|internally|then|now|it|we|they|which|that"
    r"|is|was|are|has been|have been|being|,|the) ?){0,4}"
)

_CUE: Final = re.compile(
    rf"\b(?:{_ACTOR_NOUN}|{_MALWARE_NOUN}|tools?|espionage|attack(?:s|ers?|ed)?|linked to"
    rf"|campaigns?"
    r"|associated with|attributed to|tracked as|known as|aka|dubbed|us(?:es|ed|ing)|deploy\w*"
    r"|compromised|infiltrated|behind|overlaps?|variants? of|intru\w+|threats?|apt|c2|cve|beacon\w*"
    r"|samples?|infect\w*|sideload\w*|opérateur|attribut\w+|activity|infrastructure|builds? of"
    r"|Schadsoftware|maliciels?|intrusion|victims?|espionage)\b",
    re.IGNORECASE,
)
_NUMBERED: Final = re.compile(
    r"\b(?:UNC|APT|FIN|TA(?!00|5\d{3})|UAT|TAG|TEMP|ATK|CL-STA|CL-CRI|CL-UNK|UAC|DEV|Storm|GOLD|SLIME)-?\d{1,5}\b"
)
_SCHEMES: Final = re.compile(
    r"\b(?:[A-Z][a-z]+ (?:Panda|Typhoon|Kitten|Bear|Spider|Chollima|Blizzard|Sandstorm|Sleet"
    r"|Tempest"
    r"|Buffalo|Leopard|Jackal|Taurus|Ursa|Libra|Scorpius|Serpens|Tsunami|Phoea)"
    r"|[A-Z]+ (?:PANDA|TYPHOON|KITTEN|BEAR|SPIDER|CHOLLIMA|JACKAL|BUFFALO)|Earth [A-Z][a-z]+)\b"
)
_SPEAKING_END: Final = (
    r"(?:DOOR|Door|SHELL|Shell|LOADER|Loader|STEALER|Stealer|WIPER|Wiper|RAT|LOCKER|Locker)"
)
"""How names of malware end that say what it is."""
_NO_MALWARE: Final = (
    r"(?i:powershell|webshell|backdoor|trapdoor|indoor|outdoor|downloader|uploader|bootloader"
    r"|preloader|bitlocker|applocker|nutshell)\b"
)
_INTRODUCED: Final = (
    ("malware", re.compile(rf"(?i:{_MALWARE_NOUN}) [\"\u201c\u2018\u00ab']({_NAME})"
                           r"(?=[\"\u201d\u2019\u00bb'])")),
    ("malware", re.compile(rf"\b((?!{_NO_MALWARE})[A-Z][A-Za-z]{{2,14}}{_SPEAKING_END})\b")),
    ("malware", re.compile("(?:\u30de\u30eb\u30a6\u30a7\u30a2|\u30d0\u30c3\u30af\u30c9\u30a2)"
                           "[\u306f\u300c\u306e]?([A-Z][A-Za-z0-9-]{3,30})")),
    ("malware", re.compile(rf"(?i:{_MALWARE_NOUN}),? {_ADVERB}(?i:dubbed|called|named|known"
                           rf" as|tracked as|codenamed|calls?) ({_LIST})")),
    ("actor", re.compile(rf"(?i:{_ACTOR_NOUN}),? {_ADVERB}(?i:dubbed|called|named|known as"
                         rf"|tracked as|codenamed) (?:as )?({_LIST})")),
    ("actor", re.compile(rf"(?i:{_ACTOR_NOUN})(?:,? (?i:such as|including|like|namely)"
                         rf"|[\u2014\u2013:]| -) ?({_LIST})")),
    ("actor", re.compile(rf"(?i:associated with|linked to|attributed to) (?:the"
                         rf" )?(?i:{_ACTOR_NOUN}) ({_LIST})")),
    ("actor", re.compile(rf"(?i:we|which we|vendors|researchers|analysts|it) (?i:tracks?"
                         rf"|calls?|names?) (?:as |it |the (?i:{_ACTOR_NOUN}) )?(?:as"
                         rf" )?({_NAME})")),
    ("actor", re.compile(rf"\b(?i:the|by|group|groupe) ({_NAME}) (?i:{_ACTOR_NOUN})\b")),
    ("actor", re.compile(rf"\b(?i:groupe|the group) ({_NAME})\b")),
    ("malware", re.compile(rf"\b({_NAME}) (?i:{_MALWARE_NOUN})\b")),
    ("malware", re.compile(rf"\b(?i:the malware|backdoor|back door|porte dérobée|trojan)"
                           rf" ({_NAME})\b")),
    ("malware", re.compile(rf"\b({_NAME}), an? (?:[\w-]+ ){{0,3}}(?i:{_MALWARE_NOUN})\b")),
    ("tool", re.compile(rf"\bThe tool ({_NAME})\b")),
)  # fmt: skip
_MEMBER: Final = re.compile(rf"{_NAME}")
_NO_NAMES: Final = words(
    """the a an this that these those its their our your his her one two three four five six at in
    on by for from as and or but if when while after before both each many several most some all any
    new another other such more custom windows linux android ios macos esxi vmware cisco juniper
    fortinet microsoft google apple chinese russian iranian korean vietnamese indian american asian
    european china russia iran web remote access remote-access chinese-speaking china-linked
    china-nexus russian-speaking state-sponsored north south east west trojan backdoor malware
    rootkit ransomware loader key takeaways analysts researchers telecom telecoms
    telecommunications apt rat c2 us un eu it we they he she following known unknown operation
    team group threat dns ssh icmp tcp udp http https smb rdp elf pe dll powershell python php asp
    java c golang rust net"""
)
_HOUSES: Final = words("research labs lab security intelligence response networks cert")
"""The last word of names of those who write reports."""
_JOINT: Final = re.compile(r"\s*,\s*(?:(?:and|or|&)\s+)?|\s+(?:and|or|&|as well as)\s+")


def find_names(text: str, spans: Sequence[tuple[int, int]], lexicon: Lexicon) -> list[Mention]:
    """Find every mention of an actor, a malware or a tool, in order, none over another.

    Args:
        text: what is seen of a document.
        spans: its sentences.
        lexicon: names that are known.
    """
    fixed = [*lexicon.mentions(text), *_numbered(text)]
    firm = [each for each in fixed if not is_plain(each.name)]
    bare = [each for each in fixed if is_plain(each.name)]
    spoken = _spoken_for(text, spans, bare) | _beside(spans, firm, bare)
    found = _apart([*firm, *(each for each in bare if each.name in spoken)])
    fresh = _apart([*found, *_introduced(text, spans)])
    return _apart([*fresh, *_repeated(text, fresh)])


def _numbered(text: str) -> Iterator[Mention]:
    for pattern in (_NUMBERED, _SCHEMES):
        for match in pattern.finditer(text):
            yield Mention("actor", match[0], match.start(), match.end())


def _spoken_for(
    text: str, spans: Sequence[tuple[int, int]], mentions: Iterable[Mention]
) -> frozenset[str]:
    """Name those for which the words of one of their sentences speak."""
    found = set()
    several = sorted(mentions, key=lambda each: each.start)
    starts = [each.start for each in several]
    for start, end in spans:
        for each in several[bisect_left(starts, start) : bisect_left(starts, end)]:
            rest = text[start : each.start] + " " + text[each.end : end]
            longer = re.match(r" [A-Z][a-z]+", text[each.end : each.end + 20])
            if _CUE.search(rest) and not longer and each.name[0].isupper():
                found.add(each.name)
    return frozenset(found)


def _beside(
    spans: Sequence[tuple[int, int]], firm: Sequence[Mention], bare: Iterable[Mention]
) -> frozenset[str]:
    """Name those that stand in one sentence with a name that is no ordinary word."""
    starts = [start for start, _ in spans]
    held = {bisect_right(starts, each.start) for each in firm}
    return frozenset(
        each.name
        for each in bare
        if each.name[0].isupper() and bisect_right(starts, each.start) in held
    )


def _introduced(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Mention]:
    for start, end in spans:
        sentence = text[start : min(end, start + 2_000)]
        for kind, pattern in _INTRODUCED:
            for match in pattern.finditer(sentence):
                for member in _members(match[1]):
                    at = start + match.start(1) + member.start()
                    yield _mention(kind, member[0], at)


def _mention(kind: str, written: str, at: int) -> Mention:
    kinds: dict[str, Kind] = {"malware": "malware", "actor": "actor", "tool": "tool"}
    return Mention(kinds[kind], written, at, at + len(written))


def _members(listed: str) -> Iterator[re.Match[str]]:
    at = 0
    for part in [*_JOINT.finditer(listed), None]:
        end = part.start() if part else len(listed)
        match = _MEMBER.fullmatch(listed, at, end)
        at = part.end() if part else end
        while match and match[0].partition(" ")[0].lower() in _NO_NAMES and " " in match[0]:
            match = _MEMBER.fullmatch(listed, match.start() + match[0].index(" ") + 1, end)
        if match and _is_name(match[0]):
            yield match


def _is_name(written: str) -> bool:
    words = re.split(r"[ ]", written)
    lower = [word.lower() for word in words]
    if any(word in _NO_NAMES for word in lower) or len(written) < 4:
        return False
    if lower[-1] in _HOUSES:
        return False
    return not any("-linked" in word or "-nexus" in word for word in lower)


def _repeated(text: str, found: Sequence[Mention]) -> Iterator[Mention]:
    """Yield what was introduced once, wherever else it is written the very same way."""
    kinds = {each.name: each.kind for each in found}
    if not kinds:
        return
    longest = sorted(kinds, key=lambda name: (-len(name), name))
    pattern = re.compile(rf"(?<![\w/\\.@-])(?:{'|'.join(map(re.escape, longest))})(?![\w-])")
    for match in pattern.finditer(text):
        yield Mention(kinds[match[0]], match[0], match.start(), match.end())


def _apart(mentions: Iterable[Mention]) -> list[Mention]:
    """Keep the first of those that overlap, the longer one where they start together."""
    ordered = list(mentions)
    taken: list[Mention] = []
    used: set[int] = set()
    for each in ordered:
        places = range(each.start, each.end)
        if used.isdisjoint(places):
            taken.append(each)
            used.update(places)
    return sorted(taken, key=lambda each: each.start)
