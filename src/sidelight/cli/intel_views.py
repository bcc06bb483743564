"""``sidelight intel path``, ``diff``, ``graph``, ``clusters``, ``sources`` and ``accept``.

They join the group of ``sidelight intel``, which is whole once this is imported.
"""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli.folders import intel_file
from sidelight.cli.intel import Name, Where, intel, meant
from sidelight.cli.knowing import known
from sidelight.errors import IntelError, UsageError
from sidelight.output.plain import plain

if TYPE_CHECKING:
    from sidelight.intel.claim import Claim, NameClaim
    from sidelight.intel.entity import Entity
    from sidelight.intel.knowledge import Knowledge
    from sidelight.intel.sqlite import SqliteStore


class StrictnessChoice(StrEnum):
    """What it takes for two entries to stand together, strictest first."""

    vendor = "vendor"
    two = "two"
    any = "any"


def one_meant(knowledge: "Knowledge", name: str) -> "Entity":
    """Give the one thing that *name* means, exactly so spelled.

    Raises:
        IntelError: nothing or several things are known by it.
    """
    found = _exactly(knowledge, name)
    if len(found) > 1:
        ids = "; ".join(f"{each.name} {each.id}" for each in found)
        raise IntelError("may mean several things", where=name, hint=f"say which: {ids}")
    return found[0]


def best_known(knowledge: "Knowledge", name: str) -> "Entity":
    """Give the thing of this name that most is said of, and say which others have it, too.

    Raises:
        IntelError: nothing is known by it.
    """
    found = _exactly(knowledge, name)
    best = max(found, key=lambda each: (len(knowledge.about(each.id)), each.id))
    if len(found) > 1:
        others = "; ".join(f"{each.name} {each.id}" for each in found if each != best)
        typer.echo(plain(f"{name}: taken as {best.name} {best.id}, not {others}"), err=True)
    return best


def _exactly(knowledge: "Knowledge", name: str) -> "list[Entity]":
    from sidelight.intel.names import NameIndex  # noqa: PLC0415 - not for --help

    found = meant(NameIndex(knowledge), name)
    exact = [each.entity for each in found if each.match != "folded"]
    if not exact:
        raise IntelError(
            f"nothing is called exactly so, but {found[0].entity.name} nearly",
            where=name,
            hint=f"if you mean that, say {found[0].entity.id}",
        )
    return exact


@intel.command("path", short_help="Show how two things hang together.")
def path(
    first: Annotated[str, typer.Argument(metavar="A")],
    second: Annotated[str, typer.Argument(metavar="B")],
    store: Where = None,
) -> int:
    """Show up to three ways from one thing to another, through what few others share.

    A tool of thirty actors ties nobody to anybody, so ways through rarer things come first.
    Exit codes: 0 found, 1 there is no way.

    Example: sidelight intel path "Mustang Panda" Naikon
    """
    from sidelight.intel.path import paths  # noqa: PLC0415 - not for --help

    knowledge = known(store)
    start, end = best_known(knowledge, first), best_known(knowledge, second)
    found = paths(knowledge, start.id, end.id)
    for number, way in enumerate(found, 1):
        typer.echo(f"{number}.")
        for step in way:
            claim = step.claims[0]
            said = ", ".join(knowledge.houses(step.claims))
            text = (
                f"   {knowledge.name_of(claim.subject)} {claim.relation} "
                f"{knowledge.name_of(claim.object)}"
            )
            hedge = f" “{claim.hedge}”" if claim.hedge else ""
            holders = len(knowledge.holders.get(step.end, ()))
            shared = f"; {holders} actors hold it" if holders > 1 else ""
            typer.echo(plain(f"{text}{hedge} ({said}{shared})"))
    if not found:
        typer.echo("no claim leads from one to the other", err=True)
    return 0 if found else 1


