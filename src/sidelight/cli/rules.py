"""``sidelight rules``: install, list, show, check, test and count rules."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sidelight.cli import choices, exits
from sidelight.cli.configuration import read_configuration
from sidelight.cli.folders import configuration_file, hijack_file
from sidelight.cli.rulesets import installed, load, reading_of, rule_paths, whole_paths
from sidelight.errors import RuleError, UsageError
from sidelight.output.plain import plain
from sidelight.plural import many

rules = typer.Typer(help="Install, list, show, check and test rules.", no_args_is_help=True)

Named = Annotated[
    list[Path] | None, typer.Argument(metavar="[PATH]…", help="Rule files, folders, packages.")
]


@rules.command("update", short_help="Install or renew SigmaHQ's rules.")
def update(
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE|FOLDER", help="Install from here; no network."),
    ] = None,
    hijacklibs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|FOLDER", help="Import the data of HijackLibs from here; no network."
        ),
    ] = None,
) -> int:
    """Install SigmaHQ's rules; the old set stays until the new one compiles.

    Without --from, the package is fetched from the address in the configuration. With
    --hijacklibs alone, only its table is imported: hunts hold loads against it.

    Example: sidelight rules update --from sigma_all_rules.zip
    """
    if hijacklibs is not None:
        import_hijacklibs(hijacklibs)
    if hijacklibs is None or source is not None:
        _install(source)
    return 0


def import_hijacklibs(source: Path) -> None:
    """Import the data of HijackLibs for hunts, and say what it gave."""
    from sidelight.hunt.hijack_file import import_hijacks  # noqa: PLC0415 - not for --help

    if not source.exists():
        raise UsageError("there is no such file or folder", where=str(source))
    found = import_hijacks(source, hijack_file())
    rows = found.table.values()
    typer.echo(
        f"HijackLibs: {many(len(rows), 'library', 'libraries')} of "
        f"{many(found.programs, 'program')} imported, "
        f"{sum(bool(each.signers) for each in rows):,} with expected signers, "
        f"{sum(bool(each.locations) for each in rows):,} with expected folders; "
        f"{many(len(found.refused), 'document')} refused"
    )
    for text in found.refused:
        typer.echo(plain(text), err=True)
    typer.echo(f"SHA-256 {found.sha256}")


def _install(source: Path | None) -> None:
    from sidelight.cli.fetching import fetched  # noqa: PLC0415 - not for --help
    from sidelight.rules.package import install  # noqa: PLC0415

    url = read_configuration(configuration_file()).rules_url
    target = installed() / "sigma"
    if source is None:
        typer.echo(f"fetching {url}", err=True)
        with fetched(url) as package, _blaming(url):
            report = install(package, target)
    else:
        if not source.exists():
            raise UsageError("there is no such file or folder", where=str(source))
        report = install(source, target)
    count = report.rules + report.correlations
    typer.echo(f"{many(count, 'rule')} installed, {len(report.refused):,} refused")
    typer.echo(f"SHA-256 {report.sha256}")


@contextmanager
def _blaming(url: str) -> Iterator[None]:
    """Say of errors that they are about *url*, not about the file that it was saved to."""
    try:
        yield
    except RuleError as error:
        raise RuleError(error.reason, where=url, hint=error.hint) from error


@rules.command("list")
def list_rules(  # noqa: PLR0913
    paths: Named = None,
    own: choices.OwnRules = True,
    min_level: choices.MinLevel = choices.LevelChoice.informational,
    status: choices.Statuses = None,
    tag: choices.Tags = None,
    product: choices.Products = None,
    refused: Annotated[
        bool, typer.Option("--refused", help="List what cannot be run, and why.")
    ] = False,
) -> int:
    """List rules, one a line: level, id, title.

    Example: sidelight rules list --tag attack.t1574 --min-level high
    """
    selection = choices.chosen(min_level, status, tag, product, None, None)
    loaded = load(rule_paths(paths, with_own=own), selection, reading_of(None))
    if refused:
        for each in loaded.refused:
            typer.echo(plain(f"{each.path}:{each.line}: {each.reason}"))
        return 0
    for meta in (*loaded.metas, *(each.meta for each in loaded.correlations)):
        typer.echo(plain(f"{meta.level:13} {meta.id:36} {meta.title}"))
    return 0


@rules.command("show")
def show(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Id or title of a rule.")],
    paths: choices.RulePaths = None,
    own: choices.OwnRules = True,
) -> int:
    """Show a rule as it is written.

    Example: sidelight rules show df787727-e904-47ee-b539-babb0ff07090
    """
    from sidelight.rules.files import read_documents  # noqa: PLC0415 - not for --help
    from sidelight.rules.load import compile_documents  # noqa: PLC0415

    files, digest = read_documents(whole_paths(paths, with_own=own))
    found = compile_documents(files, digest=digest)
    metas = [rule.meta for rule in found.rules] + [each.meta for each in found.correlations]
    wanted = {
        meta.path for meta in metas if identity.lower() in {meta.id.lower(), meta.title.lower()}
    }
    shown = [file for file in files if file.path in wanted]
    if not shown:
        raise UsageError("no rule has this id or title", where=identity)
    for file in shown:
        typer.echo(f"# {file.path}")
        typer.echo(file.data.decode("utf-8", "replace"))
    return 0


@rules.command("check", short_help="Say what cannot be run, never matches, or is out of date.")
def check(paths: Named = None, own: choices.OwnRules = True) -> int:
    """Read rules critically: what cannot be run, never matches, or is out of date.

    Exit codes: 0 nothing but notes, 1 errors or warnings.

    Example: sidelight rules check my-rules/
    """
    from sidelight.rules.check import check as examine  # noqa: PLC0415 - not for --help
    from sidelight.rules.files import read_documents  # noqa: PLC0415

    files, _ = read_documents(whole_paths(paths, with_own=own and not paths))
    issues = examine(files)
    for each in issues:
        typer.echo(plain(f"{each.path}:{each.line}: {each.severity}: {each.text}"))
    counts = Counter(each.severity for each in issues)
    typer.echo(
        ", ".join(f"{counts[name]} {name}s" for name in ("error", "warning", "note")), err=True
    )
    return exits.FOUND if counts["error"] or counts["warning"] else 0


@rules.command("test", short_help="Run the samples beside rules.")
def run_samples(paths: Named = None, own: choices.OwnRules = True) -> int:
    """Run the samples beside rules: what must fire them and what must not.

    Exit codes: 0 all as they should be, 1 not so.

    Example: sidelight rules test my-rules/
    """
    from sidelight.rules.load import load_rules  # noqa: PLC0415 - not for --help
    from sidelight.rules.sample import judge  # noqa: PLC0415
    from sidelight.rules.trial import find, read, run  # noqa: PLC0415

    places = whole_paths(paths, with_own=own and not paths)
    trials = [trial for path in find(places) for trial in read(path)]
    verdicts = run(trials, load_rules(places).rules, judge)
    for verdict in verdicts:
        for failure in verdict.failed:
            print(f"{verdict.trial.path}:{verdict.trial.line}: {failure}", file=sys.stderr)  # noqa: T201
    failed = sum(bool(verdict.failed) for verdict in verdicts)
    events = sum(verdict.events for verdict in verdicts)
    typer.echo(f"{len(verdicts)} rules tested with {events} samples, {failed} failed")
    return exits.FOUND if failed else 0


@rules.command("stats", short_help="Count rules by level, status and log source.")
def stats(
    paths: Named = None,
    own: choices.OwnRules = True,
    placeholders: choices.Placeholders = None,
) -> int:
    """Count rules by level, status and log source, and those that cannot be run.

    Example: sidelight rules stats
    """
    reading = reading_of(placeholders)
    selection = choices.chosen(choices.LevelChoice.informational, None, None, None, None, None)
    loaded = load(rule_paths(paths, with_own=own), selection, reading)
    typer.echo(f"{len(loaded.metas):6,} rules")
    typer.echo(f"{len(loaded.correlations):6,} correlations")
    typer.echo(f"{len(loaded.refused):6,} refused")
    sources = [
        " ".join(filter(None, (each.product, each.category or each.service))) or "any"
        for each in loaded.logsources
    ]
    for title, values in (
        ("level", [meta.level for meta in loaded.metas]),
        ("status", [meta.status or "none" for meta in loaded.metas]),
        ("log source", sources),
    ):
        typer.echo(f"\nby {title}")
        for name, count in sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])):
            typer.echo(f"{count:6,} {name}")
    return 0
