"""Installing a package of rules: the old set stays until the new one has compiled."""

import hashlib
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from sidelight.errors import RuleError
from sidelight.rules.files import MAX_BYTES, SUFFIXES, ZIP_FAILURES
from sidelight.rules.load import load_rules
from sidelight.rules.reading import AS_WRITTEN, Reading
from sidelight.rules.rule import Refusal
from sidelight.values import dataclass

MAX_FILES: Final = 50_000
MAX_TOTAL: Final = 256 << 20
_KEPT: Final = (*SUFFIXES, ".md", ".txt")
"""Endings of what is installed; files called LICENSE are as well."""


@dataclass(frozen=True, slots=True)
class InstallReport:
    """What an installation did.

    Args:
        source: where the rules came from.
        target: the folder they are in now.
        sha256: of the package file; of a folder, the digest of its rules.
        rules: how many rules over single events can be run.
        correlations: how many correlations can be run.
        refused: the documents that cannot.
        before: how many rules the set had that was there before, None if there was none.
    """

    source: Path
    target: Path
    sha256: str
    rules: int
    correlations: int
    refused: tuple[Refusal, ...]
    before: int | None


def install(source: Path, target: Path, *, reading: Reading = AS_WRITTEN) -> InstallReport:
    """Put the rules of *source*, a zip package or a folder, into *target* in one step.

    The new set is unpacked and compiled beside *target* first. If no rule of it can be run,
    or anything fails on the way, *target* is as it was, and no folder is left for it.

    Raises:
        RuleError: the package is hostile, broken or empty, or the disk refused.
    """
    missing = [folder for folder in target.parents if not folder.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise RuleError(f"cannot be written: {error.strerror}", where=str(target)) from None
    try:
        return _install(source, target, staging, reading)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RuleError(f"cannot be installed: {reason}", where=str(source)) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        with suppress(OSError):  # in use: all went well
            for folder in missing:
                folder.rmdir()


def _install(source: Path, target: Path, staging: Path, reading: Reading) -> InstallReport:
    fresh = staging / "new"
    fresh.mkdir()
    if source.is_dir():
        _copy(source, fresh)
        sha256 = ""
    else:
        sha256 = _hash(source)
        _unpack(source, fresh)
    found = load_rules([fresh], reading=reading)
    if not found.rules:
        why = f"; the first reason: {found.refused[0].reason}" if found.refused else ""
        raise RuleError(f"no rule of it can be run{why}", where=str(source))
    before = len(load_rules([target], reading=reading).rules) if target.exists() else None
    _swap(fresh, target, staging / "old")
    return InstallReport(
        source=source,
        target=target,
        sha256=sha256 or found.digest,
        rules=len(found.rules),
        correlations=len(found.correlations),
        refused=found.refused,
        before=before,
    )


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _swap(fresh: Path, target: Path, old: Path) -> None:
    # A folder cannot replace a full one in one call. The gap is two renames wide, and the old
    # set is put back if the second fails.
    if target.exists():
        os.replace(target, old)
    try:
        os.replace(fresh, target)
    except OSError:
        if old.exists():
            os.replace(old, target)
        raise


def _wanted(name: str) -> bool:
    lowered = name.lower()
    return lowered.endswith(_KEPT) or PurePosixPath(lowered).name.startswith("license")


def _copy(source: Path, fresh: Path) -> None:
    budget = MAX_TOTAL
    for path in sorted(source.rglob("*")):
        if path.is_symlink() or not path.is_file() or not _wanted(path.name):
            continue
        budget -= path.stat().st_size
        if budget < 0:
            raise RuleError("the folder holds too much to be rules", where=str(source))
        place = fresh / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)


def _unpack(source: Path, fresh: Path) -> None:
    try:
        with zipfile.ZipFile(source) as package:
            for member in _members(package, source):
                place = fresh.joinpath(*PurePosixPath(member.filename).parts)
                place.parent.mkdir(parents=True, exist_ok=True)
                with package.open(member) as stream:
                    data = stream.read(MAX_BYTES + 1)
                if len(data) > MAX_BYTES:
                    raise RuleError(f"{member.filename!r} is too big", where=str(source))
                place.write_bytes(data)
    except ZIP_FAILURES as error:
        raise RuleError(f"is no package that can be read: {error}", where=str(source)) from None


def _members(package: zipfile.ZipFile, source: Path) -> Iterator[zipfile.ZipInfo]:
    members = package.infolist()
    if len(members) > MAX_FILES:
        raise RuleError("the package holds too many files to be rules", where=str(source))
    budget = MAX_TOTAL
    for member in members:
        path = PurePosixPath(member.filename)
        odd = path.is_absolute() or ".." in path.parts or "\\" in member.filename
        if odd or ":" in member.filename or stat.S_ISLNK(member.external_attr >> 16):
            raise RuleError(
                f"the package has a member {member.filename!r} that points outside",
                where=str(source),
            )
        if member.is_dir() or not _wanted(member.filename):
            continue
        budget -= member.file_size
        if budget < 0:
            raise RuleError("the package unpacks to too much", where=str(source))
        yield member