@intel.command("graph", short_help="Draw actors, their tools and techniques.")
def graph(  # noqa: PLR0913
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help=".svg or .html")],
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]…", help="Actors; without any, those after telecom."),
    ] = None,
    store: Where = None,
    tools: Annotated[int, typer.Option(min=0, help="Tools to show, shared ones first.")] = 60,
    techniques: Annotated[int, typer.Option(min=0, help="Shared techniques to show.")] = 30,
    lines: Annotated[int, typer.Option(min=1, help="Lines to draw at most.")] = 200,
) -> int:
    """Draw actors with their tools and techniques; what several of them share stands out.

    Example: sidelight intel graph Fireant Naikon -o actors.html
    """
    from sidelight.intel.web import telecom_actors, weave  # noqa: PLC0415 - not for --help
    from sidelight.output.web_picture import picture_html, picture_svg  # noqa: PLC0415

    draw = {".svg": picture_svg, ".html": picture_html}.get(output.suffix.lower())
    if draw is None:
        raise UsageError("ends neither in .svg nor in .html", where=str(output))
    knowledge = known(store)
    named = [best_known(knowledge, name).id for name in names or ()]
    chosen = named or list(telecom_actors(knowledge))
    if not chosen:
        raise IntelError(
            "no actor is said to go after telecom operators",
            where="graph",
            hint="name actors, or import more",
        )
    web = weave(knowledge, chosen, tools=tools, techniques=techniques, lines=lines)
    output.write_text(draw(web, knowledge), encoding="utf-8")
    shared = sum(
        len({strand.actor for strand in web.strands if strand.other == tool}) > 1
        for tool in web.tools
    )
    typer.echo(
        f"{output}: {len(web.actors):,} actors, {len(web.tools):,} tools ({shared:,} shared), "
        f"{len(web.techniques):,} techniques; {web.left_out:,} tools and techniques left out"
        + (": name fewer actors, or raise --lines" if web.left_out else "")
    )
    return 0


@intel.command("clusters", short_help="Show which entries would be one, if a name were enough.")
def show_clusters(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Only the cluster of this.")] = "",
    store: Where = None,
    strictness: Annotated[
        StrictnessChoice, typer.Option(help="What it takes; see the explanation of names.")
    ] = StrictnessChoice.two,
) -> int:
    """Show which entries stand together under a strictness, and who says so. Nothing is merged.

    Example: sidelight intel clusters "Salt Typhoon" --strictness any
    """
    from sidelight.intel.clusters import clusters  # noqa: PLC0415 - not for --help
    from sidelight.intel.names import NameIndex  # noqa: PLC0415
    from sidelight.output.portrait import headline  # noqa: PLC0415

    knowledge = known(store)
    wanted = {each.entity.id for each in meant(NameIndex(knowledge), name)} if name else set()
    found = [
        each
        for each in clusters(knowledge, strictness.value)
        if not wanted or wanted & set(each.members)
    ]
    for cluster in found:
        members = [knowledge.entities.get(each) for each in cluster.members]
        typer.echo("; ".join(headline(each) for each in members if each))
        for bond in cluster.bonds:
            why = f"both go by {bond.name}" if bond.name else "said to be alike or to overlap"
            ends = f"{knowledge.name_of(bond.first)}, {knowledge.name_of(bond.second)}"
            typer.echo(plain(f"    {ends}: {why} ({', '.join(bond.publishers)})"))
    typer.echo(f"{len(found):,} clusters under strictness {strictness.value}", err=True)
    return 0


@intel.command("diff", short_help="Show what changed between two imports.")
def diff(
    before: Annotated[int, typer.Argument(metavar="BEFORE", help="Number of an import.")],
    after: Annotated[int, typer.Argument(metavar="AFTER", help="Number of a later import.")],
    store: Where = None,
    limit: Annotated[int, typer.Option(min=1, help="Lines of each sort.")] = 20,
) -> int:
    """Show what one import says that another did not: things, names, claims, and what is gone.

    Exit codes: 0 no difference, 1 there are some.

    Example: sidelight intel diff 1 2
    """
    from sidelight.intel.acceptance import is_acceptance  # noqa: PLC0415 - not for --help
    from sidelight.intel.derive import derive  # noqa: PLC0415
    from sidelight.intel.difference import differ  # noqa: PLC0415
    from sidelight.output.difference import difference_lines  # noqa: PLC0415

    path = store or intel_file()
    if not path.exists():
        raise IntelError("nothing was imported", where=str(path))
    with _store(path) as base:
        accepted = {each.number: is_acceptance(each) for each in base.imports()}
        for number in (before, after):
            if accepted.get(number, True):
                raise IntelError(
                    "is no import but an acceptance"
                    if number in accepted
                    else "there is no such import",
                    where=str(number),
                    hint="sidelight intel sources lists them",
                )
        # Versions of one chain come in order, so the last one stays.
        brought = [
            {(each.id, each.creator): each for each in base.brought(number)}
            for number in (before, after)
        ]
        bodies = [derive(each.values()) for each in brought]
    found = differ(*bodies)
    lines = list(difference_lines(found, bodies[0], bodies[1], limit=limit))
    for line in lines:
        typer.echo(line)
    if not lines:
        typer.echo("no difference", err=True)
    return 1 if lines else 0


