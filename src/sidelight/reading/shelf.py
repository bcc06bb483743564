"""The shelf: a folder with every report that was read, by its id, with the rules made of it.

ID/report.json         its title, what it was read from, the techniques it names, and its version
ID/VERSION/documents/* the originals, so that the report can be read again
ID/VERSION/rules/*.yml Sigma rules
seen.json              which documents of which folder or feed were digested

A report that is kept again gets a new version; the old one goes once `report.json` names the new
one, so that whenever the writing ends there is a whole one. Reports that were kept before there
were versions lie in the folder itself.
"""

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from sidelight.errors import UsageError
from sidelight.reading.brief import Brief
from sidelight.replacement import replace_file
from sidelight.values import dataclass

_ID: Final = re.compile(r"[0-9a-f]{12}")
_VERSION: Final = "v-"
_NAME: Final = re.compile(r"v-\w+", re.ASCII)
_PARTS: Final = ("rules", "documents")
_ABANDONED_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Kept:
    """A report on the shelf.

    Args:
        originals: names and places of the files it was read from.
        documents: ids of the documents in them that it tells of.
        rules: folder of the rules; it may be empty.
        techniques: that were claimed.
    """

    id: str
    title: str
    originals: tuple[tuple[str, Path], ...]
    documents: frozenset[str]
    rules: Path
    techniques: tuple[str, ...]

    @property
    def rule_count(self) -> int:
        """Count the rules that were made of it."""
        return sum(1 for _ in self.rules.glob("*.yml"))


def keep(shelf: Path, brief: Brief, originals: Mapping[str, bytes]) -> Path:
    """Put *brief* on the *shelf*, in the place of one with the same id.

    Args:
        shelf: made where it is not there yet.
        brief: with the rules made of it.
        originals: bytes that it was read from, by their name.
    """
    folder = shelf / brief.id
    old = _version(folder)
    version = folder / f"{_VERSION}{secrets.token_hex(4)}"
    try:
        for part in _PARTS:
            (version / part).mkdir(parents=True)
        for name, text in brief.rules.items():
            _settle(version / "rules" / name, text.encode())
        for number, data in enumerate(originals.values(), 1):
            _settle(version / "documents" / f"{number}", data)
        about = {
            "id": brief.id,
            "title": brief.title,
            "originals": list(originals),
            "documents": sorted(brief.documents),
            "techniques": list(brief.techniques),
            "version": version.name,
        }
        _write(folder / "report.json", about)
    except BaseException:
        shutil.rmtree(version, ignore_errors=True)
        raise
    for gone in _outdated(folder, old, version):
        shutil.rmtree(gone, ignore_errors=True)
    return folder


def _settle(path: Path, data: bytes) -> None:
    """Write a file, and have it on the disk before anything names it."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _version(folder: Path) -> str:
    """Name the version that is kept; empty for none, or one without a name."""
    try:
        about = json.loads((folder / "report.json").read_bytes())
    except (OSError, ValueError):
        return ""
    return _version_of(about) if isinstance(about, dict) else ""


def _version_of(about: Mapping[str, object]) -> str:
    name = about.get("version", "")
    return name if isinstance(name, str) and _NAME.fullmatch(name) else ""


def _outdated(folder: Path, old: str, new: Path) -> list[Path]:
    """List what the *new* version takes the place of, and what writers left that never ended."""
    since = time.time() - _ABANDONED_S
    found = [folder / part for part in _PARTS if (folder / part).is_dir()]
    others = (each for each in folder.glob(f"{_VERSION}*") if each != new)
    return [*found, *(each for each in others if each.name == old or _written(each) < since)]


def _written(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:  # somebody else has cleared it away
        return 0.0


def kept(shelf: Path, identity: str) -> Kept:
    """Give the report *identity*; its first digits are enough where only one has them.

    Raises:
        UsageError: there is none, or there are several; says which there are.
    """
    found = [path.name for path in _folders(shelf) if path.name.startswith(identity.lower())]
    if not identity or len(found) != 1:
        there = ", ".join(path.name for path in _folders(shelf)) or "none"
        reason = "is the beginning of several reports" if len(found) > 1 else "no such report"
        raise UsageError(f"{reason}: {identity}", where=str(shelf), hint=f"kept: {there}")
    folder = shelf / found[0]
    try:
        about = json.loads((folder / "report.json").read_bytes())
        held = folder / _version_of(about)
        originals = tuple(
            (str(name), held / "documents" / f"{number}")
            for number, name in enumerate(about["originals"], 1)
        )
        techniques = tuple(map(str, about["techniques"]))
        documents = frozenset(map(str, about["documents"]))
        title = str(about["title"])
        return Kept(found[0], title, originals, documents, held / "rules", techniques)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UsageError(f"is damaged: {error}", where=str(folder), hint="read it again") from None


def all_kept(shelf: Path) -> Iterator[Kept]:
    """Yield every report on the *shelf*, in order of id."""
    for path in _folders(shelf):
        yield kept(shelf, path.name)


def latest(shelf: Path, most: int) -> list[Kept]:
    """Give the *most* reports that were kept last, in order of id; damaged ones are left out."""
    folders = sorted(_folders(shelf), key=lambda path: -(path / "report.json").stat().st_mtime)
    found = []
    for path in sorted(folders[:most]):
        try:
            found.append(kept(shelf, path.name))
        except UsageError:
            continue
    return found


def _folders(shelf: Path) -> list[Path]:
    if not shelf.is_dir():
        return []
    found = [path for path in shelf.iterdir() if _ID.fullmatch(path.name)]
    return sorted(path for path in found if (path / "report.json").is_file())


def seen(shelf: Path, source: str) -> frozenset[str]:
    """Give the ids of the documents of *source* that were digested before."""
    return frozenset(_seen(shelf).get(source, ()))


def remember(shelf: Path, source: str, ids: frozenset[str]) -> None:
    """Note that documents of *source* were digested."""
    table = _seen(shelf)
    table[source] = sorted({*table.get(source, ()), *ids})
    shelf.mkdir(parents=True, exist_ok=True)
    _write(shelf / "seen.json", table)


def _seen(shelf: Path) -> dict[str, list[str]]:
    try:
        table = json.loads((shelf / "seen.json").read_bytes())
        return {str(name): [str(each) for each in ids] for name, ids in table.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, TypeError) as error:
        raise UsageError(
            f"is damaged: {error}", where=str(shelf / "seen.json"), hint="delete it to start anew"
        ) from None


def _write(path: Path, value: object) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    replace_file(path, [text.encode()], 0o644)
