"""``sidelight hunt``: read evidence, run rules, show findings."""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sidelight.cli import choices, exits, options
from sidelight.cli.configuration import tlp_or_own
from sidelight.cli.folders import cache_folder
from sidelight.cli.interrupt import Interrupt, heeding
from sidelight.cli.lists import Lists, with_lists
from sidelight.cli.outputs import Outputs, refuse_evidence, refuse_inside
from sidelight.cli.reported import for_report
from sidelight.cli.surfaces import Surfaces, Surveyed, looking, with_surfaces
from sidelight.cli.takers import Counted, Shown
from sidelight.cli.targets import Target, format_told, refuse_given, targets
from sidelight.errors import UsageError
from sidelight.plural import many
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.evidence.inventory import Inventory
    from sidelight.hunt.gather import Heed
    from sidelight.hunt.run import Hunted
    from sidelight.hunt.worker import Gathered
    from sidelight.intel.markings import Marking
    from sidelight.output.formats import Sink
    from sidelight.rules.cache import Compiled
    from sidelight.rules.selection import Selection


def hunt_command(  # noqa: PLR0913
    paths: options.Paths = None,
    live: options.Live = False,
    ssh: options.Ssh = None,
    hashes: options.Hashes = False,
    ptrace: options.Ptrace = False,
    files: options.Files = None,
    yara: options.Yara = None,
    memory_image: options.MemoryImages = None,
    symbols: options.Symbols = None,
    rules: choices.RulePaths = None,
    own: choices.Own = True,
    min_level: choices.MinLevel = choices.LevelChoice.informational,
    status: choices.Statuses = None,
    tag: choices.Tags = None,
    product: choices.Products = None,
    include: choices.Include = None,
    exclude: choices.Exclude = None,
    placeholders: choices.Placeholders = None,
    empty_is_null: choices.EmptyIsNull = False,
    output: options.Outputs = None,
    format_: options.Formats = None,
    allow: options.Allow = None,
    no_allow: options.NoAllow = False,
    assets: options.Assets = None,
    from_report: options.FromReport = "",
    baseline: options.Baseline = None,
    hijacklibs: options.Hijacks = True,
    trust: options.Trust = None,
    revoked: options.Revoked = None,
    tlp: options.Tlp = "",
    host: options.Host = "",
    jobs: options.Jobs = 0,
    fail_level: options.Fail = choices.FailLevel.medium,
    max_evidence: options.MaxEvidence = 100,
    max_fields: options.MaxFields = 10,
    limit: options.Limit = 50,
    wide: options.Wide = False,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
    profile: options.Profile = False,
    times: options.Times = True,
) -> int:
    """Read event logs, run every rule over them, and show what was found and what was not seen.

    Exit codes: 0 nothing from the fail level on, 1 found, 2 usage, 3 unreadable or no event read,
    130, 143 or 129 interrupted by Ctrl-C, SIGTERM or SIGHUP.

    Example: sidelight hunt /evidence -o findings.jsonl -o report.html
    """
    selection = choices.chosen(min_level, status, tag, product, include, exclude)
    rules, selection, report = for_report(from_report, rules, selection, own=own)
    lists = Lists.of(allow, no_allow, assets, baseline, hijacklibs, trust, revoked)
    _refuse_yara(yara, own=own)
    words = looking({"--hashes": hashes, "--ptrace": ptrace}, live=live or bool(ssh))
    looks = Surfaces(live, ssh or (), words, yara, memory_image or (), symbols or (), files or ())
    chosen = targets(output or [], format_ or [])
    given = [*(paths or ()), *(rules or ()), *(memory_image or ()), *lists.files]
    given += [] if placeholders is None else [placeholders]
    folders = [*(rules or ()), *(files or ()), *([] if yara is None else [yara])]
    refuse_given([each.path for each in chosen if each.path], given, folders, symbols or ())
    request = _Request(
        Surveyed(()), chosen, tlp_or_own(tlp), _text(host),
        jobs or cores(), fail_level.value, (max_evidence, max_fields),
        _View.of(limit, wide, quiet, no_color), profile, times, own, lists,
        _said({
            "placeholders": str(placeholders or ""),
            "empty-is-null": "yes" if empty_is_null else "",
            "from-report": report,
        }),
    )  # fmt: skip

    def run(ctrl_c: Interrupt) -> int:
        with with_surfaces(paths or [], looks, ctrl_c.heed) as evidence:
            compiled = _rules(rules, own, selection, placeholders, empty_is_null)
            # Ctrl-C between a look and the reading leaves what was seen.
            kept = evidence.alone() if ctrl_c.noted else evidence
            return _hunt(replace(request, evidence=kept), compiled, ctrl_c)

    return heeding(run)


