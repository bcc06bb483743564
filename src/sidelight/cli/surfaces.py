"""What is hunted besides the files that were named: hosts, memory images, matches of YARA rules.

Each of them is looked at first and leaves lines in a folder that is gone afterwards; the hunt
reads those like any other evidence.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sidelight.cli.folders import folders_of
from sidelight.errors import UsageError
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.rules.rule import Refusal


@dataclass(frozen=True, slots=True)
class Surfaces:
    """What to look at.

    Args:
        live: this host.
        hosts: to look at over ssh.
        words: options of the collector.
        yara: folder of YARA rules; None for none.
        images: images of whole memories.
        symbols: folders with tables of symbols for them.
        files: folders with programs and libraries to hold code in dumps against.
    """

    live: bool = False
    hosts: Sequence[str] = ()
    words: Sequence[str] = ()
    yara: Path | None = None
    images: Sequence[Path] = ()
    symbols: Sequence[Path] = ()
    files: Sequence[Path] = ()


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What there is to hunt.

    Args:
        named: those of the paths that the user did not name, and what to call them.
        refused: rules that could not be run.
        said: options and what came of them, for the manifest.
        files: folders with programs and libraries to hold code in dumps against.
    """

    paths: tuple[str, ...]
    named: Mapping[str, str] = field(default_factory=dict)
    refused: "tuple[Refusal, ...]" = ()
    said: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()


def looking(options: Mapping[str, bool], *, live: bool) -> tuple[str, ...]:
    """Give those options of the collector that are on.

    Raises:
        UsageError: one is on, and no host is looked at.
    """
    words = tuple(name for name, on in options.items() if on)
    if words and not live:
        raise UsageError("is for a look at a host", where=words[0], hint="say --live or --ssh HOST")
    return words


@contextmanager
def with_surfaces(paths: Sequence[str], surfaces: Surfaces) -> Iterator[Surveyed]:
    """Look at *surfaces*; give what there is to hunt then.

    Raises:
        UsageError: there is nothing to hunt, or something cannot be looked at.
    """
    if not (paths or surfaces.live or surfaces.hosts or surfaces.images):
        hint = "or say --live, --ssh HOST or --memory-image FILE"
        raise UsageError("name logs, folders or archives", hint=hint)
    files = folders_of(surfaces.files, "--files")
    if not (surfaces.live or surfaces.hosts or surfaces.images or surfaces.yara):
        yield Surveyed(tuple(paths), files=files)
        return
    with tempfile.TemporaryDirectory(prefix="sidelight-") as name:
        yield replace(_surveyed(paths, surfaces, Path(name)), files=files)


def _surveyed(paths: Sequence[str], surfaces: Surfaces, folder: Path) -> Surveyed:
    from sidelight.cli.live import look_at_hosts  # noqa: PLC0415 - not for --help

    made: dict[str, str] = {}
    if surfaces.live or surfaces.hosts:
        looked = look_at_hosts(folder, surfaces.hosts, surfaces.words, live=surfaces.live)
        made.update((str(file), f"host:{file.stem}") for file in looked)
    if surfaces.images:
        from sidelight.cli.volatility import read_images  # noqa: PLC0415

        read = read_images(surfaces.images, surfaces.symbols, folder)
        made.update((str(file), f"volatility:{file.stem}") for file in read)
    if surfaces.yara is None:
        return Surveyed((*paths, *made), made)
    from sidelight.cli.yara import scan_evidence  # noqa: PLC0415

    found = scan_evidence(surfaces.yara, paths, folder / "yara.jsonl", live=surfaces.live)
    made[str(found.file)] = "yara"
    return Surveyed((*paths, *made), made, found.refused, (("yara", found.said),))
