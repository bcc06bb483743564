"""``sidelight share pull`` and ``follow``: out of any TAXII 2.1 server."""

import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TextIO

import typer

from sidelight.cli.exits import INTERRUPTED, USAGE, worst
from sidelight.cli.fetching import is_safe
from sidelight.cli.libraries import need_exchange
from sidelight.cli.moments import moment
from sidelight.cli.recalled import warn
from sidelight.cli.received import (
    Hunted,
    Kept,
    Lists,
    Seconds,
    hunt_received,
    hunt_stream,
    hunting,
)
from sidelight.cli.saying import say
from sidelight.cli.telling import Send, Sighting, Wish, tell, wished_after
from sidelight.errors import ExchangeError, UsageError, reason_of
from sidelight.plural import many
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.exchange.client import Client, Room
    from sidelight.exchange.inbox import Pulled

_AGAIN_S: Final = 2

Server = Annotated[str, typer.Argument(metavar="URL", help="The server, or one of its API roots.")]
Place = Annotated[str, typer.Option("--collection", help="Id, alias or title of the collection.")]
TokenFile = Annotated[
    Path | None, typer.Option("--token-file", metavar="FILE", help="File with the token.")
]
Authority = Annotated[
    Path | None,
    typer.Option("--ca", metavar="FILE", help="Certificates to trust instead of the system's."),
]

ClientCertificate = Annotated[
    Path | None,
    typer.Option("--client-cert", metavar="FILE", help="Certificate to show; a token may go too."),
]
ClientKey = Annotated[
    Path | None,
    typer.Option("--client-key", metavar="FILE", help="Its key, if it is in another file."),
]


def pull(  # noqa: PLR0913 - options
    server: Server,
    collection: Place,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="JSON lines to add to.")
    ],
    token_file: TokenFile = None,
    authority: Authority = None,
    certificate: ClientCertificate = None,
    key: ClientKey = None,
    limit: Annotated[int, typer.Option(min=1, help="Objects asked for at a time.")] = 500,
    hunt: Hunted = None,
    kept: Kept = None,
    seconds: Seconds = 600,
    warninglists: Lists = None,
    sighting: Sighting = "",
    send: Send = False,
) -> int:
    """Get what is new in a collection; the next pull into the same FILE goes on from there.

    How far it came stands in FILE.cursor. A pull that was cut goes on where it was. What of it
    was recalled stands in FILE.recalls. With --hunt, indicators and rules in FILE that were not
    hunted in these places as they are now are; exit 1 if they find something, or the server
    refuses a sighting, 2 if it or telling was cut short, 3 if no event was read. Nothing received
    ever blocks anything by itself.

    Example: sidelight share pull https://cert.example --collection finds -o finds.jsonl
    --token-file token.txt
    """
    request = hunting(hunt, kept, seconds, warninglists) if hunt else None
    wish = wished_after(hunt, sighting, send=send)
    with opened(server, token_file, authority, shown=(certificate, key)) as client:
        from sidelight.exchange.inbox import pull as fetch  # noqa: PLC0415 - not for --help
        from sidelight.exchange.notices import mark, told  # noqa: PLC0415

        recalls = told(client) or ()
        try:
            room = client.find(collection)
            done = fetch(client, room, output, limit=limit)
        finally:  # what one holds may be recalled where one may not look any more
            warn(mark(output, recalls), str(output))
        say(_pulled(done, room))
        codes = [hunt_received(output.read_bytes().splitlines(), request) if request else 0]
        if request and wish and INTERRUPTED not in codes:
            codes.append(_tell(client, room, request.kept, wish))
    if done.stuck:
        hint = f"what came is in {output}"
        codes.append(_failed(ExchangeError(done.stuck, where=room.url, hint=hint)))
    return worst(codes)


def _tell(client: "Client", room: "Room", kept: Path, wish: Wish, out: TextIO | None = None) -> int:
    """Tell allies what was seen; a server that fails takes nothing from what the hunt came to."""
    try:
        return tell(client, room, kept, wish, out)
    except ExchangeError as error:
        return _failed(error)


def _failed(error: ExchangeError) -> int:
    say(f"sidelight: {error}", err=True)
    return USAGE


def _pulled(done: "Pulled", room: "Room") -> str:
    text = f"{many(done.objects, 'object')} in {many(done.pages, 'page')} from {room.title}"
    return f"{text}; the last was added {done.after}" if done.after else text


