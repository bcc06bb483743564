"""What is hunted besides the files that were named: hosts, memory images, matches of YARA rules.

Each of them is looked at first and leaves lines in a folder that is gone afterwards; the hunt
reads those like any other evidence.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sidelight.cli.folders import folders_of
from sidelight.errors import UsageError
from sidelight.evidence.named import present
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.hunt.gather import Heed
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
        partial: why not all was looked at, and nothing else is to be read; empty where it was.
    """

    paths: tuple[str, ...]
    named: Mapping[str, str] = field(default_factory=dict)
    refused: "tuple[Refusal, ...]" = ()
    said: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    partial: str = ""

    def alone(self) -> "Surveyed":
        """Give what looks left alone, as after an interruption; where there is none, all."""
        seen = tuple(path for path in self.paths if path in self.named)
        return replace(self, paths=seen, partial="interrupted") if seen else self


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
def with_surfaces(
    paths: Sequence[str], surfaces: Surfaces, heed: "Heed" = nullcontext
) -> Iterator[Surveyed]:
    """Look at *surfaces*; give what there is to hunt then.

    Args:
        paths: evidence besides.
        surfaces: what to look at.
        heed: where Ctrl-C ends the look. What was seen until then is there to hunt.

    Raises:
        UsageError: there is nothing to hunt, or something cannot be looked at.
        KeyboardInterrupt: Ctrl-C came before anything was seen.
    """
    if not (paths or surfaces.live or surfaces.hosts or surfaces.images):
        hint = "or say --live, --ssh HOST or --memory-image FILE"
        raise UsageError("name logs, folders or archives", hint=hint)
    present(paths, [])  # a typing error is told before hosts are looked at
    files = folders_of(surfaces.files, "--files")
    if not (surfaces.live or surfaces.hosts or surfaces.images or surfaces.yara):
        yield Surveyed(tuple(paths), files=files)
        return
    with tempfile.TemporaryDirectory(prefix="sidelight-") as name:
        for sort in _SORTS:
            Path(name, sort).mkdir()
        try:
            found = _surveyed(paths, surfaces, Path(name), heed)
        except KeyboardInterrupt:
            left = (each for sort in _SORTS for each in sorted(Path(name, sort).iterdir()))
            seen = _named(each for each in left if each.stat().st_size)
            if not seen:
                raise
            found = Surveyed(tuple(seen), seen).alone()
        yield replace(found, files=files)


_SORTS: Final = ("host", "volatility", "yara")


def _named(files: Iterable[Path]) -> dict[str, str]:
    """Give what to call files that a look left."""
    return {
        str(file): "yara" if file.parent.name == "yara" else f"{file.parent.name}:{file.stem}"
        for file in files
    }


def _surveyed(paths: Sequence[str], surfaces: Surfaces, folder: Path, heed: "Heed") -> Surveyed:
    # What is imported here and again by the hunt must not be interrupted.
    from sidelight.cli.live import look_at_hosts  # noqa: PLC0415 - not for --help

    made: dict[str, str] = {}
    if surfaces.live or surfaces.hosts:
        place = folder / "host"
        with heed():
            looked = look_at_hosts(place, surfaces.hosts, surfaces.words, live=surfaces.live)
        made |= _named(looked)
    if surfaces.images:
        from sidelight.cli.volatility import read_images  # noqa: PLC0415

        with heed():
            made |= _named(read_images(surfaces.images, surfaces.symbols, folder / "volatility"))
    if surfaces.yara is None:
        return Surveyed((*paths, *made), made)
    from sidelight.cli.yara import scan_evidence  # noqa: PLC0415

    file = folder / "yara" / "yara.jsonl"
    with heed():
        found = scan_evidence(surfaces.yara, paths, file, live=surfaces.live)
    made |= _named([found.file])
    return Surveyed((*paths, *made), made, found.refused, (("yara", found.said),))
