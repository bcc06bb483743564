"""``sidelight share seen``: have you seen this? Asked without telling more than one has to."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.folders import configuration_file
from sidelight.cli.saying import say
from sidelight.cli.seen_asking import answer, ask, asked, prepare, read_answer
from sidelight.cli.seen_counting import count, lookup, take, tell
from sidelight.cli.seen_online import fetch, query, send
from sidelight.cli.seen_values import Files, bytes_of, hidden_only, say_silent, values_of
from sidelight.errors import UsageError
from sidelight.plural import many

seen = typer.Typer(
    help="Ask allies whether they have seen something, without telling what.",
    no_args_is_help=True,
)
seen.command("prepare")(prepare)
seen.command("ask")(ask)
seen.command("answer")(answer)
seen.command("read")(read_answer)
seen.command("asked")(asked)
seen.command("query")(query)
seen.command("tell")(tell)
seen.command("send")(send)
seen.command("fetch")(fetch)
seen.command("take")(take)
seen.command("count")(count)
seen.command("lookup")(lookup)

GroupKey = Annotated[
    Path, typer.Option("--group-key", metavar="FILE", help="Key that the group shares.")
]
MarkFile = Annotated[
    Path | None,
    typer.Option(
        "--mark",
        metavar="FILE",
        help="Your secret for marks. [default: seen-mark.key in the settings' folder]",
    ),
]
_SHOWN: int = 3


@seen.command("here")
def here(
    files: Files,
    own: Annotated[
        list[Path],
        typer.Option("--in", metavar="FILE", help="What you found or keep. Repeatable."),
    ],
) -> int:
    """Compare what was received with one's own; nothing leaves this machine.

    Of a pattern the values of its equalities are compared, one by one. Exit code 1: some were seen.

    Example: sidelight share seen here received.jsonl --in findings.jsonl
    """
    theirs, mine = values_of(files), values_of(own)
    say_silent(theirs)
    say_silent(mine)
    hits = sorted(theirs.named.keys() & mine.named.keys())
    for value in hits:
        say(f"seen  {value.kind}  {value.text}")
        for title, places in (("asked by", theirs.named[value]), ("seen in", mine.named[value])):
            for place in places[:_SHOWN]:
                say(f"      {title} {place}")
            if len(places) > _SHOWN:
                say(f"      {title} {len(places) - _SHOWN} more")
    asked_for, kept = len(theirs.named), len(mine.named)
    say(f"{len(hits)} of {many(asked_for, 'value')} seen, among {kept} of one's own")
    return FOUND if hits else 0


@seen.command("key")
def make_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write.")],
) -> int:
    """Make a key for a group; give it to each member on a way that nobody else reads.

    Example: sidelight share seen key trilateral.key
    """
    from sidelight.exchange.secret import LENGTH, write_group_key  # noqa: PLC0415
    from sidelight.exchange.seen.filter import key_id  # noqa: PLC0415

    key = secrets.token_bytes(LENGTH)
    write_group_key(file, key)
    say(f"key {key_id(key)} is in {file}; whoever has it can ask all filters of it")
    return 0


@seen.command("filter")
def make_filter(  # noqa: PLR0913 - options
    files: Files,
    group_key: GroupKey,
    recipient: Annotated[
        str, typer.Option("--for", metavar="ORGANISATION", help="Whose copy it is.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Filter to write.")
    ],
    rate: Annotated[float, typer.Option(help="How often it may say seen of what was not.")] = 1e-6,
    mark: MarkFile = None,
) -> int:
    """Make a filter that an ally asks offline: of hashes, JA3, JA4 and long URLs.

    Values that can be guessed are left out and counted. The copy carries marks of its recipient.

    Example: sidelight share seen filter findings.jsonl --group-key trilateral.key
    --for "Operator B" -o seen-by-a.filter
    """
    from sidelight.exchange.secret import LENGTH, read_group_key, write_group_key  # noqa: PLC0415
    from sidelight.exchange.seen import filter as filters  # noqa: PLC0415

    low, high = filters.RATES
    if not low <= rate <= high:
        raise UsageError(f"must be from {low:g} to {high:g}", where="--rate")
    if not recipient.strip():
        raise UsageError("must not be empty", where="--for")
    key = read_group_key(group_key)
    secret = _mark_file(mark)
    if not secret.exists():
        write_group_key(secret, secrets.token_bytes(LENGTH))
    values = hidden_only(values_of(files))
    salt, today = secrets.token_bytes(16), _today()
    made = filters.make(
        values, key, read_group_key(secret), recipient.strip(), rate=rate, made=today, salt=salt
    )
    output.write_bytes(filters.spell(made, key))
    head = made.head
    say(f"{many(len(values), 'value')} in {output}, {head.bits // 8:,} octets")
    say(
        f"whoever holds it and the key learns that there are at most {head.room:,}, and of each "
        f"value they ask whether it is there; wrong once in {1 / rate:,.0f}"
    )
    return 0


@seen.command("check")
def check(
    filter_: Annotated[Path, typer.Argument(metavar="FILTER", help="A filter of an ally.")],
    files: Files,
    group_key: GroupKey,
) -> int:
    """Ask a filter, offline: nobody learns what was asked. Exit code 1: some were seen.

    Example: sidelight share seen check seen-by-a.filter ours.txt --group-key trilateral.key
    """
    from sidelight.exchange.secret import read_group_key  # noqa: PLC0415 - not for --help
    from sidelight.exchange.seen import filter as filters  # noqa: PLC0415

    key = read_group_key(group_key)
    found = filters.read(bytes_of(filter_), key, str(filter_))
    values = hidden_only(values_of(files))
    salt = bytes.fromhex(found.head.salt)
    there = found.holds([filters.digest(key, salt, each) for each in values])
    hits = [value for value, holds in zip(values, there, strict=True) if holds]
    for value in hits:
        say(f"seen  {value.kind}  {value.text}")
    say(
        f"{len(hits)} of {many(len(values), 'value')} seen, made {found.head.made}; "
        f"of so many {len(values) * found.head.rate:.1g} are wrong on average"
    )
    strangers = sorted({each.kind for each in values} - {*found.head.kinds})
    if strangers:
        say(f"the filter holds nothing of kind {', '.join(strangers)}")
    return FOUND if hits else 0


@seen.command("trace")
def trace(
    filter_: Annotated[Path, typer.Argument(metavar="FILTER", help="A copy that turned up.")],
    recipients: Annotated[
        list[str], typer.Option("--for", metavar="ORGANISATION", help="Who got one. Repeatable.")
    ],
    mark: MarkFile = None,
) -> int:
    """Say whose copy of your filter it is, by the marks only you can make; exit code 1 if one is.

    Example: sidelight share seen trace leaked.filter --for "Operator B" --for "Operator C"
    """
    from sidelight.exchange.secret import read_group_key  # noqa: PLC0415 - not for --help
    from sidelight.exchange.seen import filter as filters  # noqa: PLC0415

    found = filters.read(bytes_of(filter_), None, str(filter_))
    whose = filters.traced(found, read_group_key(_mark_file(mark)), recipients)
    for each in whose:
        say(f"it was made for {each}")
    if not whose:
        say("it was made for none of them, or not by you, or was changed")
    return FOUND if whose else 0


def _mark_file(given: Path | None) -> Path:
    return given or configuration_file().parent / "seen-mark.key"


def _today() -> str:
    from sidelight.cli.allow import today  # noqa: PLC0415 - not for --help

    return str(today())
