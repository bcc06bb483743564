"""Rules as they are run, compiled once and kept by content.

A cache is used only if its name fits the rules, the selection and this very code; else it is made
anew.
"""

import gc
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import numpy as np

from sidelight import __version__
from sidelight.kept import digest_of, kept
from sidelight.rules.files import require_whole
from sidelight.rules.plan import Plan, compile_plan
from sidelight.rules.reading import AS_WRITTEN, Reading
from sidelight.rules.rule import Correlation, LogSource, Meta, Refusal, RuleSet
from sidelight.rules.selection import Selection, require_known, select

Value = TypeVar("Value")

EVERYTHING: Final = Selection()
_BLOCK: Final = 1 << 18


class Compiled(msgspec.Struct, frozen=True):
    """A rule set ready to run.

    Args:
        told: what each rule says of itself, in the order of `Plan.rules`, as it is kept: nobody
            reads it but of the few rules that match.
        taggings, tagged: the tags of each rule, `shared`.
        places, placed: where each rule looks, `shared`.
        silent: ids of rules that only serve correlations.
        digest: of `RuleSet`.
    """

    told: tuple[msgspec.Raw, ...]
    taggings: tuple[tuple[str, ...], ...]
    tagged: bytes
    places: tuple[LogSource, ...]
    placed: bytes
    silent: tuple[str, ...]
    correlations: tuple[Correlation, ...]
    refused: tuple[Refusal, ...]
    digest: str
    plan: Plan

    @property
    def metas(self) -> tuple[Meta, ...]:
        """What each rule says of itself."""
        return tuple(map(self.meta, range(len(self.told))))

    @property
    def tags(self) -> tuple[tuple[str, ...], ...]:
        """The tags of each rule."""
        return unshared(self.taggings, self.tagged)

    @property
    def logsources(self) -> tuple[LogSource, ...]:
        """Where each rule looks."""
        return unshared(self.places, self.placed)

    def meta(self, number: int) -> Meta:
        """Give what a rule says of itself."""
        return _META.decode(self.told[number])


_META: Final = msgspec.msgpack.Decoder(Meta)


def shared(values: Sequence[Value]) -> tuple[tuple[Value, ...], bytes]:
    """Write *values*, of which most are equal to others, as the distinct ones and numbers."""
    known: dict[Value, int] = {}
    numbers = [known.setdefault(value, len(known)) for value in values]
    return tuple(known), np.array(numbers, np.int32).tobytes()


def unshared(distinct: Sequence[Value], numbers: bytes) -> tuple[Value, ...]:
    """Give what `shared` wrote."""
    return tuple(map(distinct.__getitem__, np.frombuffer(numbers, np.int32).tolist()))


def compiled(rules: RuleSet) -> Compiled:
    """Make *rules* ready to run."""
    return Compiled(
        tuple(msgspec.Raw(msgspec.msgpack.encode(rule.meta)) for rule in rules.rules),
        *shared([rule.meta.tags for rule in rules.rules]),
        *shared([rule.logsource for rule in rules.rules]),
        tuple(rule.meta.id for rule in rules.rules if rule.silent),
        rules.correlations,
        rules.refused,
        rules.digest,
        compile_plan(rules.rules),
    )


def load_compiled(
    paths: Sequence[Path],
    cache: Path | None,
    *,
    selection: Selection = EVERYTHING,
    reading: Reading = AS_WRITTEN,
) -> Compiled:
    """Load rules ready to run, from *cache* where they are in it; None is no cache.

    A cache that cannot be read or written is done without.

    Raises:
        UsageError: a package cannot be read. One that is in the cache could be, with these bytes.
    """
    if cache is None:
        return _compile(paths, selection, reading)
    path = cache / f"rules-{_key(paths, selection, reading)}.bin"
    with _no_collector():
        return kept(path, Compiled, lambda: _compile(paths, selection, reading))


def _compile(paths: Sequence[Path], selection: Selection, reading: Reading) -> Compiled:
    from sidelight.rules.load import load_rules  # noqa: PLC0415 - not when they are in a cache

    require_whole(paths)
    rules = load_rules(paths, reading=reading)
    require_known(rules, selection)
    return compiled(select(rules, selection))


def _key(paths: Sequence[Path], selection: Selection, reading: Reading) -> str:
    digest = hashlib.sha256(f"{__version__} {_code()} {selection!r}".encode())
    digest.update(repr((sorted(reading.placeholders.items()), reading.empty_is_null)).encode())
    for name, content in _contents(paths):
        digest.update(f"{len(name)} {name}".encode("utf-8", "surrogateescape"))
        digest.update(content)
    return digest.hexdigest()[:32]


def _contents(paths: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield the names of files and the SHA-256 of each; all are read into the same memory."""
    buffer = memoryview(bytearray(_BLOCK))
    for root in paths:
        whole = str(root)
        folder = root.is_dir()
        for path in _files(whole) if folder else [whole]:
            with suppress(OSError), open(path, "rb", buffering=0) as file:
                digest = hashlib.sha256()
                while size := file.readinto(buffer):
                    digest.update(buffer[:size])
                yield path[len(whole) + 1 :] if folder else root.name, digest.digest()


def _files(folder: str) -> Iterator[str]:
    """Name the files that a walk for rules meets; as texts, since thousands of paths are slow."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in sorted(entries, key=attrgetter("name")):
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            elif entry.is_file():
                yield entry.path


@lru_cache(maxsize=1)
def _code() -> str:
    """Tell versions of this package's code apart, released or not."""
    return digest_of(sorted(Path(__file__).parent.glob("*.py")))


@contextmanager
def _no_collector() -> Iterator[None]:
    """Make no search for cycles among rules, now or later: they stay, and there are many."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if on:
            gc.enable()
