"""``sidelight share pull`` and ``follow``: out of any TAXII 2.1 server."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sidelight.cli.libraries import need_exchange
from sidelight.errors import ExchangeError, UsageError
from sidelight.output.plain import plain

if TYPE_CHECKING:
    from sidelight.exchange.client import Client

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


def pull(  # noqa: PLR0913 - options
    server: Server,
    collection: Place,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="JSON lines to add to.")
    ],
    token_file: TokenFile = None,
    authority: Authority = None,
    limit: Annotated[int, typer.Option(min=1, help="Objects asked for at a time.")] = 500,
) -> int:
    """Get what is new in a collection; the next pull into the same FILE goes on from there.

    How far it came stands in FILE.cursor. A pull that was cut goes on where it was.

    Example: sidelight share pull https://cert.example --collection finds -o finds.jsonl
    --token-file token.txt
    """
    with opened(server, token_file, authority) as client:
        from sidelight.exchange.inbox import pull as fetch  # noqa: PLC0415 - not for --help

        room = client.find(collection)
        done = fetch(client, room, output, limit=limit)
    text = f"{done.objects} objects in {done.pages} pages from {room.title}"
    typer.echo(plain(f"{text}; the last was added {done.after or 'never'}"))
    if done.stuck:
        raise ExchangeError(done.stuck, where=room.url, hint=f"what came is in {output}")
    return 0


def follow(
    server: Server,
    collection: Place,
    token_file: TokenFile = None,
    authority: Authority = None,
    after: Annotated[
        str, typer.Option(metavar="TIME", help="Only what was added later: the id of an event.")
    ] = "",
) -> int:
    """Print objects as they are added, as JSON lines, until Ctrl-C; goes on after a cut.

    Example: sidelight share follow https://cert.example --collection finds --token-file token.txt
    """
    with opened(server, token_file, authority) as client:
        from sidelight.exchange.connection import RefusalError  # noqa: PLC0415 - not for --help

        room = client.find(collection)
        while True:
            try:
                for event in client.follow(room, after):
                    typer.echo(event.body)
                    after = event.id
            except RefusalError:
                raise
            except ExchangeError as error:
                typer.echo(f"sidelight: {error}; going on after {after or 'the start'}", err=True)
            time.sleep(_AGAIN_S)


@contextmanager
def opened(
    server: str, token_file: Path | None, authority: Path | None, tries: int = 5
) -> "Iterator[Client]":
    """Give a client for as long as the context is held; it asks *tries* times before it gives up.

    Raises:
        UsageError: the address is not safe, or a file cannot be read.
    """
    from sidelight.cli.fetching import is_safe  # noqa: PLC0415 - not for --help

    if not is_safe(server):
        raise UsageError("only https keeps what is shared to itself", where=server)
    need_exchange("httpx")
    from sidelight.exchange.client import Client  # noqa: PLC0415 - not for --help
    from sidelight.exchange.connection import Connection  # noqa: PLC0415

    if token_file is None:
        raise UsageError("is needed: ask whoever runs the server for one", where="--token-file")
    try:
        text = token_file.read_text(encoding="ascii").strip()
        connection = Connection(text, authority, tries=tries)
    except (OSError, ValueError) as error:
        named = authority if authority and not authority.exists() else token_file
        raise UsageError(f"cannot be used: {error}", where=str(named)) from None
    with closing(connection):
        yield Client(server, connection)
