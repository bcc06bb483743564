"""A hunt from evidence and rules to findings, coverage and manifest."""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from sidelight import __version__
from sidelight.attribution.observation import Observer
from sidelight.coverage import Companion, Coverage, Input, Loaded, Manifest, Run, build
from sidelight.evidence.inventory import Input as File
from sidelight.evidence.inventory import Inventory, changed
from sidelight.evidence.opening import open_regular
from sidelight.evidence.reading import Digest
from sidelight.evidence.stream import spelled
from sidelight.findings.allowlist import Sieve
from sidelight.findings.clocks import Looks, looks_of, read_clocks
from sidelight.findings.conclude import Limits
from sidelight.findings.spool import Spool
from sidelight.hunt.audience import Audience, Taker
from sidelight.hunt.blindness import blind_rules
from sidelight.hunt.conclusion import (
    Context,
    draw_findings,
    event_counts,
    find_copies,
    looked_at,
    spooled_files,
)
from sidelight.hunt.examination import Second, Trusted, look_again
from sidelight.hunt.forks import aside
from sidelight.hunt.gather import PARALLEL_BYTES, Heed, Report, Work, gather
from sidelight.hunt.host import Names
from sidelight.hunt.likeness import resemblance_of
from sidelight.hunt.worker import Gathered
from sidelight.rules.cache import Compiled
from sidelight.schema import Gap
from sidelight.values import dataclass

_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Hunted:
    """What a hunt gave.

    Args:
        give: gives every finding, most severe first, and tells how many there were; to be asked
            once, before the hunt is left.
        finish: gives the rest of the run, when told how many findings there were.
        lost: whether evidence was lost.
        gathered: what was read.
    """

    give: Callable[[Sequence[Taker]], int]
    finish: Callable[[int], Run]
    lost: bool
    gathered: Gathered


@dataclass(frozen=True, slots=True)
class HuntOptions:
    """How to hunt.

    Args:
        jobs: how many processes may work at once.
        limits: how much a finding lists.
        shown: options for the manifest, name and value.
        now: gives the time in UTC nanoseconds; `NO_TIME` leaves times out of the manifest.
        analytics: whether to judge beyond rules.
        allow: what findings are hidden; None hides none.
        context: what is known besides evidence and rules.
        companions: files that had a say, for the manifest.
        host: name for evidence that names no host; empty for none.
        named: what to call files in the manifest whose names say nothing, by path.
        trusted: whom signatures of files are held against.
        heed: where Ctrl-C ends the reading; what was read until then is concluded.
        cache: folder for what can be made again; None is none.
        partial: why not all that was asked for is in the inventory; empty where it is.
    """

    jobs: int
    limits: Limits
    shown: tuple[tuple[str, str], ...]
    now: Callable[[], int]
    analytics: bool = True
    allow: Sieve | None = None
    context: Context = field(default_factory=Context)
    companions: tuple[Companion, ...] = ()
    host: str = ""
    named: Mapping[str, str] = field(default_factory=dict)

    trusted: Trusted = field(default_factory=Trusted)
    heed: Heed = nullcontext
    cache: Path | None = None
    partial: str = ""

    @property
    def names(self) -> Names:
        """What to call evidence."""
        return Names(self.host, self.named)


def _work(options: HuntOptions, folder: Path, report: Report) -> Work:
    return Work(options.jobs, folder, report, options.analytics, options.names, options.heed)


@contextmanager
def hunt(
    inventory: Inventory, rules: Compiled, options: HuntOptions, report: Report
) -> Iterator[Hunted]:
    """Read, scan and conclude; what was spooled is gone when the context is left."""
    started = options.now()
    with (
        # On NFS, or beside a process that still writes, it may not go; findings matter more.
        tempfile.TemporaryDirectory(prefix="sidelight-", ignore_cleanup_errors=True) as name,
        Spool(Path(name)) as spool,
        ExitStack() as stack,
    ):
        gathered = gather(inventory, rules, spool, _work(options, Path(name), report))
        gathered.partial = gathered.partial or options.partial
        listed = partial(_inputs, inventory.inputs, gathered, options.named)
        much = options.jobs > 1 and inventory.size >= PARALLEL_BYTES
        inputs = stack.enter_context(aside(listed)) if much else listed
        copies, second = _looked_again(spool, inventory, gathered, options)
        coverage, looks = _covered(spool, copies, rules, gathered, options)
        observer = Observer()

        def finish(findings: int) -> Run:
            manifest = Manifest(
                version=__version__,
                started=started,
                finished=options.now(),
                rules_digest=rules.digest,
                rules=len(rules.plan.rules) + len(rules.correlations),
                inputs=inputs(),
                options=options.shown,
                events=coverage.events,
                hits=gathered.hits,
                findings=findings,
                partial=gathered.partial,
                companions=options.companions,
            )
            allow = options.allow or Sieve((), date.min)
            unheard = options.context.assets.unheard(coverage.hosts)
            whole = replace(coverage, allowed=allow.uses(), hidden=allow.hidden, unheard=unheard)
            return Run(manifest, whole, resemblance_of(observer, options.cache))

        def give(takers: Sequence[Taker]) -> int:
            audience = Audience([*takers, observer], options.allow)
            context = replace(options.context, examined=second.examined)
            parts = spool, rules, options.limits, copies, context, looks, options.jobs
            with draw_findings(*parts) as drawing:
                audience.hear(drawing, options.jobs)
            return audience.count

        yield Hunted(give, finish, bool(coverage.lost), gathered)


