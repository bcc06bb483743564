"""Log values made safe to show: what an attacker wrote is text, never a command.

Source: ECMA-48 (control functions, C0 and C1), Unicode 15 section 23.9 (bidirectional controls).
"""

import re
from typing import Final

_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_NAMED: Final = {"\t": " ", "\n": "␊", "\r": "␍", "\x1b": "␛", "\x7f": "␡"}


def plain(text: str) -> str:
    r"""Replace whatever could move a cursor, change colours or hide text.

    C0 controls become their Unicode pictures, the rest ``\u`` escapes; a tabulator is a blank.
    """
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_picture, text)


def clip(text: str, width: int) -> str:
    """Cut safe text to *width* characters, the last being an ellipsis where some are missing."""
    text = plain(text[: 4 * width + 16])
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def clip_front(text: str, width: int) -> str:
    """Cut safe text to *width* characters from the front: of a path, the end says most."""
    text = plain(text[-4 * width - 16 :])
    return text if len(text) <= width else "…" + text[len(text) - max(width - 1, 0) :]


def _picture(match: re.Match[str]) -> str:
    character = match[0]
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else f"\\u{code:04x}"
