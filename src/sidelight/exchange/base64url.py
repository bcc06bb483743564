"""Octets as base64url without padding (RFC 7515, section 2), in the one spelling they have."""

import base64
import binascii


def encoded(data: bytes) -> str:
    """Spell octets."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decoded(text: str) -> bytes:
    """Read octets.

    Raises:
        ValueError: *text* is no base64url, or another spelling of what it says.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if encoded(data) != text:
        raise ValueError("another spelling of the same octets")
    return data
