"""``sidelight share sighting`` and ``sightings``: say that something was seen, and hear of it."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from sidelight.cli.folders import data_folder
from sidelight.cli.received import Kept
from sidelight.cli.saying import say
from sidelight.cli.telling import Send, tell, wished
from sidelight.cli.transfer import (
    Authority,
    ClientCertificate,
    ClientKey,
    Place,
    Server,
    TokenFile,
    opened,
)
from sidelight.plural import many


def sighting_command(  # noqa: PLR0913 - options
    server: Server,
    collection: Place,
    token_file: TokenFile = None,
    authority: Authority = None,
    certificate: ClientCertificate = None,
    key: ClientKey = None,
    kept: Kept = None,
    name: Annotated[
        str, typer.Option("--as", metavar="NAME", help="own or anonymous.")
    ] = "anonymous",
    reach: Annotated[
        str, typer.Option("--to", metavar="WHOM", help="creator (of the indicator) or circle.")
    ] = "creator",
    tlp: Annotated[str, typer.Option(help="TLP label of the sightings.")] = "amber+strict",
    send: Send = False,
) -> int:
    """Say back that indicators of allies were seen here: how often, on which days, not where.

    It tells what would leave and who would get it; nothing leaves without --send. An anonymous
    sighting names nobody to its recipients; whoever runs the server can tell who sent it.

    Example: sidelight share sighting https://cert.example --collection finds --token-file t.txt
    """
    wish = wished(name, reach, tlp, send=send)
    with opened(server, token_file, authority, shown=(certificate, key)) as client:
        return tell(client, client.find(collection), kept or data_folder() / "received", wish)


def sightings_command(  # noqa: PLR0913 - options
    server: Server,
    collection: Place,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="JSON lines to add to.")
    ],
    token_file: TokenFile = None,
    authority: Authority = None,
    certificate: ClientCertificate = None,
    key: ClientKey = None,
) -> int:
    """Get the sightings that allies sent you, and add them up: how many members, how often.

    Example: sidelight share sightings https://cert.example --collection finds -o seen.jsonl
    --token-file token.txt
    """
    with opened(server, token_file, authority, shown=(certificate, key)) as client:
        from sidelight.exchange.inbox import pull  # noqa: PLC0415 - not for --help
        from sidelight.exchange.intake import Unfit, parsed  # noqa: PLC0415
        from sidelight.exchange.sighting import counted  # noqa: PLC0415

        room = client.find(collection)
        pull(client, replace(room, url=room.url + "sightings/"), output, limit=500)
        read = [parsed(line, index) for index, line in enumerate(output.read_bytes().splitlines())]
        found = counted(each for each in read if not isinstance(each, Unfit))
    for target, tally in sorted(found.items()):
        members = f"{tally.members} member{'s' * (tally.members != 1)}"
        say(f"{target}: seen by {members}, {many(tally.count, 'time')}")
    if not found:
        say("no ally has told of a sighting")
    return 0
