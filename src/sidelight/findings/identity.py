"""Names that do not change from run to run."""

import hashlib
from typing import Final
from uuid import UUID

_SPACE: Final = UUID("6e3c1f7a-52a1-5d0b-9a35-3f1d8f0c2b64")
_SHA1: Final = hashlib.sha1(_SPACE.bytes, usedforsecurity=False)
_VERSION: Final = 0x5 << 76
_VARIANT: Final = 0b10 << 62
_FIXED: Final = 0xF << 76 | 0b11 << 62


def finding_id(rule: str, host: str, process: str) -> str:
    """Derive a finding's id: the same rule, host and process give the same UUID (RFC 9562, v5)."""
    sha1 = _SHA1.copy()
    sha1.update("\0".join((rule, host, process)).encode())
    number = int.from_bytes(sha1.digest()[:16]) & ~_FIXED | _VERSION | _VARIANT
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
