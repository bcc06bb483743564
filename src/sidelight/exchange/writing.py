"""Files that are the old ones or the new ones, never half of either."""

import os
import tempfile
from pathlib import Path

from sidelight.errors import UsageError


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file in one step, and make its folder.

    Raises:
        UsageError: it cannot be written.
    """
    name = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except OSError as error:
        if name and os.path.exists(name):
            os.unlink(name)
        raise UsageError(f"cannot be written: {error.strerror}", where=str(path)) from None
