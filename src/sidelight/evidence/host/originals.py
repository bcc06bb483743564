"""Files that modules in memory were loaded from, found by name in folders that were named."""

import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from typing import BinaryIO, Final

from sidelight.host.image import Code, image_of
from sidelight.host.minidump_streams import Module
from sidelight.values import dataclass

MANY_FILES: Final = 1 << 20
OPEN_FILES: Final = 32


@dataclass(slots=True)
class Originals:
    """Finds the files of modules in *folders*, and holds a few of them open until it is closed."""

    folders: tuple[str, ...]
    _open: "OrderedDict[str, BinaryIO]" = field(default_factory=OrderedDict)

    def code_of(self, module: Module) -> Code | None:
        """Give the code of the very build that *module* is; None where its file is not there.

        A build is known by its time stamp and its size in memory, which the list of modules has.
        """
        for path in _index(self.folders).get(module.name.lower(), ()) if self.folders else ():
            try:
                data = _Opened(self, path, os.path.getsize(path))
                image = image_of(data)
            except OSError:
                continue
            if image is not None and (image.stamp, image.size) == (module.stamp, module.size):
                return Code(data, image, module.start)
        return None

    def read(self, path: str, start: int, size: int) -> bytes:
        """Read a part of a file.

        Raises:
            OSError: it cannot be read.
        """
        file = self._open.pop(path, None) or open(path, "rb")  # noqa: SIM115 - closed by `close`
        self._open[path] = file
        if len(self._open) > OPEN_FILES:
            self._open.popitem(last=False)[1].close()
        file.seek(start)
        return file.read(size)

    def close(self) -> None:
        """Close the files that are open."""
        for file in self._open.values():
            file.close()
        self._open.clear()


@dataclass(frozen=True, slots=True)
class _Opened:
    """The bytes of a file; it has none any more once it cannot be read."""

    originals: Originals
    path: str
    size: int

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, part: slice, /) -> bytes:
        start, stop, _ = part.indices(self.size)
        try:
            return self.originals.read(self.path, start, stop - start) if stop > start else b""
        except OSError:
            return b""


@lru_cache(maxsize=4)
def _index(folders: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """List the files in *folders* by name in lower case; links are not followed."""
    found: dict[str, list[str]] = {}
    count = 0
    for folder in folders:
        for root, inner, names in os.walk(folder):
            inner.sort()
            for name in sorted(names):
                count += 1
                path = os.path.join(root, name)
                if count <= MANY_FILES and os.path.isfile(path) and not os.path.islink(path):
                    found.setdefault(name.lower(), []).append(path)
    return {name: tuple(paths) for name, paths in found.items()}
