"""Files that are replaced in one step."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from sidelight.errors import UsageError


def replace_file(path: Path, parts: Iterable[bytes], mode: int | None = None) -> None:
    """Write *parts*: the file is the old one or the new one, and nothing lies beside it.

    Args:
        path: its folder is made.
        parts: of its content.
        mode: without one, that of the old file, or for the owner alone.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(parts)
                file.flush()
                os.fsync(file.fileno())
            if mode is not None:
                os.chmod(name, mode)
            elif path.exists():
                shutil.copymode(path, name)
            os.replace(name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(path)) from None
