"""The file of an allow-list: TOML, a table ``[[allow]]`` for each entry."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final, get_args

import orjson

from sidelight.errors import UsageError
from sidelight.findings.allowlist import SCOPES, Entry
from sidelight.findings.finding import FindingClass
from sidelight.replacement import replace_file
from sidelight.values import dataclass

_TABLE: Final = re.compile(r"(?:^[ \t]*#.*\n)*^[ \t]*\[\[\s*allow\s*\]\]", re.MULTILINE)
"""Where an entry begins, comments right above it included."""
_KEYS: Final = ("id", "owner", "reason", "created", "expires", "scope")
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class AllowFile:
    """An allow-list as it was read.

    Args:
        text: as it stands in the file.
        sha256: of the file.
    """

    path: Path
    text: str
    entries: tuple[Entry, ...]
    sha256: str


def read_allow_file(path: Path) -> AllowFile:
    """Read the allow-list at *path*.

    Raises:
        UsageError: it cannot be read, or an entry is not as it should be; says where.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    return allow_file_of(data, path)


def allow_file_of(data: bytes, path: Path) -> AllowFile:
    """Read an allow-list that stands, or will stand, at *path*.

    Raises:
        UsageError: it is no TOML, or an entry is not as it should be; says where.
    """
    try:
        text = data.decode("utf-8-sig")
        document = tomllib.loads(text)
    except ValueError as error:
        raise UsageError(f"is no TOML: {error}", where=str(path)) from None
    return AllowFile(path, text, _entries(path, text, document), hashlib.sha256(data).hexdigest())


def _entries(path: Path, text: str, document: Mapping[str, object]) -> tuple[Entry, ...]:
    lines = [text.count("\n", 0, found.end()) + 1 for found in _TABLE.finditer(text)]
    rows = document.get("allow", [])
    other = sorted(set(document) - {"allow"})
    if other or not isinstance(rows, list):
        name = other[0] if other else "allow"
        raise UsageError(f"{name!r} is no table [[allow]]", where=str(path))
    entries: list[Entry] = []
    for number, row in enumerate(rows):
        line = f", line {lines[number]}" if len(lines) == len(rows) else ""
        where = f"{path}{line}, entry {number + 1}"
        entry = _entry(row, where)
        if any(entry.id == each.id for each in entries):
            raise UsageError(f"the id {entry.id!r} stands there twice", where=where)
        entries.append(entry)
    return tuple(entries)


def _entry(row: object, where: str) -> Entry:
    if not isinstance(row, dict):
        raise UsageError("is no table", where=where)
    unknown = [name for name in row if name not in _KEYS]
    if unknown:
        raise UsageError(
            f"unknown key {unknown[0]!r}", where=where, hint=f"known: {', '.join(_KEYS)}"
        )
    created = row.get("created")
    return Entry(
        id=_text(row, "id", where),
        owner=_text(row, "owner", where),
        reason=_text(row, "reason", where),
        expires=read_date(row.get("expires"), "expires", where),
        scope=read_scope(row.get("scope"), where),
        created=None if created is None else read_date(created, "created", where),
    )


def _text(row: Mapping[str, object], name: str, where: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{name} is missing: it must be a text", where=where)
    return value.strip()


def read_date(value: object, name: str, where: str) -> date:
    """Give a date that is one already, or text as ISO 8601 writes it (2026-12-31).

    Raises:
        UsageError: it is missing, or no date.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if value is None:
        raise UsageError(f"{name} is missing: it must be a date such as 2026-12-31", where=where)
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        reason = f"{name} is {value!r}: it must be a date such as 2026-12-31"
        raise UsageError(reason, where=where) from None


def read_scope(value: object, where: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Give a scope: names out of `SCOPES`, each with a text or several.

    Raises:
        UsageError: a name is unknown, a value is no text, or the scope is the whole world.
    """
    if not isinstance(value, dict) or not value:
        raise UsageError("scope is missing", where=where, hint=f"any of: {', '.join(SCOPES)}")
    found = []
    for name, texts in value.items():
        if name not in SCOPES:
            hint = f"known: {', '.join(SCOPES)}"
            raise UsageError(f"unknown scope {name!r}", where=where, hint=hint)
        several = texts if isinstance(texts, list) else [texts]
        if not several or not all(isinstance(text, str) and text for text in several):
            raise UsageError(f"scope {name} must be a text or a list of texts", where=where)
        _check(name, several, where)
        found.append((name, tuple(several)))
    if all(set(text) <= {"*", "?"} for _, several in found for text in several):
        raise UsageError("scope covers everything", where=where)
    return tuple(sorted(found))


def _check(name: str, texts: Sequence[str], where: str) -> None:
    known: Mapping[str, tuple[Callable[[str], object], str]] = {
        "class": (get_args(FindingClass).__contains__, "a class of findings"),
        "sha256": (_SHA256.fullmatch, "a SHA-256, 64 hexadecimal digits"),
    }
    is_right, what = known.get(name, (bool, ""))
    for text in texts:
        if not is_right(text):
            raise UsageError(f"scope {name} is {text!r}, which is not {what}", where=where)


def spell(entry: Entry) -> str:
    """Write an entry as it stands in a file."""
    lines = ["[[allow]]"]
    lines += [f"{name} = {_quoted(getattr(entry, name))}" for name in ("id", "owner", "reason")]
    lines += [f"created = {entry.created}"] if entry.created else []
    lines += [f"expires = {entry.expires}", "[allow.scope]"]
    for name, texts in entry.scope:
        listed = ", ".join(_quoted(text) for text in texts)
        lines.append(f"{name} = {listed if len(texts) == 1 else f'[{listed}]'}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # TOML 1.0: a basic string has the escapes of JSON, and DEL must be escaped too.
    return orjson.dumps(text).decode().replace("\x7f", "\\u007f")


def add_entry(path: Path, entry: Entry) -> None:
    """Append *entry* to the file at *path*, which is made where it is not there.

    Raises:
        UsageError: the file is not as it should be, has the id, or cannot be written.
    """
    before = read_allow_file(path) if path.exists() else AllowFile(path, "", (), "")
    if any(entry.id == each.id for each in before.entries):
        raise UsageError(f"the id {entry.id!r} is there already", where=str(path))
    text = before.text.rstrip()
    replace_file(path, [(f"{text}\n\n{spell(entry)}" if text else spell(entry)).encode()])


def prune_entries(file: AllowFile, gone: frozenset[str]) -> None:
    """Take the entries of these ids out of a file; comments of the others stay.

    Raises:
        UsageError: the file cannot be written.
    """
    kept = tuple(entry for entry in file.entries if entry.id not in gone)
    begins = [found.start() for found in _TABLE.finditer(file.text)]
    parts = [file.text[a:b] for a, b in pairwise([*begins, len(file.text)])]
    text = "\n".join(spell(entry) for entry in kept)
    if len(parts) == len(file.entries):
        named = zip(file.entries, parts, strict=True)
        cut = file.text[: begins[0]] if begins else file.text
        cut += "".join(part for entry, part in named if entry.id not in gone)
        text = cut if _holds(file.path, cut, kept) else text
    replace_file(file.path, [text.encode()])


def _holds(path: Path, text: str, entries: tuple[Entry, ...]) -> bool:
    """Tell whether *text* says exactly *entries*."""
    try:
        return _entries(path, text, tomllib.loads(text)) == entries
    except (ValueError, UsageError):
        return False
