"""What is hunted besides the files that were named: hosts, memory images, matches of YARA rules.

Each of them is looked at first and leaves lines in a folder that is gone afterwards; the hunt
reads those like any other evidence.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sidelight.errors import UsageError
from sidelight.rules.rule import Refusal


@dataclass(frozen=True, slots=True)
class Surfaces:
    """What to look at.

    Args:
        live: this host.
        hosts: to look at over ssh.
        yara: folder of YARA rules; None for none.
        images: images of whole memories.
    """

    live: bool = False
    hosts: tuple[str, ...] = ()
    yara: Path | None = None
    images: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What there is to hunt.

    Args:
        named: those of the paths that the user did not name, and what to call them.
        refused: rules that could not be run.
        said: options and what came of them, for the manifest.
    """

    paths: tuple[str, ...]
    named: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[Refusal, ...] = ()
    said: tuple[tuple[str, str], ...] = ()


@contextmanager
def with_surfaces(paths: Sequence[str], surfaces: Surfaces) -> Iterator[Surveyed]:
    """Look at *surfaces*; give what there is to hunt then.

    Raises:
        UsageError: there is nothing to hunt, or something cannot be looked at.
    """
    if not (paths or surfaces.live or surfaces.hosts or surfaces.images):
        hint = "or say --live, --ssh HOST or --memory-image FILE"
        raise UsageError("name logs, folders or archives", hint=hint)
    if not (surfaces.live or surfaces.hosts or surfaces.images or surfaces.yara):
        yield Surveyed(tuple(paths))
        return
    with tempfile.TemporaryDirectory(prefix="sidelight-") as name:
        yield _surveyed(paths, surfaces, Path(name))


def _surveyed(paths: Sequence[str], surfaces: Surfaces, folder: Path) -> Surveyed:
    from sidelight.cli.live import look_at_hosts  # noqa: PLC0415 - not for --help

    made: dict[str, str] = {}
    if surfaces.live or surfaces.hosts:
        looked = look_at_hosts(folder, surfaces.hosts, live=surfaces.live)
        made.update((str(file), f"host:{file.stem}") for file in looked)
    if surfaces.yara is None:
        return Surveyed((*paths, *made), made)
    from sidelight.cli.yara import scan_evidence  # noqa: PLC0415

    found = scan_evidence(surfaces.yara, paths, folder / "yara.jsonl", live=surfaces.live)
    made[str(found.file)] = "yara"
    return Surveyed((*paths, *made), made, found.refused, (("yara", found.said),))
