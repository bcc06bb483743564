"""Text of a report, made safe to show to a person."""

import re
from typing import Final

_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u00ad]+"
)


def shown(text: str) -> str:
    """Give *text* in one line, without what could move a cursor or hide something."""
    return " ".join(_UNSAFE.sub(" ", text).split())
