"""``sidelight intel``: build a knowledge base, and ask it who is said to do what."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli import exits
from sidelight.cli.folders import intel_file
from sidelight.cli.knowing import known
from sidelight.errors import IntelError
from sidelight.output.plain import plain
from sidelight.plural import many

if TYPE_CHECKING:
    from sidelight.cli.intel_import import Report
    from sidelight.intel.names import Candidate, NameIndex

intel = typer.Typer(
    help="Build a knowledge base of actors, tools and techniques, and ask it.",
    no_args_is_help=True,
)

Where = Annotated[
    Path | None, typer.Option("--store", metavar="FILE", help="The store; without it, your own.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A name, a number such as G0129, an id.")]
Whole = Annotated[bool, typer.Option("--all", help="Cut no list.")]


@intel.command("import", short_help="Add ATT&CK, MISP, FiGHT, HijackLibs or any STIX to the store.")
def import_command(
    places: Annotated[
        list[str],
        typer.Argument(metavar="FILE|FOLDER|URL…", help="JSON, YAML, .gz, .zip; https only."),
    ],
    store: Where = None,
) -> int:
    """Add documents to the store: what is new, known, newer, refused is counted.

    What a document is, its content tells: STIX 2.0 and 2.1 (ATT&CK), MISP galaxy clusters
    (GSMA MoTIF among them), MISP events, MITRE FiGHT, HijackLibs (for hunts). Importing again
    changes nothing; an import that was broken off goes on. Only an https address that is named
    here is fetched.

    Example: sidelight intel import enterprise-attack.json misp-galaxy.zip
    """
    from sidelight.cli.intel_import import import_into  # noqa: PLC0415 - not for --help
    from sidelight.cli.rules import import_hijacklibs  # noqa: PLC0415
    from sidelight.intel.sqlite import SqliteStore  # noqa: PLC0415

    for place in places:
        if "://" in place:
            typer.echo(f"fetching {place}", err=True)
        with SqliteStore(store or intel_file()) as base:
            keep = import_hijacklibs if store is None else _leave_hijacklibs
            report = import_into(base, place, datetime.now(UTC), keep)
        _show(place, report)
        _tell_recalled(Path(place))
    # So that whoever asks next, a hunt for one, need not wait for it.
    known(store)
    return 0


def _tell_recalled(path: Path) -> None:
    """Say what of a file that was pulled its makers took back: it is in the store all the same."""
    if path.with_name(path.name + ".recalls").is_file():
        from sidelight.cli.libraries import need_exchange  # noqa: PLC0415 - not for --help
        from sidelight.cli.recalled import warn  # noqa: PLC0415

        need_exchange("httpx")
        from sidelight.exchange.notices import marked  # noqa: PLC0415

        warn(marked(path), str(path))


def _leave_hijacklibs(source: Path) -> None:
    """Leave the table that every hunt uses as it is, since another store was named."""
    hint = f"sidelight rules update --hijacklibs {source}"
    typer.echo(plain(f"HijackLibs is for hunts and goes into no store: {hint}"), err=True)


def _show(place: str, report: "Report") -> None:
    for document, counts in report.documents[:50]:
        version = f" ({document.version})" if document.version else ""
        typer.echo(
            plain(
                f"{document.name}{version}: {counts.new:,} new, {counts.newer:,} newer, "
                f"{counts.older:,} older, {counts.known:,} known, {counts.refused:,} refused"
            )
        )
    if len(report.documents) > 50:
        typer.echo(f"… {len(report.documents) - 50:,} more documents")
    for each in report.refused[:20]:
        typer.echo(plain(f"refused: {each.where}: {each.reason}"), err=True)
    if (more := len(report.refused[20:]) + report.untold) > 0:
        typer.echo(f"… {more:,} more refused", err=True)
    total = report.total
    if report.documents:
        typer.echo(
            plain(
                f"import {report.number}, {place}: {many(len(report.documents), 'document')}, "
                f"{many(total.new, 'new object')}, {total.newer:,} newer, {total.known:,} known"
            )
        )


@intel.command("show", short_help="Show who says what of an actor, a tool or a technique.")
def show(name: Name, store: Where = None, whole: Whole = False) -> int:
    """Show all that is said of a thing: names, tools, techniques, targets, and by whom.

    A name that means several things shows each; nothing is merged because it is spelled alike.
    Exit codes: 0 something is called so, 1 only something spelled alike, 2 nothing.

    Example: sidelight intel show Fireant
    """
    from sidelight.intel.names import NameIndex  # noqa: PLC0415 - not for --help
    from sidelight.intel.portrait import portray  # noqa: PLC0415
    from sidelight.output.portrait import candidate_lines, portrait_lines  # noqa: PLC0415

    knowledge = known(store)
    index = NameIndex(knowledge)
    found = meant(index, name)
    exact = [each for each in found if each.match != "folded"]
    if len(exact) > 1:
        typer.echo(plain(f"{name} may mean {len(exact)} things; they are kept apart:"))
    for each in exact:
        typer.echo("")
        portrait = portray(knowledge, each.entity.id, index)
        for line in portrait_lines(portrait, knowledge, whole=whole):
            typer.echo(line)
    for each in found:
        if each not in exact:
            typer.echo("")
            typer.echo(plain(f"Not called {name}, and maybe another thing:"))
            for line in candidate_lines(each, knowledge):
                typer.echo(line)
    return 0 if exact else exits.FOUND


def meant(index: "NameIndex", name: str) -> "tuple[Candidate, ...]":
    """Give what *name* may mean.

    Raises:
        IntelError: nothing is known by it; spellings close to it are named.
    """
    found = index.look_up(name)
    if not found:
        near = ", ".join(f"{each.name} (distance {each.distance})" for each in index.propose(name))
        hint = f"spelled like {near}, which says nothing yet" if near else "sidelight intel search"
        raise IntelError("nothing is known by this name", where=name, hint=hint)
    return found


@intel.command("search", short_help="Find names that contain a text, or are spelled like it.")
def search(
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    store: Where = None,
    limit: Annotated[int, typer.Option(min=1, help="Show so many.")] = 20,
) -> int:
    """Find things whose name or number contains TEXT, and names spelled almost like it.

    Exit codes: 0 found, 1 nothing.

    Example: sidelight intel search panda
    """
    from sidelight.intel.names import NameIndex  # noqa: PLC0415 - not for --help
    from sidelight.output.portrait import candidate_lines  # noqa: PLC0415

    knowledge = known(store)
    index = NameIndex(knowledge)
    found = index.search(text)
    for each in found[:limit]:
        for line in candidate_lines(each, knowledge):
            typer.echo(line)
    if len(found) > limit:
        typer.echo(f"… {len(found) - limit:,} more: --limit")
    near = index.propose(text)
    for proposal in near:
        typer.echo(
            plain(
                f"{proposal.name} is spelled like {text} (distance {proposal.distance}): "
                "only context or a person can say whether it is meant"
            )
        )
    return 0 if found or near else 1