def follow(  # noqa: PLR0913 - options
    server: Server,
    collection: Place,
    token_file: TokenFile = None,
    authority: Authority = None,
    certificate: ClientCertificate = None,
    key: ClientKey = None,
    since: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="Begin with what was added at this time of UTC, such as 2026-11-30 or 2h.",
        ),
    ] = "",
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Begin with the oldest that is held.")
    ] = False,
    hunt: Hunted = None,
    kept: Kept = None,
    seconds: Seconds = 600,
    warninglists: Lists = None,
    sighting: Sighting = "",
    send: Send = False,
) -> int:
    """Print objects as they are added from now on, as JSON lines, until Ctrl-C.

    After a cut it goes on where it was, and at Ctrl-C it says where that is, for --since. What
    comes while nobody follows, 'pull' gets.

    With --hunt, indicators and rules are hunted as they come, those of a while together; what is
    found is shown on standard error. Nothing received ever blocks anything by itself.

    Example: sidelight share follow https://cert.example --collection finds --token-file token.txt
    """
    request = hunting(hunt, kept, seconds, warninglists, out=sys.stderr) if hunt else None
    wish = wished_after(hunt, sighting, send=send)
    place = _begin(since, from_start=from_start)
    with opened(server, token_file, authority, shown=(certificate, key)) as client:
        room = client.find(collection)
        bodies = _followed(client, room, place)
        if request and wish:
            return hunt_stream(
                bodies, request, lambda: _tell(client, room, request.kept, wish, sys.stderr)
            )
        if request:
            return hunt_stream(bodies, request)
        _print_on(bodies, place)
    return 0


def _print_on(bodies: Iterator[bytes], place: "_Place") -> None:
    """Let what comes be printed until Ctrl-C, and say then how to go on."""
    try:
        for _ in bodies:
            pass
    except KeyboardInterrupt:
        if place.after:
            say(f"sidelight: to go on from here: --since {place.next()}", err=True)
        raise


@dataclass(slots=True)
class _Place:
    """Where a stream is: it goes on after *after*; "" is the start, or with *new* what is there."""

    after: str
    new: bool = False

    def next(self) -> str:
        """Give the first instant that is not dealt with yet."""
        from sidelight.exchange import instants  # noqa: PLC0415 - not for --help

        found = instants.read(self.after)
        return self.after if found is None else instants.show(found + 1)


def _begin(since: str, *, from_start: bool) -> _Place:
    """Say where a stream begins.

    Raises:
        UsageError: *since* is no time, or goes with *from_start*.
    """
    from sidelight.exchange import instants  # noqa: PLC0415 - not for --help

    first = moment(since, "--since")
    if first is None:
        return _Place("", new=not from_start)
    if from_start:
        raise UsageError("say the same in two ways: give one", where="--since and --from-start")
    return _Place(instants.show(first - 1))


def _followed(client: "Client", room: "Room", place: _Place) -> Iterator[bytes]:
    """Print objects of a stream and give them, for ever; tell of what is recalled."""
    from sidelight.exchange.connection import RefusalError  # noqa: PLC0415 - not for --help
    from sidelight.exchange.notices import told_by  # noqa: PLC0415

    while True:
        try:
            for event in client.follow(room, place.after, new=place.new):
                if event.kind == "recall":
                    warn([told_by(event.body, room.url)], room.title)
                    continue
                if event.kind == "place":
                    if place.new and not place.after:
                        why = "--from-start begins with the oldest"
                        say(f"following {room.title}: what is added from now on; {why}", err=True)
                    place.after = event.id
                    continue
                typer.echo(event.body)
                yield event.body
                place.after = event.id
        except RefusalError:
            raise
        except ExchangeError as error:
            where = place.after or ("now" if place.new else "the start")
            say(f"sidelight: {error}; going on after {where}", err=True)
        time.sleep(_AGAIN_S)


@contextmanager
def opened(
    server: str,
    token_file: Path | None,
    authority: Path | None,
    tries: int = 5,
    *,
    shown: tuple[Path | None, Path | None] = (None, None),
) -> "Iterator[Client]":
    """Give a client for as long as the context is held; it asks *tries* times before it gives up.

    *shown* are the files of the certificate that is shown, and of its key.

    Raises:
        UsageError: the address is not safe, or a file cannot be read.
    """
    certificate, key = shown
    if key and not certificate:
        raise UsageError("is for --client-cert, which is missing", where="--client-key")
    if token_file is None and certificate is None:
        raise UsageError("is needed: ask whoever runs the server for one", where="--token-file")
    from sidelight.exchange.secret import read_token  # noqa: PLC0415 - not for --help

    token = read_token(token_file) if token_file else ""
    with connected(server, token, authority, shown=shown, tries=tries) as client:
        yield client


@contextmanager
def connected(  # noqa: PLR0913 - where, as whom, how
    url: str,
    token: str,
    authority: Path | None,
    *,
    user: str = "",
    shown: tuple[Path | None, Path | None],
    tries: int,
) -> "Iterator[Client]":
    """Give a client of a server for as long as the context is held; *user* is for HTTP Basic.

    Raises:
        UsageError: the address is not safe, or a file cannot be used.
    """
    if not is_safe(url):
        raise UsageError("only https keeps what is shared to itself", where=url)
    need_exchange("httpx")
    from sidelight.exchange.address import check  # noqa: PLC0415 - not for --help
    from sidelight.exchange.client import Client  # noqa: PLC0415
    from sidelight.exchange.connection import Connection  # noqa: PLC0415

    check(url)
    certificate, key = shown
    proof = (certificate, key) if certificate else None
    files = [each for each in (certificate, authority, key) if each]
    named = next((each for each in files if not each.exists()), files[0] if files else url)
    try:
        connection = Connection(token, authority, user, certificate=proof, tries=tries)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot be used: {reason_of(error)}", where=str(named)) from None
    with closing(connection):
        yield Client(url, connection)
