"""Names that do not change from run to run."""

import hashlib
from typing import Final
from uuid import UUID

_SPACE: Final = UUID("6e3c1f7a-52a1-5d0b-9a35-3f1d8f0c2b64")
_SHA1: Final = hashlib.sha1(_SPACE.bytes, usedforsecurity=False)
_VARIANT: Final = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def finding_id(rule: str, host: str, process: str) -> str:
    """Derive a finding's id: the same rule, host and process give the same UUID (RFC 9562, v5)."""
    sha1 = _SHA1.copy()
    sha1.update("\0".join((rule, host, process)).encode())
    text = sha1.hexdigest()
    third, fourth = f"5{text[13:16]}", f"{_VARIANT[text[16]]}{text[17:20]}"
    return f"{text[:8]}-{text[8:12]}-{third}-{fourth}-{text[20:32]}"
