"""``sidelight share peer``: keep servers of allies in step with ours."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.folders import configuration_file
from sidelight.cli.libraries import Database, need_exchange, now, open_library
from sidelight.cli.moments import seconds
from sidelight.cli.saying import say
from sidelight.cli.transfer import connected
from sidelight.errors import UsageError, reason_of
from sidelight.plural import many

if TYPE_CHECKING:
    from sidelight.exchange.client import Client
    from sidelight.exchange.peering import Peering, Transfer
    from sidelight.exchange.peers import Peer

peer = typer.Typer(help="Keep servers of allies in step with ours.", no_args_is_help=True)

PeersFile = Annotated[
    Path | None,
    typer.Option(
        "--peers", metavar="FILE", help="The peers. [default: peers.toml beside config.toml]"
    ),
]


@peer.command("run")
def run(
    peers: PeersFile = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this peer. Repeatable.")
    ] = None,
    every: Annotated[float, typer.Option(metavar="SECONDS", min=0, help="Go on; 0: one pass.")] = 0,
    database: Database = "",
) -> int:
    """Pull from peers what is new and push to them what they may have; exit 1 if not all went.

    For each line it says how many objects moved, which were refused and by which rule, and the
    last good cursor, from which the next pass goes on.

    Example: sidelight share peer run --peers peers.toml --every 60
    """
    need_exchange("httpx")
    library = open_library(database)
    from sidelight.exchange.peering import Peering  # noqa: PLC0415 - not for --help
    from sidelight.exchange.peers import read_peers  # noqa: PLC0415

    path = peers or configuration_file().parent / "peers.toml"
    try:
        found = read_peers(path.read_text(encoding="utf-8"), where=str(path))
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot be read: {reason_of(error)}", where=str(path)) from None
    for name in only or ():
        if name not in {each.name for each in found.peers}:
            there = ", ".join(each.name for each in found.peers) or "none"
            raise UsageError("is no peer", where=name, hint=f"there are: {there}")
    peering = Peering(library, found.us, now)
    while True:
        code = 0
        for each in found.peers:
            if not only or each.name in only:
                code = max(code, _pass(peering, each, path.parent))
        if not every:
            return code
        time.sleep(every)


@peer.command("list")
def list_lines(
    each: Annotated[bool, typer.Option("--each", help="A line for every refused object.")] = False,
    database: Database = "",
) -> int:
    """Show for each line the last good cursor, what moved, what was refused, what stopped it.

    Example: sidelight share peer list --each
    """
    engine = open_library(database).engine
    from sidelight.exchange.store.peering import (  # noqa: PLC0415 - not for --help
        progress,
        refusals,
    )

    bad, lines = list(refusals(engine)), list(progress(engine))
    for one in lines:
        mine = [it for name, to, it in bad if (name, to) == (one.line.peer, one.line.direction)]
        text = f"{one.line}: {one.taken} moved, up to {one.after or 'the start'}"
        text += f", at {seconds(one.at)}; {len(mine)} refused in all"
        say(text + (f"; stopped: {one.why}" if one.why else ""))
    for name, direction, it in bad if each else ():
        say(f"  {name} {direction}  {it.id} {it.version}  {it.why}")
    if not lines:
        say("no pass was made with any peer yet: sidelight share peer run", err=True)
    return 0


@peer.command("restart")
def restart(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The peer.")], database: Database = ""
) -> int:
    """Let the next pass with a peer begin at the start; what is there already is known again.

    As after the register lets it have more of what was added before.

    Example: sidelight share peer restart cert
    """
    engine = open_library(database).engine
    from sidelight.exchange.store.peering import progress  # noqa: PLC0415 - not for --help
    from sidelight.exchange.store.peering import restart as begin  # noqa: PLC0415

    there = sorted({one.line.peer for one in progress(engine)})
    count = begin(engine, name)
    if not count:
        hint = f"there are: {', '.join(there)}" if there else "none was met yet: share peer run"
        raise UsageError("no pass was made with a peer of this name", where=name, hint=hint)
    say(f"{many(count, 'line begins', 'lines begin')} at the start")
    return 0


def _pass(peering: "Peering", found: "Peer", folder: Path) -> int:
    """Make a pass with one peer; what is wrong with it keeps nobody from the others."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - not for --help

    try:
        with _met(found, folder) as client:
            return max([_tell(done) for done in peering.run(found, client)])
    except (UsageError, SQLAlchemyError) as error:
        say(f"{found.name}: {error}", err=True)
        return FOUND


@contextmanager
def _met(found: "Peer", folder: Path) -> "Iterator[Client]":
    files = (found.authority, found.client_cert, found.client_key)
    authority, certificate, key = (folder / each if each else None for each in files)
    token, shown = _token(found, folder), (certificate, key)
    with connected(found.url, token, authority, user=found.user, shown=shown, tries=3) as client:
        yield client


def _token(found: "Peer", folder: Path) -> str:
    """Read a token: it never stands on a command line, where everybody here could read it."""
    if found.token_file:
        from sidelight.exchange.secret import read_token  # noqa: PLC0415 - not for --help

        return read_token(folder / found.token_file)
    if not found.token_env:
        return ""
    text = os.environ.get(found.token_env, "").strip()
    if not text:
        raise UsageError(f"{found.token_env} is not in the environment")
    return text


def _tell(done: "Transfer") -> int:
    text = f"{done.line}: {done.taken} moved, {done.again} were there, {len(done.refused)} refused"
    say(f"{text}; up to {done.after or 'the start'}")
    rules = Counter(f"{one.rule}: {one.why}" if one.rule else one.why for one in done.refused)
    for why, count in rules.most_common():
        say(f"  {count} refused: {why}")
    if done.stopped:
        say(f"  stopped: {done.stopped}")
    return FOUND if done.refused or done.stopped else 0
