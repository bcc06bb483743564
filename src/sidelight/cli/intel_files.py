"""Files of intelligence, opened, unpacked and read as JSON or YAML."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import NAMESPACE_OID, uuid5

from sidelight.errors import IntelError, RuleError
from sidelight.evidence.archive import Member, expand
from sidelight.evidence.stream import FAILURES
from sidelight.intel.documents import read_json, read_json_lines
from sidelight.intel.fields import JsonObject
from sidelight.intel.importers.bundle import is_bundle
from sidelight.intel.stix import Refusal
from sidelight.rules.document import documents
from sidelight.values import dataclass

LIMIT: Final = 128 << 20
"""Size of the largest file that is read; all of ATT&CK has some 40 MB. Reading takes three times
as much memory."""

_YAML: Final = (".yml", ".yaml")
_JSON: Final = (b"{", b"[")


@dataclass(frozen=True, slots=True)
class Read:
    """One file, as what it says.

    Args:
        name: ``path`` or ``archive!member``.
        sha256: of its bytes.
        values: its JSON value, or its YAML documents.
    """

    name: str
    sha256: str
    values: tuple[object, ...]


def read_files(source: Path, name: str) -> Iterator[Read | Refusal]:
    """Yield what the file *source* holds, or all files below the folder, in order of path.

    Args:
        source: a file, an archive or a folder.
        name: what it is called in names.
    """
    if not source.is_dir():
        yield from _open(source, name)
        return
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for each in sorted(names):
            path = Path(folder, each)
            if path.is_file() and not each.startswith("."):
                yield from _open(path, f"{name}/{path.relative_to(source)}")


def _open(path: Path, name: str) -> Iterator[Read | Refusal]:
    try:
        with path.open("rb") as file:
            for member in expand(name, file):
                if isinstance(member, Member):
                    yield _read(member)
                else:
                    yield Refusal(member.source, member.text)
    except OSError as error:
        yield Refusal(name, error.strerror or str(error))


def _read(member: Member) -> Read | Refusal:
    """Read one file whole; what it holds is in memory until the next is asked for."""
    parts: list[bytes] = []
    size = 0
    try:
        while part := member.raw.read(1 << 20):
            size += len(part)
            if size > LIMIT:
                return Refusal(member.name, f"is larger than {LIMIT >> 20} MiB")
            parts.append(part)
        data = b"".join(parts)
        parts.clear()
        return Read(member.name, sha256(data).hexdigest(), _values(data, member.name))
    except IntelError as error:
        return Refusal(member.name, error.reason)
    except RuleError as error:
        return Refusal(member.name, error.reason)
    except FAILURES as error:
        return Refusal(member.name, f"cannot be unpacked: {error or type(error).__name__}")


def _values(data: bytes, name: str) -> tuple[object, ...]:
    text = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] in _JSON:
        return (_bundled(text, name) or read_json(data, where=name),)
    if name.lower().removesuffix(".gz").endswith(_YAML):
        return tuple(each.content for each in documents(data))
    raise IntelError("is neither JSON nor YAML", where=name)


def _bundled(data: bytes, name: str) -> JsonObject | None:
    """Give JSON lines of STIX objects, as ``share pull`` writes them, as a bundle; None for others.

    A line that is no JSON, as one that was cut, is no object of the bundle, and refused as that.
    """
    first, more, _ = data.partition(b"\n")
    if not more or not _is_object(first):
        return None
    ident = f"bundle--{uuid5(NAMESPACE_OID, sha256(data).hexdigest())}"
    return {"type": "bundle", "id": ident, "objects": read_json_lines(data, where=name)}


def _is_object(line: bytes) -> bool:
    """Tell whether a line is a STIX object, and no bundle of them."""
    try:
        value = read_json(line, where="")
    except IntelError:
        return False
    return is_bundle(value) and isinstance(value, dict) and value["type"] != "bundle"
