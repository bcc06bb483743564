"""What stands around a token, and what that says of it."""

import re
from typing import Final

from sidelight.values import dataclass

_VERSION: Final = re.compile(
    r"(?:\bversions?|\bver\.?|\bv|\brelease[sd]?|\bbuild|\bfirmware|\bsection|\bchapter|\bclause"
    r"|\bupgraded?|\bupdated?|\bpatch(?:ed)?|\bagent|\blib\w+|\bopenssl|\bkernel|\bOS|\bparagraph)"
    r"[\s:=]*(?:[\w.]+\s+(?:to|and|or)\s+)?$",
    re.IGNORECASE,
)
_NETWORK: Final = re.compile(
    r"\b(?:address(?:es)?|ips?|ipv[46]|servers?|hosts?|c2|c&c|c2s|command[- ]and[- ]control"
    r"|beacons?|beaconing|connects?|connected|connections?|contact(?:s|ed)?|domains?|resolv\w+"
    r"|download\w*|fetch\w*|retriev\w*|payloads?|infrastructure|relays?|callbacks?|talk(?:s|ing)?"
    r"|traffic|port|proxy|proxied|exfiltrat\w+|upload\w*|post(?:s|ed)? to|malicious|phishing"
    r"|tunnel\w*|scan\w*|attacker-controlled|serveur|subnet|netblock|ping)\b",
    re.IGNORECASE,
)
_POINTING: Final = re.compile(
    r"(?:original article|read more|source|sources|references?|reference|see|see also|link|via"
    r"|article|blog|more at|harmless|legitimate|official|advisory|published at|documentation"
    r"|footer|guide|website|full report|report at|details at)\W*(?:\w+\W+){0,4}$",
    re.IGNORECASE,
)
_LIST: Final = re.compile(
    r"^\W*(?:(?:c2|ips?|domains?|urls?|hosts?|sha-?\d+|md5|hash(?:es)?|ioc|files?|e-?mails?"
    r"|hostname|ip-dst|ip-src|servers?)\b[^:=|]{0,20}[:=|])?\W*$",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(r"^[\s.,;|)\]\"'`:\d]*(?:\([^)]*\)|#.*)?\s*$")
_HANDLING: Final = re.compile(
    r"\b(?:drop(?:s|ped)?|load(?:s|ed|er)?|sideload\w*|decrypt\w*|blob|encrypted|payload|malicious"
    r"|implant|backdoor|web ?shell|attached|attachment|macro|stage[sd]?|executes?|written|wrote"
    r"|renamed|persist\w*|installed|copied|unpack\w*|inject\w*|dll|exe|beacon|trojan|ran)\b",
    re.IGNORECASE,
)
_CONTACT: Final = re.compile(
    r"\b(?:contact|write to|questions?(?: to)?|reports? (?:it |them )?to|(?:e-?)?mail us|reach us"
    r"|press|subscribe|feedback|account is|kontakt|contacte[rz]?)\b\W*(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
_OURS_BEFORE: Final = re.compile(
    r"\b(?:our|your|the victim's|the operator's) (?:own )?"
    r"(?:range|network|subnet|prefix|address(?: space)?)s?\W*$",
    re.IGNORECASE,
)
_OURS_AFTER: Final = re.compile(
    r"^[^.;!?\n]{0,60}\b(?:our own|the (?:victim|operator|company)'s own)\b", re.IGNORECASE
)
_REACH: Final = 90


@dataclass(frozen=True, slots=True)
class Context:
    """The words around a token, in its own line."""

    before: str
    after: str

    @property
    def is_version(self) -> bool:
        """Tell whether what stands before makes a number a version."""
        return bool(_VERSION.search(self.before))

    @property
    def is_network(self) -> bool:
        """Tell whether the words around speak of connections."""
        return bool(_NETWORK.search(self.before) or _NETWORK.search(self.after))

    @property
    def is_pointing(self) -> bool:
        """Tell whether the reader is pointed somewhere."""
        return bool(_POINTING.search(self.before[-60:])) or bool(
            re.match(r"[^.]{0,30}\b(?:harmless|legitimate|for terms)\b", self.after)
        )

    @property
    def is_contact(self) -> bool:
        """Tell whether the reader is told whom to write to."""
        return bool(_CONTACT.search(self.before))

    @property
    def is_own(self) -> bool:
        """Tell whether it is said to be of whoever writes, or of the victim."""
        return bool(_OURS_BEFORE.search(self.before) or _OURS_AFTER.search(self.after))

    @property
    def is_listed(self) -> bool:
        """Tell whether the token stands alone in its line, or behind a label."""
        return bool(_LIST.match(self.before) and _TAIL.match(self.after))

    @property
    def is_handling(self) -> bool:
        """Tell whether the words around speak of malware and what it does with files."""
        return bool(_HANDLING.search(self.before) or _HANDLING.search(self.after))


def context(text: str, start: int, end: int) -> Context:
    """Look around the characters *start* to *end*, no further than their line."""
    left = max(text.rfind("\n", 0, start) + 1, start - _REACH)
    right = text.find("\n", end)
    right = min(right if right >= 0 else len(text), end + _REACH)
    return Context(text[left:start], text[end:right])
