"""Outputs that were agreed upon, kept in tests/golden."""

import os
from difflib import unified_diff
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def compare(name: str, got: bytes) -> None:
    """Fail with a difference and the way out where *got* is not the agreed output *name*.

    Setting UPDATE_GOLDEN to 1 agrees to what is there now.
    """
    path = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_bytes(got)
        return
    want = path.read_bytes() if path.exists() else b""
    if want != got:
        before, after = (data.decode("utf-8", "replace").splitlines() for data in (want, got))
        difference = "\n".join(unified_diff(before, after, "agreed", "now", lineterm=""))
        message = f"{name} changed; if it should: UPDATE_GOLDEN=1 pytest tests/unit/output"
        raise AssertionError(f"{message}\n{difference}")
