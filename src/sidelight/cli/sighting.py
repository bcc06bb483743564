"""``sidelight share sighting`` and ``sightings``: say that something was seen, and hear of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.folders import data_folder
from sidelight.cli.libraries import now
from sidelight.cli.received import Kept
from sidelight.cli.transfer import Authority, Place, Server, TokenFile, opened
from sidelight.errors import UsageError
from sidelight.output.plain import plain

if TYPE_CHECKING:
    from sidelight.exchange.client import Client, Room
    from sidelight.exchange.sighting import Json, Name, Reach
    from sidelight.intel.markings import Marking


def sighting_command(  # noqa: PLR0913 - options
    server: Server,
    collection: Place,
    token_file: TokenFile = None,
    authority: Authority = None,
    kept: Kept = None,
    name: Annotated[
        str, typer.Option("--as", metavar="NAME", help="own or anonymous.")
    ] = "anonymous",
    reach: Annotated[
        str, typer.Option("--to", metavar="WHOM", help="creator (of the indicator) or circle.")
    ] = "creator",
    tlp: Annotated[str, typer.Option(help="TLP label of the sightings.")] = "amber+strict",
    send: Annotated[
        bool, typer.Option("--send", help="Send; without it you are shown what would leave.")
    ] = False,
) -> int:
    """Say back that indicators of allies were seen here: how often, on which days, not where.

    It tells what would leave and who would get it; nothing leaves without --send. An anonymous
    sighting names nobody to its recipients; whoever runs the server can tell who sent it.

    Example: sidelight share sighting https://cert.example --collection finds --token-file t.txt
    """
    folder = kept or data_folder() / "received"
    with opened(server, token_file, authority) as client:
        from sidelight.exchange.received.record import Record  # noqa: PLC0415 - not for --help
        from sidelight.exchange.received.reply import (  # noqa: PLC0415
            due,
            secret_of,
            seen_now,
            told_before,
        )

        named, whom = _choices(name, reach)
        room = client.find(collection)
        place = f"{room.url} {named} {whom}"
        seen = seen_now(Record(folder).lines())
        before = told_before(folder, place)
        sightings = due(seen, before, secret_of(folder), _marking(tlp), now())
        if not sightings:
            typer.echo(f"no sighting to tell: {len(seen)} indicators were seen, all of it is told")
            return 0
        return _tell(client, room, sightings, (named, whom), (folder, place), send=send)


def sightings_command(
    server: Server,
    collection: Place,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="JSON lines to add to.")
    ],
    token_file: TokenFile = None,
    authority: Authority = None,
) -> int:
    """Get the sightings that allies sent you, and add them up: how many members, how often.

    Example: sidelight share sightings https://cert.example --collection finds -o seen.jsonl
    --token-file token.txt
    """
    with opened(server, token_file, authority) as client:
        from sidelight.exchange.inbox import pull  # noqa: PLC0415 - not for --help
        from sidelight.exchange.intake import Unfit, parsed  # noqa: PLC0415
        from sidelight.exchange.sighting import counted  # noqa: PLC0415

        room = client.find(collection)
        pull(client, replace(room, url=room.url + "sightings/"), output, limit=500)
        read = [parsed(line, index) for index, line in enumerate(output.read_bytes().splitlines())]
        found = counted(each for each in read if not isinstance(each, Unfit))
    for target, tally in sorted(found.items()):
        members = f"{tally.members} member{'s' * (tally.members != 1)}"
        typer.echo(plain(f"{target}: seen by {members}, {tally.count} times"))
    if not found:
        typer.echo("no ally has told of a sighting")
    return 0


def _tell(  # noqa: PLR0913 - what, to whom, noted where
    client: "Client",
    room: "Room",
    sightings: "Sequence[Json]",
    choice: "tuple[Name, Reach]",
    noted: tuple[Path, str],
    *,
    send: bool,
) -> int:
    from sidelight.exchange.received import reply  # noqa: PLC0415 - not for --help

    verdicts = reply.foresee(client, room, sightings, *choice)
    typer.echo(f"{len(sightings)} sightings, {choice[0]}, to the {choice[1]}:")
    for each in sightings:
        since = f", since {str(each['first_seen'])[:10]}" if "first_seen" in each else ""
        typer.echo(plain(f"  {each['sighting_of_ref']}: {each['count']} times{since}"))
    sums = Counter((bool(v["allow"]), f"{v['rule']}: {v['why']}") for v in verdicts)
    for (allow, why), count in sums.most_common():
        typer.echo(plain(f"  {'goes to' if allow else 'does not go to'} {count}: {why}"))
    if not send:
        typer.echo("nothing has left; --send sends it")
        return 0
    sent = reply.send(client, room, sightings, *choice)
    refused = {ident for ident, _ in sent.refused}
    reply.remember(noted[0], noted[1], [each for each in sightings if each["id"] not in refused])
    typer.echo(plain(f"{sent.accepted} of {len(sightings)} sightings taken by {room.title}"))
    for why, count in Counter(why for _, why in sent.refused).most_common():
        typer.echo(plain(f"{count} refused: {why}"))
    return FOUND if sent.refused else 0


def _choices(name: str, reach: str) -> "tuple[Name, Reach]":
    from sidelight.exchange.sighting import NAMES, REACHES  # noqa: PLC0415 - not for --help

    named = next((each for each in NAMES if each == name), None)
    if named is None:
        raise UsageError(f"is one of: {', '.join(NAMES)}", where="--as")
    whom = next((each for each in REACHES if each == reach), None)
    if whom is None:
        raise UsageError(f"is one of: {', '.join(REACHES)}", where="--to")
    return named, whom


def _marking(tlp: str) -> "Marking":
    from sidelight.intel.markings import MARKINGS  # noqa: PLC0415 - not for --help

    found = next((each for each in MARKINGS if each == tlp and each != "red"), None)
    if found is None:
        raise UsageError("is none of: clear, green, amber, amber+strict", where="--tlp")
    return found
