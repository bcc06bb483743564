"""``sidelight share push`` and ``outbox``: what is to be sent is safe before it is sent."""

import random
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.folders import outbox_file
from sidelight.cli.libraries import need_exchange, now
from sidelight.cli.saying import say
from sidelight.cli.transfer import (
    Authority,
    ClientCertificate,
    ClientKey,
    Place,
    Server,
    TokenFile,
    opened,
)
from sidelight.errors import ExchangeError, UsageError
from sidelight.plural import many

if TYPE_CHECKING:
    from sidelight.exchange.client import Client
    from sidelight.exchange.outbox import Destination, Item, Outbox, Standing
    from sidelight.exchange.sending import Outcome

outbox = typer.Typer(
    help="What was taken by push, and could not be sent yet or was refused.", no_args_is_help=True
)

Numbers = Annotated[
    list[int] | None, typer.Argument(metavar="[NUMBER]...", help="As 'outbox list' shows them.")
]


def push(  # noqa: PLR0913 - options
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Bundle, envelope or JSON lines.")],
    server: Server,
    collection: Place,
    token_file: TokenFile = None,
    authority: Authority = None,
    certificate: ClientCertificate = None,
    key: ClientKey = None,
    queue: Annotated[
        bool, typer.Option("--queue", help="Put it into the outbox, and connect to nobody yet.")
    ] = False,
) -> int:
    """Send objects to a collection; exit 1 if the server refused some, with its rule for each.

    They are in the outbox first. Where the server is down they stay there, which is said:
    'outbox send' sends them. Sending again does no harm: what the server has is not added twice.

    Example: sidelight share push findings.stix.json https://cert.example --collection finds
    --token-file token.txt
    """
    with opened(server, token_file, authority, shown=(certificate, key)):
        pass  # what cannot be sent at all is said before anything is queued
    from sidelight.exchange.outbox import Destination  # noqa: PLC0415 - not for --help
    from sidelight.exchange.parcel import read_objects  # noqa: PLC0415

    objects = read_objects(file)
    files = (token_file, authority, certificate, key)
    named = (str(each.resolve()) if each else "" for each in files)
    to = Destination(server, collection, *named)
    with closing(_open()) as box:
        new = box.put(to, objects, now())
        (standing,) = (each for each in box.standings() if each.destination == to)
        if queue:
            waits = f"{standing.waiting} objects wait for {collection}"
            say(f"{waits}: sidelight share outbox send")
            return 0
        outcome = _send(box, standing)
        if outcome.error and not _is_down(outcome):
            # Nothing was promised yet, so what would be refused again does not stay.
            left = {each.number for each in box.items(standing.key, "waiting")}
            box.drop([each for each in new if each in left])
            raise outcome.error
        return _tell(box, standing, outcome)


@outbox.command("list")
def list_items(
    each: Annotated[bool, typer.Option("--each", help="A line for every object.")] = False,
) -> int:
    """Show what waits and what was refused, for each destination.

    Example: sidelight share outbox list --each
    """
    with closing(_open()) as box:
        standings = [each for each in box.standings() if each.waiting or each.refused]
        for standing in standings:
            say(_line(standing))
            for item in box.items(standing.key, "refused"):
                say(f"  {item.number}  refused  {item.name}  {item.why}")
            for item in box.items(standing.key, "waiting") if each else ():
                say(f"  {item.number}  waiting  {item.name}")
        if not standings:
            say("nothing waits, and nothing was refused")
    return 0


@outbox.command("send")
def send_items(
    every: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Go on sending; 0: once.")
    ] = 0,
    at_once: Annotated[
        bool, typer.Option("--now", help="Try also what is not due yet after a failure.")
    ] = False,
) -> int:
    """Send what waits; a destination that is down is tried again later and later, up to an hour.

    Exit 1 if something was refused, or could not be sent.

    Example: sidelight share outbox send --every 60
    """
    with closing(_open()) as box:
        while True:
            code = _pass(box, at_once)
            if not every:
                return code
            time.sleep(every)