def _said(named: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Give the options that were given."""
    return tuple((name, text) for name, text in named.items() if text)


def _refuse_yara(rules: Path | None, *, own: bool) -> None:
    if rules is not None and not own:
        raise UsageError("matches are told by analytics", where="--yara", hint="leave out --no-own")


def _rules(
    named: list[Path] | None,
    own: bool,
    selection: "Selection",
    placeholders: Path | None,
    empty_is_null: bool,
) -> "Compiled":
    from sidelight.cli.rulesets import load, reading_of, rule_paths  # noqa: PLC0415 - not for --help

    reading = reading_of(placeholders, empty_is_null=empty_is_null)
    return load(rule_paths(named, with_own=own), selection, reading)


def _text(host: str) -> str:
    try:
        host.encode()
    except UnicodeEncodeError:
        raise UsageError("is no text in the encoding of this terminal", where="--host") from None
    return host


@dataclass(frozen=True, slots=True)
class _View:
    limit: int
    wide: bool
    quiet: bool
    color: bool | None

    @classmethod
    def of(cls, limit: int, wide: bool, quiet: bool, no_color: bool) -> "_View":
        return cls(limit, wide, quiet, False if no_color else None)


@dataclass(frozen=True, slots=True)
class _Request:
    evidence: Surveyed
    targets: tuple[Target, ...]
    tlp: "Marking"
    host: str
    jobs: int
    fail_level: str
    limits: tuple[int, int]
    view: _View
    profile: bool
    times: bool
    analytics: bool
    lists: Lists
    said: tuple[tuple[str, str], ...] = ()

    def shown(self) -> tuple[tuple[str, str], ...]:
        """Give what the manifest says of the options; not what changes nothing in the result."""
        return (
            ("paths", " ".join(p for p in self.evidence.paths if p not in self.evidence.named)),
            ("tlp", self.tlp),
            ("host", self.host),
            ("max-evidence", str(self.limits[0])),
            ("max-fields", str(self.limits[1])),
            ("analytics", "yes" if self.analytics else "no"),
            *self.evidence.said,
            *self.said,
        )


def _hunt(request: _Request, rules: "Compiled", ctrl_c: Interrupt) -> int:
    from msgspec import structs  # noqa: PLC0415

    from sidelight.cli.watching import watch  # noqa: PLC0415 - not for --help
    from sidelight.findings.conclude import Limits  # noqa: PLC0415
    from sidelight.hunt.run import HuntOptions, hunt  # noqa: PLC0415
    from sidelight.output.formats import write  # noqa: PLC0415
    from sidelight.schema import NO_TIME  # noqa: PLC0415

    # A look that was ended has had its Ctrl-C; what it saw is read to its end.
    heed = nullcontext if request.evidence.partial else ctrl_c.heed
    now = time.time_ns if request.times else lambda: NO_TIME
    options = HuntOptions(
        request.jobs, Limits(*request.limits), request.shown(), now, request.analytics
    )
    options = replace(
        with_lists(options, request.lists), host=request.host, named=request.evidence.named,
        heed=heed, cache=cache_folder(), partial=request.evidence.partial,
    )  # fmt: skip
    inventory = _inventory(request, heed)
    _name_missing(inventory)
    refused = (*rules.refused, *request.evidence.refused)
    rules = structs.replace(rules, refused=refused) if request.evidence.refused else rules
    counted = Counted(request.fail_level)
    _refuse_read(request, inventory)
    with Outputs() as outputs:
        sinks = _sinks(request, outputs)
        with (
            watch(inventory, quiet=request.view.quiet) as report,
            hunt(inventory, rules, options, report) as hunted,
        ):
            report.done()
            write(hunted.give, [counted, *sinks], hunted.finish)
            if request.profile:
                _show_cost(hunted.gathered, rules)
        broken = outputs.finish()
    _name_loss(request, hunted.gathered)
    code = _ended(hunted, ctrl_c, found=counted.found)
    for each in broken:
        print(f"sidelight: {each}", file=sys.stderr)  # noqa: T201
    if broken:
        return exits.USAGE
    _raise_left(sinks)
    return code


def _raise_left(sinks: "Sequence[Sink]") -> None:
    for each in sinks:
        if isinstance(each, Shown) and each.left is not None:
            raise each.left


def _ended(hunted: "Hunted", ctrl_c: Interrupt, *, found: bool) -> int:
    """Give the exit code of a hunt, and say what it says too little of."""
    gathered = hunted.gathered
    if gathered.partial:
        print(f"sidelight: {gathered.partial}: the results are of what was read", file=sys.stderr)  # noqa: T201
        return ctrl_c.code
    if ctrl_c.noted:
        print("sidelight: interrupted when all was read: the results are whole", file=sys.stderr)  # noqa: T201
        return ctrl_c.code
    if found:
        return exits.FOUND
    if gathered.empty and not hunted.lost:  # else the summary tells what could not be read
        print(f"sidelight: {NOTHING_READ}", file=sys.stderr)  # noqa: T201 - even if quiet
        return exits.UNREADABLE
    return exits.UNREADABLE if hunted.lost else 0


def _inventory(request: _Request, heed: "Heed") -> "Inventory":
    """List the evidence; Ctrl-C leaves an empty list, of which a hunt then reads nothing."""
    from sidelight.evidence.inventory import Inventory, survey  # noqa: PLC0415

    shared = request.jobs > 1
    try:
        with heed():
            return survey(request.evidence.paths, request.evidence.files, shared=shared)
    except KeyboardInterrupt:
        return Inventory(shared=shared)


def _refuse_read(request: _Request, inventory: "Inventory") -> None:
    """Refuse outputs that the hunt would read, and all that is there in trees of hosts."""
    from sidelight.evidence.formats import TREE  # noqa: PLC0415 - not for --help

    outputs = [target.path for target in request.targets if target.path is not None]
    # What no reader takes is evidence, too, if it cannot be a report of an earlier hunt.
    inputs = [each.path for each in inventory.inputs if each.format or not format_told(each.path)]
    refuse_evidence(outputs, inputs)
    spans = [span for task in inventory.tasks for span in task.spans]
    whole = [span.path for span in spans if span.format == TREE]
    if not inventory.inputs:  # Ctrl-C came first, and what would have been read is not known
        whole += request.evidence.paths
    for path in outputs:
        refuse_inside(path, whole)


def _name_missing(inventory: "Inventory") -> None:
    """Name paths that do not exist even if quiet: a typing error is not damage of evidence."""
    from sidelight.evidence.named import ABSENT  # noqa: PLC0415
    from sidelight.output.plain import plain  # noqa: PLC0415

    for gap in inventory.gaps:
        if gap.text == ABSENT:
            print(plain(f"sidelight: {gap.source}: {gap.text}"), file=sys.stderr)  # noqa: T201


_TELLING: Final = frozenset({"jsonl", "html"})


def _name_loss(request: _Request, gathered: "Gathered") -> None:
    """Say that evidence was lost where nothing that is shown does: findings hide the exit code."""
    from sidelight.schema import LOST  # noqa: PLC0415 - not for --help

    shown = [each.format for each in request.targets if each.path is None]
    if request.view.quiet or not shown or _TELLING & {each.format for each in request.targets}:
        return
    sources = {gap.source for gap in gathered.gaps if gap.reason in LOST}
    if sources:
        text = f"evidence was lost in {many(len(sources), 'file')}; {shown[0]} does not say so"
        print(f"sidelight: {text} (a report does: -o report.html)", file=sys.stderr)  # noqa: T201


NOTHING_READ: Final = "no event was read: this says nothing about any host"


def _sinks(request: _Request, outputs: Outputs) -> "list[Sink]":
    from sidelight import __version__  # noqa: PLC0415
    from sidelight.output.formats import FORMATS, Header  # noqa: PLC0415

    header = Header(__version__, request.tlp)
    view = request.view
    sinks: list[Sink] = [
        FORMATS[target.format].open(outputs.open(target.path), header) for target in request.targets
    ]
    silent = view.quiet and bool(request.targets)
    if not silent and not any(target.path is None for target in request.targets):
        from sidelight.output.terminal import open_screen  # noqa: PLC0415 - brings a renderer

        screen = open_screen(
            sys.stdout,
            color=view.color,
            limit=view.limit,
            wide=view.wide,
            quiet=view.quiet,
            written=bool(request.targets),
        )
        sinks.append(Shown(screen))
    return sinks


def _show_cost(gathered: "Gathered", rules: "Compiled") -> None:
    from sidelight.cli.profile import cost_lines  # noqa: PLC0415

    for line in cost_lines(gathered.counters, gathered.costs, rules.metas):
        print(line, file=sys.stderr)  # noqa: T201


def cores() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
