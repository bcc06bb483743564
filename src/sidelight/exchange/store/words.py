"""Words of others, as every database takes them."""

from typing import Final

_STANDS: Final = "\N{SYMBOL FOR NULL}"


def storable(text: str) -> str:
    """Give text with a sign in place of what a database may not hold.

    PostgreSQL has no U+0000 in text, and neither database what UTF-8 has no octets for.
    """
    return text.replace("\0", _STANDS).encode("utf-8", "replace").decode()