@intel.command("sources", short_help="List imports, and who is cited how often.")
def sources(
    store: Where = None,
    limit: Annotated[int, typer.Option(min=1, help="Show so many publishers.")] = 20,
) -> int:
    """List what was imported from where and when, and which publishers claims rest on.

    Example: sidelight intel sources
    """
    from collections import Counter  # noqa: PLC0415 - not for --help

    from sidelight.intel.acceptance import is_acceptance  # noqa: PLC0415

    path = store or intel_file()
    if path.exists():
        with _store(path) as base:
            for each in base.imports():
                what = "acceptance" if is_acceptance(each) else "import"
                done = "" if each.finished else ", broken off"
                typer.echo(plain(f"{what} {each.number}, {each.at}, {each.place}{done}"))
                for document in each.documents[:20]:
                    version = f" ({document.version})" if document.version else ""
                    typer.echo(plain(f"    {document.name}{version} sha256 {document.sha256}"))
                if len(each.documents) > 20:
                    typer.echo(f"    … {len(each.documents) - 20:,} more documents")
    else:
        typer.echo("nothing was imported: only what comes with Sidelight is known")
    knowledge = known(store)
    claims: list[Claim | NameClaim] = [*knowledge.claims, *knowledge.names]
    rests = Counter(house for claim in claims for house in knowledge.publishers(claim))
    typer.echo(f"\n{len(claims):,} claims rest on {len(rests):,} publishers")
    for house, count in sorted(rests.items(), key=lambda item: (-item[1], item[0]))[:limit]:
        typer.echo(plain(f"{count:8,} {house}"))
    return 0


def _store(path: Path) -> "SqliteStore":
    from sidelight.intel.sqlite import SqliteStore  # noqa: PLC0415 - not for --help

    return SqliteStore(path)


@intel.command("accept", short_help="Take a spelling as a name of a thing, or take that back.")
def accept(  # noqa: PLR0913
    written: Annotated[str, typer.Argument(metavar="WRITTEN", help="As it was found in a text.")],
    name: Name,
    who: Annotated[str, typer.Option("--by", metavar="WHO", help="Who decides this.")],
    why: Annotated[str, typer.Option("--because", metavar="TEXT", help="For what reason.")],
    store: Where = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take an earlier acceptance back.")] = False,
) -> int:
    """Take WRITTEN as a name of a thing from now on; who, when and why are kept.

    Example: sidelight intel accept Neeedleminer Needleminer --by me --because "typing error"
    """
    from sidelight.intel.acceptance import accept_into  # noqa: PLC0415 - not for --help

    entity = one_meant(_known_or_bundled(store), name)
    if not who.strip() or not why.strip():
        raise UsageError("--by and --because must say something")
    with _store(store or intel_file()) as base:
        accept_into(
            base, written, entity.id, who=who, why=why, at=datetime.now(UTC), withdrawn=undo
        )
    verb = "is no longer taken" if undo else "is taken"
    typer.echo(plain(f"{written} {verb} as a name of {entity.name} ({entity.id})"))
    return 0


def _known_or_bundled(store: Path | None) -> "Knowledge":
    """Give what is known; a store that is to be made by this command holds nothing yet."""
    return known(store if store is not None and store.exists() else None)
