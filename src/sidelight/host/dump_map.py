"""What lies where in a process out of a minidump: modules, and memory that belongs to none."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import TypeVar

from sidelight.host.minidump import Minidump
from sidelight.host.minidump_streams import IMAGE, Area, Module
from sidelight.values import dataclass

_Part = TypeVar("_Part", Module, Area)


@dataclass(frozen=True, slots=True)
class Map:
    """Modules and areas in order of address.

    Args:
        loose: where allocations begin that have executable memory and are no images of files.
    """

    modules: tuple[Module, ...]
    areas: tuple[Area, ...]
    loose: frozenset[int]
    _modules_at: tuple[int, ...]
    _areas_at: tuple[int, ...]

    @classmethod
    def of(cls, dump: Minidump) -> "Map":
        """Lay out what *dump* lists."""
        modules = tuple(sorted(dump.modules, key=lambda each: each.start))
        areas = dump.areas or ()
        loose = frozenset(a.allocation for a in areas if a.executable and a.sort != IMAGE)
        starts = tuple(each.start for each in modules), tuple(each.start for each in areas)
        return cls(modules, areas, loose, *starts)

    def module_at(self, address: int) -> Module | None:
        """Find the module that holds *address*."""
        return _at(self.modules, self._modules_at, address)

    def area_at(self, address: int) -> Area | None:
        """Find the area that holds *address*."""
        return _at(self.areas, self._areas_at, address)

    def is_loose(self, area: Area) -> bool:
        """Tell whether *area* belongs to executable memory that no file holds."""
        loose = area.sort != IMAGE and area.allocation in self.loose
        return loose and self.module_at(area.start) is None

    def areas_in(self, start: int, end: int) -> tuple[Area, ...]:
        """Give the areas that overlap a stretch, in order."""
        first = max(0, bisect_right(self._areas_at, start) - 1)
        found = self.areas[first : bisect_left(self._areas_at, end)]
        return tuple(area for area in found if area.end > start)

    def loose_areas(self, start: int, end: int) -> Iterator[Area]:
        """Yield the areas of that sort that overlap a stretch, in order."""
        if self.loose:
            yield from filter(self.is_loose, self.areas_in(start, end))


def _at(parts: Sequence[_Part], starts: Sequence[int], at: int) -> _Part | None:
    number = bisect_right(starts, at) - 1
    return parts[number] if number >= 0 and at < parts[number].end else None
