"""What the memory in a minidump shows: images, tables of imports, code that differs from files."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sidelight.host.dump_map import Map
from sidelight.host.image import PAGE, Code, image_of, wiped_image_of
from sidelight.host.import_tables import Imports, imports_in
from sidelight.host.minidump import Minidump, memory_blocks
from sidelight.host.minidump_streams import Area, Module, Stored
from sidelight.host.tape import Tape
from sidelight.values import dataclass

MANY_IMAGES: Final = 256
REWRITTEN: Final = 64
"""So many bytes of a page that differ are no hook."""

_M: Final = ord("M")
_WIDE: Final = frozenset({9, 12, 0x8003})

Sort: TypeAlias = Literal["header", "managed", "wiped"]
"""An image with its header, an assembly of .NET with it, or an image without its marks."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An image in memory that is of no module; *area* is None where protections are not known."""

    address: int
    sort: Sort
    area: Area | None


@dataclass(slots=True)
class Differing:
    """Code of a module that differs from its file.

    Args:
        first: address of the first difference.
        patched: bytes, in pages of which few differ.
        rewritten: bytes, in pages of which many do.
    """

    module: Module
    first: int
    patched: int = 0
    rewritten: int = 0


@dataclass(slots=True)
class Sight:
    """What memory shows.

    Args:
        compared: names of the modules that were held against their files.
        code: bytes of code that were compared.
        held: bytes of memory that were looked at.
    """

    images: list[Seen] = field(default_factory=list)
    imports: list[Imports] = field(default_factory=list)
    differing: dict[int, Differing] = field(default_factory=dict)
    compared: dict[str, None] = field(default_factory=dict)
    code: int = 0
    held: int = 0


@dataclass(slots=True)
class _Eye:
    """Looks at blocks of memory, in any order."""

    layout: Map
    wide: bool
    code_of: Callable[[Module], Code | None]
    sight: Sight = field(default_factory=Sight)
    codes: dict[int, Code | None] = field(default_factory=dict)
    seen: Counter[bool] = field(default_factory=Counter)
    edges: NDArray[np.uint64] = field(init=False)

    def __post_init__(self) -> None:
        ends = [0]
        for module in self.layout.modules:
            if module.start >= ends[-1]:
                ends += [module.start, module.end]
        self.edges = np.array(ends[1:], np.uint64)

    def code(self, module: Module) -> Code | None:
        if module.start not in self.codes:
            self.codes[module.start] = self.code_of(module)
        return self.codes[module.start]

    def is_dull(self, part: Stored) -> bool:
        """Tell whether a stretch lies within a module that cannot be compared."""
        module = self.layout.module_at(part.start)
        return module is not None and part.end <= module.end and self.code(module) is None

    def take(self, start: int, block: bytes) -> None:
        self.sight.held += len(block)
        for at in _marked_pages(start, block):
            image = image_of(block[at : at + PAGE])
            if image is not None and self.layout.module_at(start + at) is None:
                self._see(start + at, "managed" if image.managed else "header")
        for area in self.layout.loose_areas(start, start + len(block)):
            at = area.start - start
            if at >= 0 and wiped_image_of(block[at : at + PAGE]):
                self._see(area.start, "wiped")
            self._find_imports(area, start, block)
        self._compare(start, block)

    def _see(self, address: int, sort: Sort) -> None:
        area = self.layout.area_at(address)
        loose = area is not None and self.layout.is_loose(area)
        self.seen[loose] += 1
        if self.seen[loose] <= MANY_IMAGES:  # many that are data crowd out none that can run
            self.sight.images.append(Seen(address, sort, area))

    def _find_imports(self, area: Area, start: int, block: bytes) -> None:
        begin = max(area.start, start + -start % 8)
        part = block[begin - start : max(0, area.end - start)]
        found = imports_in(part, begin, self.edges, wide=self.wide)
        if found is not None and len(self.sight.imports) < MANY_IMAGES:
            self.sight.imports.append(found)

    def _compare(self, start: int, block: bytes) -> None:
        for at in range(-start % PAGE, len(block), PAGE):
            module = self.layout.module_at(start + at)
            code = None if module is None else self.code(module)
            if module is not None and code is not None:
                self._compare_page(module, code, start + at, block[at : at + PAGE])

    def _compare_page(self, module: Module, code: Code, address: int, page: bytes) -> None:
        expected = code.page(address - module.start)
        if expected is None or not any(page):  # a page that was not there may be stored as zeros
            return
        body, over = expected
        size = min(len(body), len(page))
        differs = np.frombuffer(body, np.uint8, size) != np.frombuffer(page, np.uint8, size)
        for begin, end in over:
            differs[begin:end] = False
        self.sight.compared.setdefault(module.name)
        self.sight.code += size
        places = np.flatnonzero(differs)
        if len(places):
            first = address + int(places[0])
            found = self.sight.differing.setdefault(module.start, Differing(module, first))
            if len(places) >= REWRITTEN:
                found.rewritten += len(places)
            else:
                found.patched += len(places)


def _marked_pages(start: int, block: bytes) -> Iterator[int]:
    """Yield offsets of pages that begin with MZ."""
    first = -start % PAGE
    marks = np.frombuffer(block, np.uint8)[first::PAGE]
    for at in (np.flatnonzero(marks == _M) * PAGE + first).tolist():
        if block[at : at + 2] == b"MZ":
            yield at


def look(tape: Tape, dump: Minidump, code_of: Callable[[Module], Code | None]) -> Sight:
    """Look at memory as it passes by.

    Args:
        tape: as `open_minidump` left it.
        dump: what was read of it.
        code_of: gives what a module's code should be, None where its file is not at hand; is
            asked once a module.
    """
    eye = _Eye(Map.of(dump), dump.architecture in _WIDE, code_of)
    for _, start, block in memory_blocks(tape, dump.stored, eye.is_dull):
        eye.take(start, block)
    return eye.sight
