"""``sidelight share hook``: tell an ally's program of what is added, as it is added."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from sidelight.cli.configuration import read_configuration
from sidelight.cli.exits import FOUND
from sidelight.cli.folders import configuration_file, hook_key_file
from sidelight.cli.libraries import (
    Database,
    collection_named,
    need_exchange,
    now,
    open_library,
    operator,
    organisation_named,
)
from sidelight.cli.moments import seconds
from sidelight.cli.names import names_of
from sidelight.cli.saying import say
from sidelight.errors import SidelightError, UsageError
from sidelight.plural import many

if TYPE_CHECKING:
    from sidelight.exchange.courier import Courier
    from sidelight.exchange.reachable import Reachable
    from sidelight.exchange.store.hooks import Hook
    from sidelight.exchange.store.library import Library

hook = typer.Typer(help="Tell programs of allies of what is added.", no_args_is_help=True)

_KEY_OCTETS = 32

Ident = Annotated[str, typer.Argument(metavar="ID", help="As 'hook list' shows it.")]


@hook.command("add")
def add(  # noqa: PLR0913 - options
    organisation: Annotated[str, typer.Argument(metavar="ORGANISATION", help="Name or id.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="What is sent to.")],
    collection: Annotated[
        str, typer.Option("--collection", help="Id, alias or title of the collection.")
    ],
    person: Annotated[str, typer.Option(metavar="PERSON", help="Who asked for it.")] = "",
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Send what was added before, too.")
    ] = False,
    database: Database = "",
) -> int:
    """Send what an organisation may read of a collection to URL; print the secret, this once.

    'sidelight serve' sends it, signed with the secret. The host of URL has to be listed in
    config.toml: [share] hooks = "HOST".

    Example: sidelight share hook add "Operator B" https://soc.b.example/in --collection finds
    """
    library = open_library(database)
    from sidelight.exchange.hook_signature import derived, spelled  # noqa: PLC0415 - not for --help
    from sidelight.exchange.store import hooks  # noqa: PLC0415

    _reachable().target(url)
    register = library.register()
    owner = organisation_named(register, organisation)
    place = collection_named(register, collection)
    if not register.can_read(owner.id, place):
        raise UsageError(f"may not read {place.title}", where=organisation)
    start = 0 if from_start else library.newest()
    made = hooks.Hook(
        id=str(uuid4()),
        organisation=owner.id,
        person=person or owner.name,
        collection=place.id,
        url=url,
        created=now(),
        after=start,
        failures=0,
        due=0,
        why="",
    )
    secret = spelled(derived(hook_key(), made.id))
    hooks.add(library.engine, made, operator())
    say(f"{made.id}  {secret}")
    return 0


@hook.command("list")
def list_hooks(
    each: Annotated[bool, typer.Option("--each", help="A line for every dead letter.")] = False,
    database: Database = "",
) -> int:
    """List webhooks: of whom, where to, how far they came, what failed, what is a dead letter.

    Example: sidelight share hook list --each
    """
    library = open_library(database)
    from sidelight.exchange.store import hooks  # noqa: PLC0415 - not for --help

    names, found = names_of(library), list(hooks.hooks(library.engine))
    for one in found:
        of, place = (names.get(each, each) for each in (one.organisation, one.collection))
        text = f"{one.id}  {of}  {place} -> {one.url}  up to {seconds(one.after)}"
        text += f"  {hooks.dead_count(library.engine, one.id)} dead letters"
        if one.failures:
            soon = max(0, one.due - now()) // 1_000_000
            text += f"  failed {many(one.failures, 'time')}, again in {soon} s: {one.why}"
        say(text)
        for letter in hooks.dead_letters(library.engine, one.id) if each else ():
            say(f"  {letter.object} {letter.version}  {letter.why}")
    if not found:
        say("there is no webhook: sidelight share hook add ORGANISATION URL", err=True)
    return 0


@hook.command("remove")
def remove(ident: Ident, database: Database = "") -> int:
    """End a webhook at once.

    Example: sidelight share hook remove 0f8fad5b-d9cb-469f-a165-70867728950e
    """
    library = open_library(database)
    from sidelight.exchange.store import hooks  # noqa: PLC0415 - not for --help

    if hooks.remove(library.engine, ident, now=now(), actor=operator()):
        say(f"{ident} is removed")
        return 0
    say(f"{ident} is no webhook", err=True)
    return FOUND


@hook.command("test")
def send_test(ident: Ident, database: Database = "") -> int:
    """Send a signed delivery with nothing in it; exit 1 if it is not taken.

    Example: sidelight share hook test 0f8fad5b-d9cb-469f-a165-70867728950e
    """
    library = open_library(database)
    found = _named(library, ident)
    try:
        status = _courier(library).test(found)
    except SidelightError as error:
        say(f"not taken: {error}")
        return FOUND
    say(f"answered {status}")
    return 0 if status // 100 == 2 else FOUND


@hook.command("retry")
def retry(ident: Ident, database: Database = "") -> int:
    """Send the dead letters of a webhook again; exit 1 if some are still not taken.

    Example: sidelight share hook retry 0f8fad5b-d9cb-469f-a165-70867728950e
    """
    library = open_library(database)
    from sidelight.exchange.store import hooks  # noqa: PLC0415 - not for --help

    found, courier = _named(library, ident), _courier(library)
    taken = gone = 0
    left = list(hooks.dead_letters(library.engine, ident))
    if not left:
        say("it has no dead letters: all that was sent was taken, or is still being tried")
        return 0
    try:
        for letter in left:
            if courier.retry(found, letter):
                taken += 1
            else:
                gone += 1
    except SidelightError as error:
        say(f"not taken: {error}")
    rest = len(left) - taken - gone
    say(f"{taken} taken, {gone} may not go any more, {rest} are left")
    return FOUND if rest else 0


@contextmanager
def delivering(library: "Library") -> Iterator[None]:
    """Deliver webhooks for as long as the context is held."""
    from sidelight.exchange.courier import working  # noqa: PLC0415 - not for --help

    with working(_courier(library)):
        yield


def hook_key() -> bytes:
    """Give what the secrets of webhooks are derived from; it is made on its first use.

    It stands in a file of its own, and nowhere in the database: who has only the database, or a
    copy of it, can sign nothing.

    Raises:
        UsageError: the file cannot be read or made, or holds something else.
    """
    from sidelight.exchange.secret import put_secret, read_secret  # noqa: PLC0415 - not for --help

    path = hook_key_file()
    if not path.exists():
        put_secret(path, secrets.token_bytes(_KEY_OCTETS))
    key = read_secret(path)
    if len(key) != _KEY_OCTETS:
        raise UsageError("is no key of webhooks", where=str(path))
    return key


def _reachable() -> "Reachable":
    from sidelight.exchange.reachable import read_reachable  # noqa: PLC0415 - not for --help

    path = configuration_file()
    return read_reachable(read_configuration(path).hooks, where=f"{path}: [share] hooks")


def _courier(library: "Library") -> "Courier":
    need_exchange("httpx")
    from sidelight.exchange.courier import Courier, posting  # noqa: PLC0415 - not for --help

    return Courier(library, hook_key, _reachable(), now, posting())


def _named(library: "Library", ident: str) -> "Hook":
    from sidelight.exchange.store import hooks  # noqa: PLC0415 - not for --help

    found = next((one for one in hooks.hooks(library.engine) if one.id == ident), None)
    if found is None:
        hint = "'sidelight share hook list' shows them"
        raise UsageError("is no webhook", where=ident, hint=hint)
    return found