def _looked_again(
    spool: Spool, inventory: Inventory, gathered: Gathered, options: HuntOptions
) -> tuple[frozenset[str], Second]:
    """Name the copies, and look a second time at what may be a triad; gaps go to *gathered*."""
    whole = _of_cut(inventory.inputs, gathered.digests, options.names)
    copies, gaps = find_copies([*gathered.digests, *whole])
    files = spooled_files(spool, copies)
    second = look_again(files, inventory.inputs, gathered.digests, options.trusted.read)
    gathered.gaps += [*gaps, *second.gaps, *_changes(inventory, gathered, options.names)]
    gathered.gaps = list(map(options.names.gap, gathered.gaps))
    return copies, second


def _covered(
    spool: Spool,
    copies: frozenset[str],
    rules: Compiled,
    gathered: Gathered,
    options: HuntOptions,
) -> tuple[Coverage, Looks]:
    """Tell what was seen and what was blind, and how to read the times of looks at hosts."""
    counts = event_counts(spool, copies)
    looked = looked_at(counts)
    clocks = read_clocks(spool.tables("processes"), looked)
    blind = blind_rules(rules, gathered.seen, gathered.occurring)
    coverage = build(counts, gathered.gaps, _loaded(rules), blind)
    spots = coverage.analytics if options.analytics else ()  # what did not run was not blind
    return replace(coverage, clocks=clocks, analytics=spots), looks_of(clocks, looked)


def _changes(inventory: Inventory, gathered: Gathered, names: Names) -> Iterator[Gap]:
    """Yield which files changed under the hunt, and whether that lost anything."""
    took = _taken(gathered.digests)
    for item in inventory.inputs:
        gap = changed(item, took.get(names.source(item.path)))
        if gap is not None:
            yield gap


def _taken(digests: Sequence[Digest]) -> Counter[str]:
    """Count the bytes that were read of each source."""
    took: Counter[str] = Counter()
    for each in digests:
        took[each.source] += each.size
    return took


def _of_cut(files: Sequence[File], digests: Sequence[Digest], names: Names) -> Iterator[Digest]:
    """Yield digests of whole files that were read in parts, where others may have their content.

    One of which a part was not read stands for no other. Logs of many hosts are of one size, so
    their beginnings tell first.
    """
    took = _taken(digests)
    sources = [(names.source(each.path), each) for each in files if each.cut]
    read = [(source, each) for source, each in sources if took[source] == each.size]
    heads = [(each.size, _hash(replace(each, size=min(each.size, _BLOCK)))) for _, each in read]
    alike, whole = Counter(heads), {each.size for each in digests if each.sha256}
    for (source, each), head in zip(read, heads, strict=True):
        if alike[head] > 1 or each.size in whole:
            yield Digest(source, each.format, each.size, _hash(each))


def _loaded(rules: Compiled) -> Loaded:
    joined = [each.meta for each in rules.correlations]
    tags = (*rules.tags, *(each.tags for each in joined))
    return Loaded((*rules.plan.rules, *(each.id for each in joined)), tags, rules.refused)


def _inputs(
    files: Sequence[File], gathered: Gathered, named: Mapping[str, str]
) -> tuple[Input, ...]:
    """List every file and every member that was read, each once.

    A file that was cut or is an archive is hashed as it lies on disk. One that no reader takes is
    listed and not hashed: nothing rests on it, and a disk holds a hundred times as many of them.
    Nor is anything once the hunt was stopped: that would be to read what it was not to read.
    """
    whole = {each.source: each for each in gathered.digests if each.sha256}
    found = {name: Input(name, each.size, each.sha256, each.format) for name, each in whole.items()}
    for file in files:
        name = named.get(file.path, spelled(file.path))
        if file.size < 0:  # standard input: all that is known of it is what was read
            parts = (each for each in gathered.digests if each.source.split("!")[0] == name)
            size = sum(each.size for each in parts)
            found.setdefault(name, Input(name, size, format=file.format))
        elif name not in found or file.format == "archive":
            hashed = _hash(file) if file.format and not gathered.partial else ""
            found[name] = Input(name, file.size, hashed, file.format)
    return tuple(sorted(found.values()))


def _hash(file: File) -> str:
    """Hash a file on disk as far as it was surveyed; empty where it cannot be read."""
    digest, left = hashlib.sha256(), file.size
    try:
        with open_regular(file.path) as stream:
            block = memoryview(bytearray(_BLOCK))
            while left and (size := stream.readinto(block[: min(_BLOCK, left)])):
                digest.update(block[:size])
                left -= size
    except OSError:
        return ""
    return digest.hexdigest()
