"""Opens the database and brings its tables up to date."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from sidelight.errors import UsageError
from sidelight.exchange.secret import tighten
from sidelight.exchange.store import onward as _onward  # noqa: F401 - makes its tables known
from sidelight.exchange.store import tables
from sidelight.exchange.store.tables import HEAD

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_KEY: Final = "key"
_WAIT_S: Final = 10
_MAKES: Final = "sidelight share apply FILE makes one; --database names another"
_MAGIC: Final = b"SQLite format 3\0"
"""How a database begins (SQLite, "Database File Format", section 1.3); a new one may be empty."""
UNAVAILABLE: Final = (OperationalError, InterfaceError, PoolTimeoutError)
"""A database is locked, full, or gone: what was asked may do later as it is."""


def open_database(where: str, tell: Callable[[str], object] = str, *, make: bool = True) -> Engine:
    """Open a database, make it if it is not there, and bring its tables up to date.

    *where* is the path of an SQLite file, or an address such as ``postgresql+psycopg://host/name``.
    A file that everybody here could read is made its owner's, which *tell* is told.

    Without *make*, neither a file nor the first tables are made.

    Raises:
        UsageError: it is not there, cannot be opened, or is no database of this program.
    """
    try:
        # Errors go into logs; what was bound to a statement (objects, hashes) must not.
        engine = create_engine(_address(where), hide_parameters=True, **_options(where))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise UsageError(f"is no database address: {error}", where="--database") from None
    if engine.dialect.name == "sqlite":
        path = engine.url.database or ""
        if not make and not (_is_apart(path) or os.path.exists(path)):
            raise UsageError("there is no such database", where=_shown(where), hint=_MAKES)
        _make_private(path, where, tell)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _wait_for_locks)
    try:
        with writing(engine) as connection:
            if not make and not _version(connection):
                raise UsageError("has no register of allies", where=_shown(where), hint=_MAKES)
            _upgrade(connection)
            if connection.scalar(select(tables.secret.c.name)) is None:
                key = {"name": _KEY, "value": secrets.token_bytes(32)}
                connection.execute(insert(tables.secret).values(key))
                connection.execute(insert(tables.clock).values(id=1, last=0))
    except DatabaseError as error:
        raise UsageError(f"cannot be opened: {error.orig}", where=_shown(where)) from None
    return engine


def read_key(engine: Engine) -> bytes:
    """Give the secret of this server."""
    with engine.connect() as connection:
        found = connection.scalar(select(tables.secret.c.value).where(tables.secret.c.name == _KEY))
    assert isinstance(found, bytes)
    return found


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection that nobody else writes beside; all of it happens, or nothing."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7237893)")
        yield connection


def _address(where: str) -> URL | str:
    if "://" in where:
        return make_url(where)
    return URL.create("sqlite", database=where)


def _is_apart(path: str) -> bool:
    """Tell whether a database of SQLite is no file that has this path."""
    return path in {"", ":memory:"} or path.startswith("file:")


def _make_private(path: str, where: str, tell: Callable[[str], object]) -> None:
    """Make the file of a database for its owner alone; SQLite gives -wal and -shm its mode.

    Raises:
        UsageError: it cannot be made.
    """
    if _is_apart(path):
        return
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        _check_kind(Path(path), where)
        if said := tighten(Path(path)):
            tell(said)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot be opened: {error}", where=_shown(where)) from None


def _check_kind(path: Path, where: str) -> None:
    """Make sure, before anything of a file is changed, that it may be a database.

    Raises:
        UsageError: it is none, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise UsageError(f"cannot be opened: {error.strerror}", where=_shown(where)) from None
    if start not in {b"", _MAGIC}:
        hint = "name another file with --database"
        raise UsageError("is no SQLite database", where=_shown(where), hint=hint)


def _options(where: str) -> dict[str, Any]:
    if "://" in where and not where.startswith("sqlite"):
        # A network that swallows everything must not keep a thread for ever.
        waits = {"connect_timeout": _WAIT_S, "tcp_user_timeout": 1000 * _WAIT_S}
        network = waits if where.startswith("postgresql") else {}
        return {"pool_pre_ping": True, "connect_args": network}
    return {"connect_args": {"timeout": _WAIT_S, "check_same_thread": False}}


def _shown(where: str) -> str:
    """Give an address without its password."""
    return make_url(where).render_as_string() if "://" in where else where


def _prepare(connection: Any, record: object) -> None:
    """Take the beginning of transactions into our own hands; readers do not wait for writers."""
    del record
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _wait_for_locks(connection: Any, record: object) -> None:
    """Wait for somebody else's lock as long as SQLite does, and no longer."""
    del record
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {1000 * _WAIT_S}")
    connection.commit()


def _begin(connection: Connection) -> None:
    # A transaction that begins by reading cannot become a writing one when somebody else wrote.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _version(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def _upgrade(connection: Connection) -> None:
    if _version(connection) == HEAD:
        return
    from alembic import command  # noqa: PLC0415 - half a second that most starts do not need
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
