"""The files that rules come in: single ones, folders, zip packages."""

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sidelight.rules.document import MAX_BYTES

SUFFIXES: Final = (".yml", ".yaml")
TRIAL_SUFFIXES: Final = (".test.yml", ".test.yaml")
"""Samples beside a rule, not rules."""

MAX_PACKAGE_BYTES: Final = 256 << 20
"""How much a zip package may unpack to."""


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


def read_documents(paths: Sequence[Path]) -> tuple[tuple[RuleFile, ...], str]:
    """Read every rule file under *paths*, in order of path, and give the SHA-256 over them.

    The digest covers paths and contents, so that equal digests mean equal rule sets.
    """
    files = sorted(file for path in paths for file in _under(path))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{len(file.path)} {len(file.data)} {file.path}{file.problem}\n".encode())
        digest.update(file.data)
    return tuple(files), digest.hexdigest()


def _wanted(name: str) -> bool:
    lowered = name.lower()
    return lowered.endswith(SUFFIXES) and not lowered.endswith(TRIAL_SUFFIXES)


def _under(path: Path) -> Iterator[RuleFile]:
    if path.is_dir():
        for child in path.rglob("*"):
            if _wanted(child.name) and child.is_file():
                yield _file(child, child.relative_to(path).as_posix())
    elif path.suffix.lower() == ".zip":
        yield from _package(path)
    else:
        yield _file(path, path.name)


def _file(path: Path, name: str) -> RuleFile:
    try:
        with path.open("rb") as stream:
            return RuleFile(name, stream.read(MAX_BYTES + 1))
    except OSError as error:
        return RuleFile(name, problem=f"cannot be read: {error.strerror or error}")


def _package(path: Path) -> Iterator[RuleFile]:
    budget = MAX_PACKAGE_BYTES
    try:
        with zipfile.ZipFile(path) as package:
            for member in package.infolist():
                if member.is_dir() or not _wanted(member.filename):
                    continue
                budget -= min(member.file_size, MAX_BYTES + 1)
                if budget < 0:
                    yield RuleFile(path.name, problem="the package unpacks to too much")
                    return
                with package.open(member) as stream:
                    yield RuleFile(member.filename, stream.read(MAX_BYTES + 1))
    except (OSError, EOFError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        yield RuleFile(path.name, problem=f"is no package that can be read: {error}")
