"""What the commands of sharing have in common: the database, who acts, the time."""

import getpass
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli.folders import exchange_database
from sidelight.cli.saying import say
from sidelight.errors import UsageError
from sidelight.extras import install

if TYPE_CHECKING:
    from sidelight.exchange.alliance import Organisation
    from sidelight.exchange.register import Collection, Register
    from sidelight.exchange.store.library import Library

Database = Annotated[
    str,
    typer.Option(
        metavar="WHERE",
        help="SQLite file, or an address such as postgresql+psycopg://host/name. "
        "[default: exchange.db in the data folder]",
    ),
]


def open_library(database: str, *, make: bool = False) -> "Library":
    """Open the database that was named, or the one of the user, which is made if need be.

    With *make*, one that was named and is not there is made, too: elsewhere a mistyped name would
    say that all is well.

    Raises:
        UsageError: it is not there or cannot be opened, or libraries for it are not installed.
    """
    need_exchange("sqlalchemy", "alembic", "cryptography")
    from sidelight.exchange.store.database import open_database  # noqa: PLC0415 - not for --help
    from sidelight.exchange.store.library import Library  # noqa: PLC0415

    if not database:
        path = exchange_database()
        path.parent.mkdir(parents=True, exist_ok=True)
        database, make = str(path), True

    def tell(said: str) -> None:
        say(f"sidelight: {said}", err=True)

    return Library(open_database(database, tell, make=make))


def need_exchange(*modules: str) -> None:
    """Make sure that the libraries of sharing are installed.

    Raises:
        UsageError: one of *modules* is not.
    """
    for module in modules:
        if find_spec(module) is None:
            reason = f"sharing needs the library {module}, which is not installed"
            raise UsageError(reason, hint=install("exchange"))


def organisation_named(register: "Register", name: str) -> "Organisation":
    """Find an organisation by its name or id.

    Raises:
        UsageError: there is none.
    """
    found = register.named(name)
    if found is None:
        there = ", ".join(sorted(each.name for each in register.alliances.organisations.values()))
        hint = f"there are: {there or 'none'}"
        raise UsageError("is no organisation of the register", where=name, hint=hint)
    return found


def collection_named(register: "Register", name: str) -> "Collection":
    """Find a collection by its id, alias or title.

    Raises:
        UsageError: there is none, or more than one.
    """
    found = [each for each in register.collections if name in {each.id, each.alias, each.title}]
    if len(found) != 1:
        there = ", ".join(each.alias or each.title for each in register.collections)
        why = "names more than one collection" if found else "is no collection of the register"
        raise UsageError(why, where=name, hint=f"there are: {there or 'none'}")
    return found[0]


def operator() -> str:
    """Name whoever runs this command, for the audit log."""
    try:
        return f"{getpass.getuser()} at the command line"
    except (KeyError, OSError):
        return "the command line"


def now() -> int:
    """Give the time it is, in microseconds since 1970."""
    return time.time_ns() // 1000
