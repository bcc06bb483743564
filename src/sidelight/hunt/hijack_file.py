"""HijackLibs' data, which the user has and hands in, as one table of ours."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

import msgspec
import orjson

from sidelight.analytics.hijacks import Hijack, by_name
from sidelight.errors import RuleError, UsageError
from sidelight.replacement import replace_file
from sidelight.rules.detection import Node
from sidelight.rules.document import BrokenError, documents
from sidelight.rules.files import RuleFile, read_documents
from sidelight.values import dataclass

VERSION: Final = 1
_KIND: Final = "sidelight-hijacklibs"
# RFC 4514: attribute=value; a comma ends a value where another attribute follows, as vendors
# leave commas in their names unescaped.
_ATTRIBUTE: Final = re.compile(
    r"""(?:^|,)\s*(?P<name>[A-Za-z]+)=\s*
    (?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>.*?)(?=\s*(?:,\s*[A-Za-z]+=|$)))""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Import:
    """What an import gave.

    Args:
        refused: documents that say nothing of a library, or cannot be read: place and reason.
    """

    table: Mapping[str, Hijack]
    sha256: str
    refused: tuple[str, ...]

    @property
    def programs(self) -> int:
        """How many programs are named."""
        return len({host for each in self.table.values() for host in each.hosts})


def import_hijacks(source: Path, target: Path) -> Import:
    """Read a folder, a zip package or a file of HijackLibs and write its table to *target*.

    The old table stays until the new one is whole.

    Raises:
        UsageError: nothing in *source* is about a library, or *target* cannot be written.
    """
    files, digest = read_documents([source])
    refused: list[str] = []
    table = by_name(_rows(files, refused))
    if not table:
        why = f"; the first reason: {refused[0]}" if refused else ""
        raise UsageError(f"holds nothing of HijackLibs' shape{why}", where=str(source))
    head = {"kind": _KIND, "version": VERSION, "sha256": digest}
    body = {**head, "libraries": [asdict(row) for row in table.values()]}
    replace_file(target, [orjson.dumps(body)])
    return Import(table, digest, tuple(refused))


def _rows(files: tuple[RuleFile, ...], refused: list[str]) -> Iterator[Hijack]:
    for file in files:
        if file.problem:
            refused.append(f"{file.path}: {file.problem}")
            continue
        try:
            for document in documents(file.data):
                row = _row(document.content)
                if row is None:
                    refused.append(f"{file.path}:{document.line}: is not about a library")
                else:
                    yield row
        except BrokenError as error:
            refused.append(f"{file.path}:{error.line}: {error.reason}")
        except RuleError as error:
            refused.append(f"{file.path}: {error.reason}")


def is_about_library(content: object) -> bool:
    """Tell whether a YAML document is one of HijackLibs."""
    return isinstance(content, dict) and _row(content) is not None


def _row(content: Node) -> Hijack | None:
    if not isinstance(content, dict):
        return None
    name = _text(content.get("Name")).lower()
    programs = _maps(content.get("VulnerableExecutables"))
    if not name or not programs:
        return None
    paths = (_text(each.get("Path")).replace("/", "\\") for each in programs)
    signatures = _maps(content.get("ExpectedSignatureInformation"))
    return Hijack(
        name.rpartition("\\")[2],
        _text(content.get("Vendor")),
        tuple(
            dict.fromkeys(n for each in signatures for n in names_of(_text(each.get("Subject"))))
        ),
        _texts(content.get("ExpectedLocations")),
        tuple(dict.fromkeys(path.rpartition("\\")[2].lower() for path in paths if path)),
    )


def names_of(subject: str) -> tuple[str, ...]:
    """Give the common name and the organisation of a distinguished name (RFC 4514)."""
    found = {
        match["name"].upper(): match["double"] or match["single"] or match["bare"] or ""
        for match in _ATTRIBUTE.finditer(subject)
    }
    names = (found.get(name, "").strip() for name in ("CN", "O"))
    return tuple(dict.fromkeys(filter(None, names)))


def _maps(node: Node) -> list[dict[str, Node]]:
    return [each for each in node if isinstance(each, dict)] if isinstance(node, list) else []


def _texts(node: Node) -> tuple[str, ...]:
    return tuple(text for each in node if (text := _text(each))) if isinstance(node, list) else ()


def _text(node: Node) -> str:
    return node.strip() if isinstance(node, str) else ""


def read_hijacks(path: Path) -> Import:
    """Read the table that `import_hijacks` wrote to *path*.

    Raises:
        UsageError: it cannot be read, or is of another version.
    """
    hint = "import it anew: sidelight rules update --hijacklibs FILE"
    try:
        body = orjson.loads(path.read_bytes())
        if body["kind"] != _KIND or body["version"] != VERSION:
            raise UsageError("is no table of this version", where=str(path), hint=hint)
        rows = msgspec.convert(body["libraries"], list[Hijack])
        return Import(by_name(rows), str(body["sha256"]), ())
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except (ValueError, LookupError, TypeError, msgspec.MsgspecError):
        raise UsageError("is damaged", where=str(path), hint=hint) from None
