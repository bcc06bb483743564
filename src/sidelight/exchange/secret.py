"""Secrets in files that only their owner reads."""

import os
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from sidelight.errors import UsageError
from sidelight.exchange.base64url import decoded, encoded

LENGTH: Final = 32


def write_secret(path: Path, data: bytes) -> None:
    """Write a secret into a file that is not there yet.

    Raises:
        UsageError: it is there, or cannot be written.
    """
    if not put_secret(path, data):
        raise UsageError("is there already", where=str(path), hint="name another file")


def put_secret(path: Path, data: bytes) -> bool:
    """Write a secret whole, unless the file is there: of two at once, one; tell if it was this.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = mkstemp(prefix=f"{path.name}.", dir=path.parent)
        fresh = Path(name)
        try:
            _write(handle, data)
            _become(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(path)) from None
    return True


def _become(fresh: Path, path: Path) -> None:
    """Give a file its name, unless another has it."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        fresh.replace(path)


def _write(handle: int, data: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read_secret(path: Path) -> bytes:
    """Read a secret.

    Raises:
        UsageError: it cannot be read, or others than its owner may read it.
    """
    data = _read(path)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        hint = f"chmod 600 {path}, and think about who has read it"
        raise UsageError("may be read by others than its owner", where=str(path), hint=hint)
    return data


def read_token(path: Path) -> str:
    """Read a token or a key of a server: text on a line.

    Raises:
        UsageError: it cannot be read, or holds none.
    """
    try:
        text = _read(path).decode("ascii").strip()
    except ValueError:
        text = ""
    if not text or "\n" in text:
        raise UsageError("holds no token: it is one line of ASCII", where=str(path))
    return text


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None


def tighten(path: Path) -> str:
    """Let nobody but its owner at a file that everybody here could read or write.

    What SQLite keeps beside it is taken along. A group that was let in on purpose stays. Gives what
    was done, for people; "" where there was nothing to do.
    """
    if os.name != "posix" or not path.is_file() or not path.stat().st_mode & 0o007:
        return ""
    mode = path.stat().st_mode & 0o777
    try:
        for each in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
            if each.exists():
                each.chmod(0o600)
    except OSError as error:
        return f"{path}: everybody here may read it, and that cannot be changed: {error.strerror}"
    return f"{path}: everybody here could read it (mode {mode:03o}); it is its owner's now (600)"


def write_group_key(path: Path, key: bytes) -> None:
    """Write the key of a group, as base64url."""
    write_secret(path, encoded(key).encode() + b"\n")


def read_group_key(path: Path) -> bytes:
    """Read the key of a group, or the secret that marks are made with.

    Raises:
        UsageError: it is none.
    """
    try:
        key = decoded(read_secret(path).decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != LENGTH:
        hint = "sidelight share seen key makes one"
        raise UsageError("holds no key of 32 octets in base64url", where=str(path), hint=hint)
    return key
