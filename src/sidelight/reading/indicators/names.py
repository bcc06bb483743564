"""Domain names and names of files, told apart by their last part and by what stands around.

Sources: RFC 1035 2.3.1 and RFC 5890 (labels), RFC 2606 and RFC 6761 (names for documentation);
ISO 3166-1 for top-level domains of two letters, where any pair of letters is taken.
"""

import re
import unicodedata
from typing import Final

from sidelight.reading.words import words

_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
DOMAIN: Final = re.compile(rf"(?:[\w-]{{1,63}}\.)*{_LABEL}\.([^\W\d_]{{2,24}}|xn--[\w-]+)\.?")
_FILE: Final = re.compile(r"[\w~$!@#%&()+.-]{1,80}\.([A-Za-z][A-Za-z0-9]{0,5})")

GENERIC: Final = words(
    """com net org info biz edu gov mil int arpa pro mobi asia tel travel jobs cat coop aero
    museum post xyz top site online club shop app dev cloud live store tech space website icu vip
    work link click buzz fun win bid loan men stream download review party trade date racing
    science accountant faith cricket webcam life world today news blog email network systems
    support services solutions digital agency media center company group global zone host press
    wiki one page run rocks bar cfd sbs cyou monster quest bond lol autos beauty hair skin makeup
    boats motorcycles homes yachts rest best ninja guru ltd llc inc finance money bank zip mov
    example test invalid localhost onion internal corp lan local"""
)
"""Top-level domains of more than two letters that are taken without being defanged."""

PROGRAMS: Final = words(
    """exe dll sys ocx cpl scr bat cmd ps1 psm1 vbs vbe jse wsf hta lnk docm xlsm pptm dotm rtf msi
    msp bin dat tmp so ko elf jar jsp jspx aspx ashx war class rar 7z iso img vhd cab chm drv efi
    ax vib one pif com"""
)
"""Extensions of files that an intrusion leaves."""

TEXTS: Final = words(
    """py js ts rs html htm txt json yml yaml xml csv c h cpp go rb pl sh php java log ini conf
    cfg pdf doc docx xls xlsx ppt pptx png jpg jpeg gif svg zip gz tar toml lock css ja db"""
)
"""Extensions that anything has; such a file counts where the words around speak of malware."""

_BOTH: Final = (PROGRAMS | TEXTS) & GENERIC | words("py md rs pl sh so ps cc")

_NEVER: Final = words("md rst yml yaml toml lock css")
"""Extensions of what people write, not intruders."""

_LOOKALIKES: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u0578\u03b1\u03bf\u03c1\u03bd\u03b9",
    "aeopcyxijshdnaopvi",
)


def is_domain(plain: str, *, sure: bool) -> bool:
    """Tell a domain name; *sure* says that it is defanged, or that its context speaks for it."""
    match = DOMAIN.fullmatch(plain)
    if not match or len(plain) > 253 or plain.replace(".", "").isdigit():
        return False
    last = match[1].lower()
    if sure:
        return True
    if last in PROGRAMS | TEXTS and last != "com":
        return False
    if plain != plain.lower() and plain != plain.upper() and "." not in plain.rstrip(".")[:-4]:
        return False
    return last in GENERIC or (len(last) == 2 and last.isascii() and last not in _BOTH)


def may_be_file(plain: str) -> bool:
    """Tell what has the shape of a file's name, before its context is looked at."""
    return bool(_FILE.fullmatch(plain))


def is_file(plain: str, *, handled: bool) -> bool:
    """Tell the name of a file; *handled* says that the words around speak of malware."""
    match = _FILE.fullmatch(plain)
    if not match or plain.startswith((".", "@", "#")):
        return False
    if "@" in plain and is_domain(plain.rpartition("@")[2], sure=False):
        return False  # an address of e-mail
    extension = match[1].lower()
    if extension in PROGRAMS and extension != "com":
        return True
    if extension in _NEVER:
        return False
    known = extension in TEXTS or (len(extension) <= 3 and extension not in GENERIC)
    stem = plain.rpartition(".")[0]
    return handled and known and len(stem) > 1 and not stem.replace(".", "").isdigit()


def lookalike(domain: str) -> str:
    """Give the Latin name that *domain* looks like; "" where its letters are all Latin."""
    if domain.isascii():
        return ""
    scripts = {unicodedata.name(each, "").split(" ")[0] for each in domain if each.isalpha()}
    plain = domain.translate(_LOOKALIKES)
    return plain if len(scripts) > 1 or plain.isascii() else ""
