"""``sidelight share seen query|send|fetch``: the same, over a server of an ally."""

from pathlib import Path
from typing import Annotated

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.saying import say
from sidelight.cli.seen_values import Files, bytes_of, say_silent, values_of
from sidelight.cli.transfer import Authority, ClientCertificate, ClientKey, TokenFile, opened
from sidelight.errors import UsageError
from sidelight.plural import many

Server = Annotated[
    str, typer.Option("--server", metavar="URL", help="A server that runs 'sidelight serve'.")
]


def query(  # noqa: PLR0913 - options
    files: Files,
    server: Server,
    token_file: TokenFile = None,
    authority: Authority = None,
    certificate: ClientCertificate = None,
    key: ClientKey = None,
) -> int:
    """Ask a server whether it has your values; it learns how many they are. Exit code 1: some.

    Private set intersection: needs the extra psi, and a server that prepared for you.

    Example: sidelight share seen query ours.txt --server https://cert.example
    --token-file token.txt
    """
    from sidelight.exchange.seen import envelope, intersection  # noqa: PLC0415 - not for --help

    found = values_of(files)
    say_silent(found)
    values = sorted(found.named)
    if not values:
        raise UsageError("there is no value to ask about", where="query")
    with opened(server, token_file, authority, shown=(certificate, key)) as client:
        ready = envelope.read(client.seen("setup"), envelope.Setup, server)
        ours, texts = intersection.new_key(asks=True), [str(each) for each in values]
        question = envelope.Question(ready.epoch, intersection.question(ours, texts))
        came = client.seen("questions", envelope.spell(question))
    reply = envelope.read(came, envelope.Answer, server)
    hits = {*intersection.hits(ours, texts, ready.setup, reply.response)}
    for value in values:
        if str(value) in hits:
            say(f"seen  {value.kind}  {value.text}")
    say(f"{len(hits)} of {many(len(values), 'value')} seen")
    return FOUND if hits else 0


def send(  # noqa: PLR0913 - options
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="What 'tell' wrote.")],
    server: Server,
    token_file: TokenFile = None,
    authority: Authority = None,
    certificate: ClientCertificate = None,
    key: ClientKey = None,
) -> int:
    """Send a report to a server that counts.

    Example: sidelight share seen send report.json --server https://cert.example
    --token-file token.txt
    """
    from sidelight.exchange.connection import as_object  # noqa: PLC0415 - not for --help

    with opened(server, token_file, authority, shown=(certificate, key)) as client:
        done = as_object(client.seen("report", bytes_of(report)), server)
    say(f"{done.get('new')} new, {done.get('gone')} gone; counted the day after tomorrow")
    return 0


def fetch(  # noqa: PLR0913 - options
    server: Server,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="File to write.")],
    token_file: TokenFile = None,
    authority: Authority = None,
    certificate: ClientCertificate = None,
    key: ClientKey = None,
) -> int:
    """Get today's table of counts; what you look up in it stays with you.

    Example: sidelight share seen fetch --server https://cert.example --token-file token.txt
    -o counts.json
    """
    from sidelight.exchange.seen import reports  # noqa: PLC0415 - not for --help

    with opened(server, token_file, authority, shown=(certificate, key)) as client:
        data = client.seen("counts")
    table = reports.read_table(data, server)
    output.write_bytes(data)
    say(f"{many(len(table.counts), 'count')} in {output}, from {table.least} on")
    return 0
