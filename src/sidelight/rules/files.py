"""The files that rules come in: single ones, folders, zip packages."""

import hashlib
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from lzma import LZMAError
from operator import attrgetter
from pathlib import Path
from typing import Final

from sidelight.errors import UsageError
from sidelight.values import dataclass

SUFFIXES: Final = (".yml", ".yaml")
TRIAL_SUFFIXES: Final = (".test.yml", ".test.yaml")
"""Samples beside a rule, not rules."""

MAX_BYTES: Final = 4 << 20
"""Size of the largest file that is read; the largest public rule has some 100 kB."""

MAX_PACKAGE_BYTES: Final = 256 << 20
"""How much a zip package may unpack to."""

ZIP_FAILURES: Final = (
    zipfile.BadZipFile,
    zlib.error,
    LZMAError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)
"""What reading a zip package can raise because of what it holds, besides `OSError`."""


@dataclass(frozen=True, slots=True, order=True)
class RuleFile:
    """One file that may hold rules.

    Args:
        path: relative to the folder or package it was found in, with forward slashes.
        data: its bytes.
        problem: why it could not be read; empty where it could.
    """

    path: str
    data: bytes = b""
    problem: str = ""


def read_documents(
    paths: Sequence[Path], *, budget: int = MAX_PACKAGE_BYTES
) -> tuple[tuple[RuleFile, ...], str]:
    """Read every rule file under *paths*, in order of path, and give the SHA-256 over them.

    The digest covers paths and contents, so that equal digests mean equal rule sets. A file
    that is there twice, with the same path and bytes, is one file.

    Args:
        paths: files, folders, zip packages.
        budget: how many bytes one package may unpack to.
    """
    found = {file for path in paths for file in _under(path, budget)}
    files = sorted(found, key=attrgetter("path", "data", "problem"))
    digest = hashlib.sha256()
    for file in files:
        head = f"{len(file.path)} {len(file.data)} {file.path}{file.problem}\n"
        digest.update(head.encode("utf-8", "replace"))
        digest.update(file.data)
    return tuple(files), digest.hexdigest()


def is_barren(path: Path) -> bool:
    """Tell whether *path* is a folder without one file, at any depth, that may hold rules."""
    return path.is_dir() and not any(
        _wanted(name) for _, _, names in os.walk(path) for name in names
    )


def require_whole(paths: Sequence[Path]) -> None:
    """Refuse packages that cannot be read at all.

    Raises:
        UsageError: one of *paths* is such a package.
    """
    for path in paths:
        if reason := damage(path):
            raise UsageError(reason, where=str(path))


def damage(path: Path) -> str:
    """Say why *path*, if it is a package, cannot be read at all; empty where it can."""
    if path.is_dir() or path.suffix.lower() != ".zip":
        return ""
    try:
        with zipfile.ZipFile(path):
            return ""
    except (OSError, *ZIP_FAILURES) as error:
        return _no_package(error)


def _no_package(error: Exception) -> str:
    return f"is no package that can be read: {error}"


def _wanted(name: str) -> bool:
    lowered = name.lower()
    return lowered.endswith(SUFFIXES) and not lowered.endswith(TRIAL_SUFFIXES)


def _under(path: Path, budget: int) -> Iterator[RuleFile]:
    if path.is_dir():
        # Thousands of small files: plain strings cost a third of what paths do.
        root = str(path)
        for folder, _, names in os.walk(root):
            inner = folder[len(root) :].replace(os.sep, "/").strip("/")
            for name in filter(_wanted, names):
                yield _file(f"{folder}{os.sep}{name}", f"{inner}/{name}" if inner else name)
    elif path.suffix.lower() == ".zip":
        yield from _package(path, budget)
    else:
        yield _file(str(path), path.name)


def _file(path: str, name: str) -> RuleFile:
    # A name that is no UTF-8 must be one before it gets into findings.
    name = name.encode("utf-8", "replace").decode("utf-8")
    try:
        about = os.stat(path)
        if not stat.S_ISREG(about.st_mode):
            return RuleFile(name, problem="is no regular file")
        if about.st_size > MAX_BYTES:
            return RuleFile(name, problem=f"has more than {MAX_BYTES >> 20} MiB")
        with open(path, "rb", buffering=0) as stream:
            return RuleFile(name, stream.read())
    except OSError as error:
        return RuleFile(name, problem=f"cannot be read: {error.strerror or error}")


def _package(path: Path, budget: int) -> Iterator[RuleFile]:
    try:
        with zipfile.ZipFile(path) as package:
            for member in package.infolist():
                if member.is_dir() or not _wanted(member.filename):
                    continue
                budget -= min(member.file_size, MAX_BYTES + 1)
                if budget < 0:
                    yield RuleFile(path.name, problem="the package unpacks to too much")
                    return
                yield _member(package, member)
    except (OSError, *ZIP_FAILURES) as error:
        yield RuleFile(path.name, problem=_no_package(error))


def _member(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> RuleFile:
    try:
        with package.open(member) as stream:
            return RuleFile(member.filename, stream.read(MAX_BYTES + 1))
    except (OSError, *ZIP_FAILURES) as error:
        return RuleFile(member.filename, problem=f"cannot be read: {error}")
