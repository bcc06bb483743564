"""Values of placeholders, from a file of the user (Sigma specification 2.1, "Placeholders").

Three shapes are taken: YAML or JSON maps of names to values, and text with one ``name: a, b`` or
``name = a, b`` a line, # for comments.
"""

from pathlib import Path

from sidelight.errors import UsageError
from sidelight.rules.detection import Node
from sidelight.rules.document import BrokenError, documents
from sidelight.rules.meta import texts
from sidelight.rules.reading import Placeholders


def read(path: Path) -> Placeholders:
    """Read the placeholder file at *path*; names are given without percent signs.

    Raises:
        UsageError: it cannot be read, or holds no map of names to values.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=str(path)) from None
    if path.suffix.lower() in {".yml", ".yaml", ".json"}:
        return _map(data, str(path))
    return _lines(data, str(path))


def _map(data: bytes, where: str) -> Placeholders:
    try:
        found = list(documents(data))
    except BrokenError as error:
        raise UsageError(error.reason, where=f"{where}, line {error.line}") from None
    out: dict[str, tuple[str, ...]] = {}
    for document in found:
        if not isinstance(document.content, dict):
            raise UsageError("is not a map of names to values", where=where)
        for name, value in document.content.items():
            out[_bare(name)] = _values(name, value, where)
    return out


def _values(name: str, value: Node, where: str) -> tuple[str, ...]:
    children = value if isinstance(value, list) else [value]
    if any(isinstance(child, dict | list) for child in children):
        raise UsageError(f"{name!r} is neither a value nor a list of values", where=where)
    return texts(value)


def _lines(data: bytes, where: str) -> Placeholders:
    out: dict[str, tuple[str, ...]] = {}
    text = data.decode("utf-8-sig", "replace")
    for number, written in enumerate(text.splitlines(), 1):
        line = written.strip()
        if not line or line.startswith("#"):
            continue
        sign = "=" if "=" in line.split(":", 1)[0] else ":"
        name, found, values = line.partition(sign)
        if not found:
            raise UsageError("is not 'name: value, value'", where=f"{where}, line {number}")
        split = tuple(value.strip() for value in values.split(",") if value.strip())
        out[_bare(name)] = (*out.get(_bare(name), ()), *split)
    return out


def _bare(name: str) -> str:
    return name.strip().strip("%")
