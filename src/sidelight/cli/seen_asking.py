"""``sidelight share seen prepare|ask|answer|read|asked``: private set intersection."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.libraries import Database, now, open_library, operator, organisation_named
from sidelight.cli.moments import seconds
from sidelight.cli.names import names_of
from sidelight.cli.saying import say
from sidelight.cli.seen_values import Files, bytes_of, say_silent, values_of
from sidelight.errors import UsageError
from sidelight.plural import many

if TYPE_CHECKING:
    from sidelight.exchange.register import Register

_DAY: int = 86_400 * 1_000_000
Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="File to write.")]
SetupFile = Annotated[
    Path, typer.Option("--setup", metavar="FILE", help="What the side that answers prepared.")
]
State = Annotated[
    Path, typer.Option("--state", metavar="FILE", help="What you keep until the answer is read.")
]


def prepare(  # noqa: PLR0913 - options
    files: Files,
    output: Output,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until the key changes.")] = 7,
    quota: Annotated[
        int,
        typer.Option(min=1, max=100_000, help="Values an organisation may ask about till then."),
    ] = 1000,
    circle: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Whose members may ask over the network. Repeatable."),
    ] = None,
    database: Database = "",
) -> int:
    """Begin an epoch: allies may ask whether you have these values; all kinds will do.

    Without --circle nobody may ask over the network, and you answer files that you are sent.

    What was asked in an earlier epoch and is not answered yet cannot be answered any more.

    Example: sidelight share seen prepare findings.jsonl -o seen-by-a.setup
    """
    library = open_library(database)
    from sidelight.exchange import instants  # noqa: PLC0415 - not for --help
    from sidelight.exchange.seen import envelope, intersection  # noqa: PLC0415
    from sidelight.exchange.seen.epoch import Epoch  # noqa: PLC0415
    from sidelight.exchange.store import seen  # noqa: PLC0415

    circles = _circles(library.register(), circle or [])
    found = values_of(files)
    say_silent(found)
    values = [str(each) for each in sorted(found.named)]
    if not values:
        raise UsageError("there is no value to ask about", where="prepare")
    at, ident, key = now(), secrets.token_hex(16), intersection.new_key(asks=False)
    room = 1 << (len(values) - 1).bit_length()
    fill = [secrets.token_hex(32) for _ in range(room - len(values))]
    setup = intersection.setup(key, values, fill)
    fresh = Epoch(ident, key, setup, at, at + days * _DAY, quota, circles)
    seen.begin(library.engine, fresh, operator())
    ends = instants.show(fresh.ends)
    output.write_bytes(envelope.spell(envelope.Setup(ident, ends, quota, setup)))
    say(f"{many(len(values), 'value')} may be asked about until {ends}, in {output}")
    say(f"each organisation may ask about {quota:,}; it learns there are at most {room:,}")
    years = 2**32 / quota * days / 365
    say(f"at that pace all of IPv4 takes one of them {years:,.0f} years")
    return 0


def ask(files: Files, setup: SetupFile, state: State, output: Output) -> int:
    """Make a question for an ally who prepared for it; they learn how many values it has.

    Example: sidelight share seen ask ours.txt --setup seen-by-a.setup --state mine.state
    -o question.json
    """
    from sidelight.exchange.secret import write_secret  # noqa: PLC0415 - not for --help
    from sidelight.exchange.seen import envelope, intersection  # noqa: PLC0415

    ready = envelope.read(bytes_of(setup), envelope.Setup, setup)
    found = values_of(files)
    say_silent(found)
    values = sorted(found.named)
    if not values:
        raise UsageError("there is no value to ask about", where="ask")
    if len(values) > ready.quota:
        reason = f"{len(values):,} values are more than the {ready.quota:,} that may be asked about"
        raise UsageError(reason, hint=f"choose; the next epoch begins after {ready.ends}")
    key = intersection.new_key(asks=True)
    request = intersection.question(key, [str(each) for each in values])
    pending = envelope.Pending(ready.epoch, key, tuple((v.kind, v.text) for v in values))
    write_secret(state, envelope.spell(pending))
    output.write_bytes(envelope.spell(envelope.Question(ready.epoch, request)))
    say(f"{many(len(values), 'value')} in {output}: send it, and keep {state}")
    return 0


def answer(
    question: Annotated[Path, typer.Argument(metavar="QUESTION", help="What an ally sent.")],
    organisation: Annotated[
        str, typer.Option("--from", metavar="ORGANISATION", help="Who sent it: name or id.")
    ],
    output: Output,
    database: Database = "",
) -> int:
    """Answer a question, if its organisation may still ask so much; its size is all you learn.

    Example: sidelight share seen answer question.json --from "Operator B" -o answer.json
    """
    library = open_library(database)
    from sidelight.exchange.answering import Declined, answered  # noqa: PLC0415
    from sidelight.exchange.seen import envelope  # noqa: PLC0415 - not for --help
    from sidelight.exchange.shelf import Caller  # noqa: PLC0415

    who = organisation_named(library.register(), organisation)
    asked_for = envelope.read(bytes_of(question), envelope.Question, question)
    match answered(library, asked_for, Caller(who.id, operator(), frozenset()), now()):
        case Declined(why):
            say(f"not answered: {why}")
            return FOUND
        case reply, items:
            output.write_bytes(envelope.spell(reply))
            say(f"{many(items, 'value')} of {who.name} answered, in {output}")
    return 0


def read_answer(
    reply: Annotated[Path, typer.Argument(metavar="ANSWER", help="What came back.")],
    setup: SetupFile,
    state: State,
) -> int:
    """Say which of your values the ally has; they do not learn it. Exit code 1: some.

    Example: sidelight share seen read answer.json --setup seen-by-a.setup --state mine.state
    """
    from sidelight.exchange.secret import read_secret  # noqa: PLC0415 - not for --help
    from sidelight.exchange.seen import envelope, intersection  # noqa: PLC0415
    from sidelight.exchange.seen.value import Value  # noqa: PLC0415

    pending = envelope.read(read_secret(state), envelope.Pending, state)
    ready = envelope.read(bytes_of(setup), envelope.Setup, setup)
    came = envelope.read(bytes_of(reply), envelope.Answer, reply)
    if not pending.epoch == ready.epoch == came.epoch:
        raise UsageError("is of another epoch than the question or the setup", where=str(reply))
    named = {str(Value(*each)): Value(*each) for each in pending.values}
    hits = intersection.hits(pending.key, [*named], ready.setup, came.response)
    for text in hits:
        say(f"seen  {named[text].kind}  {named[text].text}")
    say(f"{len(hits)} of {many(len(named), 'value')} seen")
    return FOUND if hits else 0


def asked(database: Database = "") -> int:
    """List who asked about how many values; what they were is not known here.

    Example: sidelight share seen asked
    """
    library = open_library(database)
    from sidelight.exchange.store import seen  # noqa: PLC0415 - not for --help

    names, questions = names_of(library), seen.questions(library.engine)
    for each in questions:
        who = f"{names.get(each.organisation, each.organisation)} ({each.person})"
        what = many(each.items, "value")
        say(f"{seconds(each.at)}  {who}  {what}  epoch {each.epoch}")
    if not questions:
        running = library.epoch(now())
        until = f"they may until {seconds(running.ends)}" if running else ""
        how = until or "nobody may before you: sidelight share seen prepare FILE -o SETUP"
        say(f"nobody asked yet; {how}", err=True)
    return 0


def _circles(register: "Register", names: list[str]) -> tuple[str, ...]:
    """Give the ids of circles.

    Raises:
        UsageError: a name is no circle.
    """
    there = register.alliances.circles.values()
    found = {name: [each.id for each in there if name in {each.id, each.name}] for name in names}
    for name, ids in found.items():
        if len(ids) != 1:
            listed = ", ".join(sorted(each.name for each in there)) or "none"
            hint = f"there are: {listed}"
            raise UsageError("is no circle of the register", where=name, hint=hint)
    return tuple(ids[0] for ids in found.values())