@outbox.command("retry")
def retry(numbers: Numbers = None) -> int:
    """Let what was refused wait again: all, or the numbers that are given.

    Example: sidelight share outbox retry 17
    """
    with closing(_open()) as box:
        count = box.retry(numbers or ())
        if count:
            say(f"{many(count, 'object waits', 'objects wait')} again: sidelight share outbox send")
        else:
            why = "none of these" if numbers else "nothing"
            say(f"nothing waits again: {why} was refused", err=True)
    return 0


@outbox.command("drop")
def drop(
    numbers: Numbers = None,
    refused: Annotated[bool, typer.Option("--refused", help="All that was refused.")] = False,
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help="All for that server, waiting or refused.")
    ] = "",
) -> int:
    """Forget objects without sending them: by number, all that was refused, or all for a server.

    Exit 1 if there was nothing for that server.

    Example: sidelight share outbox drop --to https://cert.example
    """
    if bool(numbers or refused) == bool(to):
        raise UsageError("name what to drop: numbers, --refused or --to URL", where="outbox drop")
    with closing(_open()) as box:
        count = box.drop_to(to) if to else box.drop(numbers or (), refused=refused)
        if count:
            say(f"{many(count, 'object')} dropped")
        else:
            why = "none of these is in the outbox" if numbers else "nothing was refused"
            why = "nothing is for that server" if to else why
            say(f"nothing was dropped: {why}; 'outbox list --each' shows what there is", err=True)
    return FOUND if to and not count else 0


def _open() -> "Outbox":
    from sidelight.exchange.outbox import Outbox  # noqa: PLC0415 - not for --help
    from sidelight.exchange.secret import tighten  # noqa: PLC0415

    if said := tighten(outbox_file()):
        say(f"sidelight: {said}", err=True)
    return Outbox(outbox_file())


def _send(box: "Outbox", standing: "Standing") -> "Outcome":
    need_exchange("httpx")
    from sidelight.exchange.sending import send  # noqa: PLC0415 - not for --help

    return send(box, standing, _opener, now, random.random())  # noqa: S311 - no secret


def _opener(to: "Destination") -> "AbstractContextManager[Client]":
    files = (to.token, to.authority, to.certificate, to.key)
    token, authority, *shown = (Path(each) if each else None for each in files)
    # What fails is tried again from the outbox, so nobody has to wait here for long.
    return opened(to.url, token, authority, tries=2, shown=(shown[0], shown[1]))


def _is_down(outcome: "Outcome") -> bool:
    from sidelight.exchange.connection import RefusalError  # noqa: PLC0415 - not for --help

    return isinstance(outcome.error, ExchangeError) and not isinstance(outcome.error, RefusalError)


def _pass(box: "Outbox", at_once: bool) -> int:
    codes = [0]
    for standing in box.standings():
        if not standing.waiting:
            continue
        if standing.due > now() and not at_once:
            codes.append(FOUND)
            say(_line(standing))
            continue
        outcome = _send(box, standing)
        code = _tell(box, standing, outcome)
        codes.append(FOUND if outcome.error else code)
    if len(codes) == 1:
        say("nothing waits")
    return max(codes)


def _tell(box: "Outbox", standing: "Standing", outcome: "Outcome") -> int:
    """Say what sending came to; what waits is no failure of a push, for it is safe."""
    left = next(each for each in box.standings() if each.key == standing.key).waiting
    total = outcome.taken + len(outcome.refused) + left
    say(f"{outcome.taken} of {total} objects taken by {outcome.title}")
    _tell_refused(outcome.refused)
    if outcome.error:
        say(f"{left} wait in the outbox: {outcome.error}")
        say("nothing is lost; later: sidelight share outbox send")
    return FOUND if outcome.refused else 0


def _tell_refused(refused: "Iterable[Item]") -> None:
    for why, count in Counter(each.why for each in refused).most_common():
        first = next(each.name.split()[0] for each in refused if each.why == why)
        say(f"{count} refused: {why} (such as {first})")


def _line(standing: "Standing") -> str:
    to = standing.destination
    counts = f"{standing.waiting} wait, {standing.refused} refused, {standing.sent} sent"
    line = f"{to.collection} at {to.url}: {counts}"
    if standing.why:
        soon = max(0, standing.due - now()) // 1_000_000
        line += f"; failed {many(standing.failures, 'time')}, again in {soon} s: {standing.why}"
    return line
