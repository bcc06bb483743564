"""Which of many loads and writes are looked at one by one, by columns.

Rule 1. What is left out could change no judgement: it is in order itself, and no doubtful load has
it as a sibling, as its program or as its genuine twin.
Rule 2. Of writes, what is left out is no library that is judged for where it was put, wrote none
that was loaded, and lies beside no such file that its process wrote.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.analytics.known import known_pairs, phantom_names, programs, system_names
from sidelight.analytics.paths import HOME, PROTECTED, WRITABLE, Place, Places, Zone, place_of
from sidelight.findings.cells import Bools, Ints, Rows, coded_texts
from sidelight.schema import unique
from sidelight.values import dataclass

VALID: Final = frozenset({"", "valid", "trusted"})
"""Words for a signature that holds, or of which nothing is said."""

RUNTIMES: Final = frozenset(
    {
        "clr.dll",
        "mscorwks.dll",
        "coreclr.dll",
        "mscorsvr.dll",
        "system.management.automation.dll",
        "system.management.automation.ni.dll",
    }
)
"""Libraries that are looked at wherever they lie: `sidelight.analytics.engines`."""

CODE: Final = (".exe", ".com", ".scr")
LIBRARY: Final = (".dll", ".ocx", ".cpl", ".drv", ".ax")
_INSTALLERS: Final = ("setup", "install", "update", "unins")
_TELLING: Final = frozenset({Zone.MOCK, Zone.REDIRECT, Zone.SYSTEM, Zone.WINDOWS, Zone.PROGRAMS})
UNSPOKEN: Final = frozenset({Zone.NOWHERE, Zone.STORE})

ALONE: Final = frozenset({Zone.SYSTEM, Zone.NATIVE})
"""Zones in which everything lies together: to lie beside something there says nothing."""


@dataclass(frozen=True, slots=True)
class Sieved:
    """What is worth a look.

    Args:
        rows: numbers of rows, ascending.
        homes: folded names of libraries that were loaded from System32, signed by Microsoft for
            Windows itself; what it signs for makers of hardware is theirs.
        heard: (host, executable), folded, of programs whose loads are logged.
        managed: those of them that loaded .NET.
    """

    rows: Rows
    homes: frozenset[str]
    heard: frozenset[tuple[str, str]]
    managed: frozenset[tuple[str, str]]


def sieve(loads: pa.Table) -> Sieved:
    """Choose among united `LOADS`."""
    if not loads.num_rows:
        return Sieved(np.empty(0, np.intp), frozenset(), frozenset(), frozenset())
    sheet = _Sheet.of(loads)
    doubtful = sheet.doubtful
    kept = doubtful.copy()
    kept |= np.isin(sheet.in_folder, unique(sheet.in_folder[doubtful & sheet.compared]))
    mine = np.isin(sheet.by_image, unique(sheet.by_image[doubtful]))
    kept |= mine & sheet.selves
    kept |= mine & sheet.at_home & np.isin(sheet.name, unique(sheet.name[doubtful]))
    of_windows = unique(sheet.library[sheet.of_windows])
    names = frozenset(sheet.places.names[each] for each in of_windows)
    heard, managed = sheet.programs(~sheet.selves), sheet.programs(sheet.managed)
    return Sieved(np.flatnonzero(kept), names, heard, managed)


def sieve_writes(writes: pa.Table, names: AbstractSet[str], paths: AbstractSet[str]) -> Rows:
    """Choose among united `WRITES`, ascending.

    Args:
        writes: of a run.
        names: folded names of libraries at home in System32.
        paths: folded paths of libraries whose loads are looked at.
    """
    if not writes.num_rows:
        return np.empty(0, np.intp)
    target, texts = coded_texts(writes.column("target"))
    places = [place_of(text) for text in texts]
    names = names | system_names() | phantom_names() | known_pairs().keys()
    judged = np.array([_is_put(place, names) for place in places], bool)[target]
    loaded = np.array([place.path in paths for place in places], bool)[target]
    image, images = coded_texts(writes.column("image"))
    installs = np.array([is_installer(place_of(text)) for text in images], bool)[image]
    kept: Bools = (judged & ~installs) | loaded
    host, hosts = coded_texts(writes.column("host"))
    process, processes = coded_texts(writes.column("process"))
    folder = _numbers([place.folder for place in places])[target]
    maker = _numbers([text.lower() for text in hosts])[host] * len(processes) + process
    beside = maker * (int(folder.max()) + 1) + folder
    spoken = np.array([bool(text) for text in processes], bool)[process]
    kept |= spoken & np.isin(beside, unique(beside[kept & spoken]))
    return np.flatnonzero(kept)


def _is_put(place: Place, names: AbstractSet[str]) -> bool:
    """Tell whether a file is judged for where it was put, whoever wrote it."""
    if not place.name.endswith(LIBRARY):
        return False
    return place.zone in _TELLING or (place.zone in WRITABLE and place.name in names)


def is_installer(image: Place) -> bool:
    """Tell whether an executable installs software by its trade."""
    named = image.name in programs("servicing") or any(word in image.name for word in _INSTALLERS)
    return named and (image.zone in PROTECTED or image.zone is Zone.NOWHERE)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Loads as numbers.

    Args:
        places: of the libraries.
        name: number of the library's name.
        in_folder: number of (host, folder of the library).
        by_image: number of (host, executable).
        at_home: well signed, from where Windows is.
        of_windows: from System32, and Windows' own.
        compared: lies where a library is compared with others in its folder.
    """

    places: Places
    library: Ints
    name: Ints
    in_folder: Ints
    by_image: Ints
    selves: Bools
    at_home: Bools
    of_windows: Bools
    compared: Bools
    doubtful: Bools
    managed: Bools
    hosts: list[str]
    images: list[str]
    host: Ints
    image: Ints

    def programs(self, marks: Bools) -> frozenset[tuple[str, str]]:
        """Name the programs of marked rows."""
        pairs = unique(self.host[marks] * len(self.images) + self.image[marks])
        return frozenset(
            (self.hosts[pair // len(self.images)], self.images[pair % len(self.images)])
            for pair in pairs.tolist()
        )

    @classmethod
    def of(cls, loads: pa.Table) -> "_Sheet":
        library, paths = coded_texts(loads.column("library"))
        image, images = coded_texts(loads.column("image"))
        places = Places.of(paths)
        hosts, names = coded_texts(loads.column("host"))
        folded = [text.lower() for text in names]
        host = _numbers(folded)[hosts]
        programs = _paths_of(images, dict(zip(paths, places.paths, strict=True)))
        every = _numbers([*places.paths, *programs])
        here, there = every[: len(paths)][library], every[len(paths) :][image]
        folder, name = _numbers(places.folders)[library], _numbers(places.names)[library]
        width = int(every.max()) + 2
        selves = here == there
        zone = places.zones[library]
        trusted, unsigned, microsoft = _signatures(loads)
        quiet = np.isin(zone, _zones(PROTECTED)) & (trusted | ~unsigned)
        ends = np.array([text.endswith(CODE) for text in places.names], bool)[library]
        runtime = np.array([text in RUNTIMES for text in places.names], bool)[library]
        spoken = ~np.isin(zone, _zones(UNSPOKEN)) & ~ends
        return cls(
            places,
            library,
            name,
            host * width + folder,
            host * width + there,
            selves,
            np.isin(zone, _zones(HOME)) & trusted & ~selves,
            (zone == Zone.SYSTEM) & trusted & microsoft & ~selves,
            ~np.isin(zone, _zones(ALONE)),
            ((~quiet & spoken) | runtime) & ~selves,
            runtime,
            folded,
            programs,
            hosts,
            image,
        )


def _paths_of(images: list[str], known: Mapping[str, str]) -> list[str]:
    """Fold paths of executables, some of which are *known* since they were loaded too."""
    folded = [known.get(text, "") for text in images]
    rest = [at for at, path in enumerate(folded) if not path]
    for at, path in zip(rest, Places.of([images[at] for at in rest]).paths, strict=True):
        folded[at] = path
    return folded


def _signatures(loads: pa.Table) -> tuple[Bools, Bools, Bools]:
    """Mark the well signed, those of which it is said that they are not, and Microsoft's own."""
    signed, said = coded_texts(loads.column("signed"))
    status, words = coded_texts(loads.column("status"))
    true = np.array([text.lower() == "true" for text in said], bool)[signed]
    false = np.array([text.lower() == "false" for text in said], bool)[signed]
    valid = np.array([text.lower() in VALID for text in words], bool)[status]
    signer, names = coded_texts(loads.column("signer"))
    own = np.array([_is_microsoft(text.lower()) for text in names], bool)[signer]
    return true & valid, false | (true & ~valid), own


def _is_microsoft(signer: str) -> bool:
    return "microsoft" in signer and "hardware" not in signer


def _zones(zones: frozenset[Zone]) -> list[int]:
    return [int(zone) for zone in zones]


def _numbers(texts: Sequence[str]) -> Ints:
    known: dict[str, int] = {}
    return np.array([known.setdefault(text, len(known)) for text in texts], np.int64)
