"""Names that do not change from run to run."""

from typing import Final
from uuid import UUID, uuid5

_SPACE: Final = UUID("6e3c1f7a-52a1-5d0b-9a35-3f1d8f0c2b64")


def finding_id(rule: str, host: str, process: str) -> str:
    """Derive a finding's id: the same rule, host and process give the same UUID (RFC 9562, v5)."""
    return str(uuid5(_SPACE, "\0".join((rule, host, process))))
