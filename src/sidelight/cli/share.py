"""``sidelight share``: who is allied, who would see what, who got what."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli.audit import audit
from sidelight.cli.author_key import author_key
from sidelight.cli.certificate import certificate
from sidelight.cli.defence import defence
from sidelight.cli.hook import hook
from sidelight.cli.libraries import (
    Database,
    collection_named,
    now,
    open_library,
    operator,
    organisation_named,
)
from sidelight.cli.misp import misp
from sidelight.cli.moments import Since, Until, moment, seconds
from sidelight.cli.names import names_of
from sidelight.cli.outbox import outbox, push
from sidelight.cli.peer import peer
from sidelight.cli.recall import acknowledge, recall, recalls
from sidelight.cli.received import hunt_command
from sidelight.cli.roster import ended, roster
from sidelight.cli.saying import say
from sidelight.cli.seen import seen
from sidelight.cli.sighting import sighting_command, sightings_command
from sidelight.cli.tlp import tlp_named
from sidelight.cli.token import token
from sidelight.cli.transfer import (
    Authority,
    ClientCertificate,
    ClientKey,
    Place,
    TokenFile,
    follow,
    opened,
    pull,
)
from sidelight.errors import UsageError, reason_of
from sidelight.intel.markings import label
from sidelight.plural import many

if TYPE_CHECKING:
    from sidelight.exchange.register import Register

share = typer.Typer(help="Share with allies, and know who will see what.", no_args_is_help=True)
share.add_typer(token, name="token")
share.add_typer(audit, name="audit")
share.add_typer(author_key, name="key")
share.add_typer(defence, name="defence")
share.add_typer(seen, name="seen")
share.add_typer(misp, name="misp")
share.add_typer(outbox, name="outbox")
share.add_typer(peer, name="peer")
share.add_typer(hook, name="hook")
share.add_typer(certificate, name="certificate")
share.command("pull")(pull)
share.command("push")(push)
share.command("follow")(follow)
share.command("recall")(recall)
share.command("recalls")(recalls)
share.command("acknowledge")(acknowledge)
share.command("hunt")(hunt_command)
share.command("sighting")(sighting_command)
share.command("sightings")(sightings_command)


@share.command("apply")
def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The register, in TOML.")],
    database: Database = "",
) -> int:
    """Make a file the register: organisations, circles, collections.

    What it leaves out is gone. Members keep the instant they joined; ids are kept by name. A legal
    basis that has ended is warned of.

    Example: sidelight share apply allies.toml
    """
    library = open_library(database, make=True)
    from uuid import uuid4  # noqa: PLC0415 - not for --help

    from sidelight.exchange.register import renewed  # noqa: PLC0415

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot be read: {reason_of(error)}", where=str(file)) from None
    at = now()
    # After a clock went back, what is held is of the future: who joins now joins after it.
    joined = max(at, library.newest() + 1)
    register = renewed(text, library.register(), where=str(file), now=joined, mint=uuid4)
    version = library.renew(register, operator(), at)
    say(f"version {version} of the register")
    _show(register)
    return 0


@share.command("show")
def show(database: Database = "") -> int:
    """Show the register: organisations, circles with their members and rules, collections.

    What a circle gives to a role, its history, its legal basis and when that ends are shown; one
    that has ended is warned of.

    Example: sidelight share show
    """
    register = open_library(database).register()
    _show(register)
    if not register.alliances.organisations:
        say("there is no register yet: write one, then: sidelight share apply FILE", err=True)
    return 0


@share.command("preview")
def preview(  # noqa: PLR0913 - options
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Bundle, envelope or JSON lines.")],
    collection: Place,
    server: Annotated[
        str, typer.Option("--server", metavar="URL", help="Ask this server, not the database.")
    ] = "",
    token_file: TokenFile = None,
    authority: Authority = None,
    certificate: ClientCertificate = None,
    key: ClientKey = None,
    owner: Annotated[
        str, typer.Option(metavar="ORGANISATION", help="Who would share; without --server.")
    ] = "",
    each: Annotated[bool, typer.Option("--each", help="A line for every object.")] = False,
    database: Database = "",
) -> int:
    """Say who will see what, and by which rule, before anything leaves.

    Example: sidelight share preview findings.stix.json --collection finds --owner "Operator A"
    """
    from sidelight.exchange.parcel import read_objects  # noqa: PLC0415 - not for --help

    objects = read_objects(file)
    if server:
        with opened(server, token_file, authority, shown=(certificate, key)) as client:
            found = client.preview(client.find(collection), objects)
    else:
        found = _foreseen(database, collection, owner, objects)
    for line in _lines(found) if each else _sums(found):
        say(line)
    return 0


@share.command("ledger")
def ledger(
    organisation: Annotated[str, typer.Option(help="Only what this organisation got.")] = "",
    identifier: Annotated[
        str, typer.Option("--object", metavar="ID", help="Only who got this object.")
    ] = "",
    since: Since = "",
    until: Until = "",
    database: Database = "",
) -> int:
    """Say who was given which version of what, when (UTC), from where and by which route.

    Example: sidelight share ledger --organisation "Operator B" --since 2026-11-30
    """
    first, last = moment(since, "--since"), moment(until, "--until")
    library = open_library(database)
    from sidelight.exchange.store.ledger import deliveries  # noqa: PLC0415 - not for --help

    names = names_of(library)
    wanted = organisation_named(library.register(), organisation).id if organisation else ""
    shown = 0
    for shown, each in enumerate(  # noqa: B007 - whether there was any
        deliveries(library.engine, ident=identifier, organisation=wanted, since=first, until=last),
        1,
    ):
        who = f"{names.get(each.organisation, each.organisation)} ({each.person})"
        where = names.get(each.collection, each.collection)
        what = f"{each.id} {each.version}  TLP:{each.marking.upper()}"
        say(f"{seconds(each.at)}  {who}  {each.route}  {where}  {what}")
    if not shown:
        asked = organisation or identifier or since or until
        why = "of what was asked for" if asked else "yet: nobody was given anything"
        say(f"the ledger has nothing {why}", err=True)
    return 0


@share.command("redact")
def redact(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Bundle, envelope or JSON lines.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Bundle to write.")
    ],
    ceiling: Annotated[
        str, typer.Option(metavar="TLP", help="Keep what is marked this or more openly.")
    ] = "amber+strict",
) -> int:
    """Leave out what may not go further: stricter parts, victims, numbers of subscribers.

    What is left are new objects, derived from the old; their marking is never loosened: of what
    is marked above the ceiling nothing is left.

    Example: sidelight share redact findings.stix.json -o less.stix.json
    """
    from uuid import uuid4  # noqa: PLC0415 - not for --help

    from sidelight.exchange.parcel import read_objects  # noqa: PLC0415
    from sidelight.exchange.redaction import redacted_bundle  # noqa: PLC0415

    highest = tlp_named(ceiling, "--ceiling", red=False)
    less = redacted_bundle(read_objects(file), highest, now(), uuid4)
    output.write_bytes(less.bundle)
    whole = less.made + less.derivations + less.along
    say(
        f"{many(whole, 'object')} in {output}: {less.made} of what is left, "
        f"{less.derivations} that say what those were derived from, "
        f"{less.along} marking definitions"
    )
    if not whole:
        say(f"nothing is left that may go as far as {label(highest)}")
    for why, count in less.left.items():
        say(f"{count} left out: {why}")
    return 0


def _foreseen(
    database: str, name: str, owner: str, objects: list[bytes]
) -> list[Mapping[str, object]]:
    library = open_library(database)
    from sidelight.exchange.alliance import veiled  # noqa: PLC0415 - not for --help
    from sidelight.exchange.intake import admit, references, unnamed  # noqa: PLC0415
    from sidelight.exchange.preview import foresee, foreseen  # noqa: PLC0415
    from sidelight.exchange.taxii.adding import definitions_held  # noqa: PLC0415
    from sidelight.exchange.taxii.reading import granted  # noqa: PLC0415

    if not owner:
        raise UsageError("is needed where no --server is asked", where="--owner")
    register = library.register()
    sharer = organisation_named(register, owner).id
    place = collection_named(register, name)
    at = now()
    grants = granted(library, register, sharer, "object", at)
    known = definitions_held(library, place.id, grants, references(objects))
    alliances = register.alliances
    items = unnamed(admit(objects, known, now=at), veiled(sharer, place.circles, alliances))
    return foreseen(foresee(items, place, sharer, alliances, now=at))


def _lines(found: Iterable[Mapping[str, object]]) -> Iterable[str]:
    for each in found:
        mark = "yes" if each["allow"] else "no "
        to = each.get("recipient", "nobody" if not each["allow"] else "everybody")
        yield f"{mark}  {to}  {each['id']}  {each['rule']}: {each['why']}"


def _sums(found: Iterable[Mapping[str, object]]) -> Iterable[str]:
    counts: dict[tuple[str, str, str], int] = {}
    for each in found:
        to = str(each.get("recipient", ""))
        key = (to, "gets" if each["allow"] else "does not get", f"{each['rule']}: {each['why']}")
        counts[key] = counts.get(key, 0) + 1
    for (to, verb, why), count in sorted(counts.items()):
        plural = "object" if count == 1 else "objects"
        who = to or ("everybody" if verb == "gets" else "nobody")
        does = "get" if to == "all others" else verb if to else "gets"
        yield f"{who} {does} {count} {plural}: {why}"


def _show(register: "Register") -> None:
    at = now()
    for line in roster(register, at):
        say(line)
    for warning in ended(register, at):
        say(f"sidelight: {warning}", err=True)
