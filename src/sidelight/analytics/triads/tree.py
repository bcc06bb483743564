"""Files of a disk, folder by folder."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final

import pyarrow as pa

from sidelight.analytics.paths import Place, place_of
from sidelight.analytics.triads.roots import Volumes, find_volumes
from sidelight.findings.cells import coded_texts
from sidelight.schema import SEPARATOR
from sidelight.values import dataclass

_SORTS: Final = frozenset({"program", "library", "blob"})


@dataclass(frozen=True, slots=True)
class File:
    """A file on a disk.

    Args:
        source: where it lies in the evidence.
        host: as somebody named it; empty where nobody did.
        path: where it lay on its host; empty where its source does not tell.
        folder: of `source`, folded, with what parts it from the name.
        name: folded.
        imports: names of libraries, folded; so are the next two.
    """

    source: str
    host: str
    path: str
    folder: str
    name: str
    sort: str
    machine: str
    certified: bool
    original: str
    company: str
    product: str
    imports: frozenset[str]
    delayed: frozenset[str]
    named: frozenset[str]
    channel: str

    @property
    def file(self) -> str:
        """The name as it is written."""
        return self.source[-len(self.name) :] if self.name else self.source

    @property
    def place(self) -> Place:
        """Where it lay on the host, as far as its path tells."""
        return place_of(self.path)

    @property
    def written(self) -> str:
        """The path on the host where that is known, else in the evidence."""
        return self.place.written or self.source

    @property
    def of_windows(self) -> bool:
        """Whether it says that it belongs to Windows, which is signed by catalogs."""
        product = self.product.lower()
        return self.company.lower() == "microsoft corporation" and (
            "windows" in product and "operating system" in product
        )


@dataclass(frozen=True)
class Tree:
    """All files of a run.

    Args:
        folders: files by host and folder, each in order of name.
        table: the facts.
    """

    folders: Mapping[tuple[str, str], tuple[File, ...]]
    table: pa.Table

    @cached_property
    def listed(self) -> Mapping[str, tuple[str, ...]]:
        """The digests that catalogs list, with the sources of the catalogs in order.

        Only catalogs are named that lie where Windows keeps them. Whether one's signature holds
        is not known before it is looked at again, and so is what it lists in the signed part.
        """
        sort, sorts = coded_texts(self.table.column("sort"))
        member, members = coded_texts(self.table.column("members"))
        source, sources = coded_texts(self.table.column("source"))
        found: defaultdict[str, list[str]] = defaultdict(list)
        rows = [
            row
            for row in range(len(sort))
            if sorts[sort[row]] == "catalog" and _is_kept(sources[source[row]])
        ]
        for row in sorted(rows, key=lambda row: sources[source[row]]):
            for digest in members[member[row]].split(SEPARATOR):
                found[digest].append(sources[source[row]])
        return {digest: tuple(some) for digest, some in found.items()}

    def catalogs(self, digests: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield each of *digests* that a catalog lists, with the catalog's source."""
        for digest in digests:
            for source in self.listed.get(digest, ()):
                yield digest, source

    @property
    def has_catalogs(self) -> bool:
        """Whether there is any catalog at hand."""
        return bool(self.listed)

    def below(self, host: str, folder: str) -> Iterator[tuple[str, tuple[File, ...]]]:
        """Yield the names and files of the folders that lie right in *folder*."""
        for name in self._children.get((host, folder), ()):
            yield name, self.folders[host, f"{folder}{name}/"]

    @cached_property
    def _children(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for host, folder in self.folders:
            above, _, name = folder.rstrip("/").rpartition("/")
            found[host, f"{above}/"].append(name)
        return {key: tuple(sorted(names)) for key, names in found.items()}


def plant(table: pa.Table) -> Tree:
    """Arrange united `FILES` by folder."""
    columns = {
        name: coded_texts(table.column(name))
        for name in table.column_names
        if name not in {"time", "record", "members", "path"}
    }
    held: defaultdict[tuple[str, str], list[File]] = defaultdict(list)
    volumes = find_volumes(columns["source"][1])
    for row in range(table.num_rows):
        cell = {
            name: texts[codes[row]] if codes[row] >= 0 else ""
            for name, (codes, texts) in columns.items()
        }
        if cell["sort"] in _SORTS:
            file = _file(cell, volumes)
            held[file.host, file.folder].append(file)
    folders = {
        key: tuple(sorted(files, key=lambda file: (file.name, file.source)))
        for key, files in sorted(held.items())
    }
    return Tree(folders, table)


def _file(cell: Mapping[str, str], volumes: Volumes) -> File:
    source = cell["source"]
    end = max(source.rfind("/"), source.rfind("\\"), source.rfind("!")) + 1
    return File(
        source,
        cell["host"],
        volumes.host_path(source),
        source[:end].replace("\\", "/").lower(),
        source[end:].lower(),
        cell["sort"],
        cell["machine"],
        cell["certified"] == "true",
        cell["original"],
        cell["company"],
        cell["product"],
        _names(cell["imports"]),
        _names(cell["delayed"]),
        _names(cell["named"]),
        cell["channel"],
    )


def _is_kept(source: str) -> bool:
    """Tell whether a catalog lies where Windows keeps those of its own files."""
    return "/system32/catroot/" in source.replace("\\", "/").replace("!", "/").lower()


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split(SEPARATOR)) if text else frozenset()
