"""Values that take long to make, kept in files.

Such a file is data and is never trusted: it is used only if its checksum fits what it holds; who
keeps one names it by all that it was made of.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import msgspec

Value = TypeVar("Value")

_MAGIC: Final = b"sidelight kept 1\n"


def kept(path: Path, kind: type[Value], make: Callable[[], Value]) -> Value:
    """Give the value of *kind* in the file, or *make* it and keep it there.

    A file that cannot be read or written is done without.
    """
    found = _read(path, kind)
    if found is None:
        found = make()
        _write(path, found)
    return found


def digest_of(paths: Iterable[Path]) -> str:
    """Tell files of these names and contents apart from any others."""
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            data = file.readall()
        digest.update(f"{path.name} {len(data)} ".encode("utf-8", "surrogateescape"))
        digest.update(data)
    return digest.hexdigest()


def _read(path: Path, kind: type[Value]) -> Value | None:
    try:
        data = memoryview(path.read_bytes())
    except OSError:
        return None
    head, rest = data[: len(_MAGIC)], data[len(_MAGIC) :]
    if bytes(head) != _MAGIC or hashlib.sha256(rest[32:]).digest() != rest[:32]:
        return None
    try:
        return msgspec.msgpack.decode(rest[32:], type=kind)
    except (msgspec.DecodeError, RecursionError):
        return None


def _write(path: Path, value: object) -> None:
    body = msgspec.msgpack.encode(value)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(body).digest() + body)
            os.replace(name, path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
