"""The file that says what hosts are: TOML with a table ``[[asset]]`` each, or CSV."""

import csv
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, cast

from sidelight.errors import UsageError
from sidelight.findings.assets import POINTS, Assets, Criticality, Listed, roles
from sidelight.values import dataclass

_KEYS: Final = ("host", "role", "criticality", "note")


@dataclass(frozen=True, slots=True)
class AssetFile:
    """An asset file as it was read."""

    assets: Assets
    sha256: str


def read_asset_file(path: Path) -> AssetFile:
    """Read the asset file at *path*; a name that ends in ``.csv`` tells that it is CSV.

    Keys, or columns: ``host`` (a name or pattern; in TOML also a list of them), ``role``,
    ``criticality`` and ``note``, of which the last two may be missing.

    Raises:
        UsageError: it cannot be read, or a line is not as it should be; says where.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except ValueError:
        raise UsageError("is no UTF-8", where=str(path)) from None
    rows = _csv(text, path) if path.suffix.lower() == ".csv" else _toml(text, path)
    lines = tuple(line for where, row in rows for line in _lines(row, where))
    return AssetFile(Assets(lines), hashlib.sha256(data).hexdigest())


def _toml(text: str, path: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    try:
        document = tomllib.loads(text)
    except ValueError as error:
        raise UsageError(f"is no TOML: {error}", where=str(path)) from None
    rows = document.get("asset")
    if not isinstance(rows, list) or set(document) != {"asset"}:
        raise UsageError("holds something else than tables [[asset]]", where=str(path))
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise UsageError("holds something else than tables [[asset]]", where=str(path))
        yield f"{path}, entry {number}", row


def _csv(text: str, path: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    reader = csv.DictReader(text.splitlines(), restkey="a cell too many", skipinitialspace=True)
    try:
        for row in reader:
            bare = {name.strip().lower(): cell for name, cell in row.items()}
            cells = {name: cell for name, cell in bare.items() if cell not in (None, "")}
            if any(cells.values()) and not str(cells.get("host", "")).startswith("#"):
                yield f"{path}, line {reader.line_num}", cells
    except csv.Error as error:
        raise UsageError(f"is no CSV: {error}", where=str(path)) from None


def _lines(row: Mapping[str, object], where: str) -> Iterator[Listed]:
    unknown = [name for name in row if name not in _KEYS]
    if unknown:
        hint = f"known: {', '.join(_KEYS)}"
        raise UsageError(f"unknown key {unknown[0]!r}", where=where, hint=hint)
    texts = {name: _text(row, name, where) for name in _KEYS[1:]}
    role = roles().get(texts["role"])
    if role is None:
        reason = f"unknown role {texts['role']!r}" if texts["role"] else "role is missing"
        raise UsageError(reason, where=where, hint=f"known: {', '.join(roles())}")
    if texts["criticality"] and texts["criticality"] not in POINTS:
        reason = f"unknown criticality {texts['criticality']!r}"
        raise UsageError(reason, where=where, hint=f"known: {', '.join(POINTS)}")
    hosts = row.get("host")
    several = hosts if isinstance(hosts, list) else [hosts]
    if not several or not all(isinstance(host, str) and host.strip() for host in several):
        raise UsageError("host is missing: it must be a name or a pattern", where=where)
    criticality = cast("Criticality", texts["criticality"])
    for host in several:
        yield Listed(str(host).strip(), role, criticality, texts["note"])


def _text(row: Mapping[str, object], name: str, where: str) -> str:
    value = row.get(name, "")
    if not isinstance(value, str):
        raise UsageError(f"{name} must be a text", where=where)
    return value.strip() if name == "note" else value.strip().lower()
