"""A PostgreSQL of their own for the tests, where Debian's package is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


def missing() -> str:
    """Say why there is no PostgreSQL to test with; empty where there is."""
    if _bin() is None:
        return "PostgreSQL is not installed"
    if os.geteuid() == 0 and _user() is None:
        return "PostgreSQL refuses to run as root, and there is no user postgres"
    return ""


@contextmanager
def postgresql() -> Iterator[str]:
    """Give the address of an empty server for as long as the context is held."""
    programs, user = _bin(), _user() if os.geteuid() == 0 else None
    assert programs
    # Outside of pytest's folders: another user has to get there, and socket names are short.
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        data = folder / "data"
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        _run(user, programs / "initdb", "-D", data, "-U", "sidelight", "-A", "trust", "-E", "UTF8")
        _run(
            user,
            programs / "pg_ctl",
            "-D",
            data,
            "-w",
            "-l",
            folder / "log",
            "-o",
            options,
            "start",
        )
        try:
            yield f"postgresql+psycopg://sidelight@/postgres?host={folder}"
        finally:
            _run(user, programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


@contextmanager
def fresh(server: str) -> Iterator[str]:
    """Give the address of an empty database of *server* for as long as the context is held."""
    import sqlalchemy

    name = f"test_{uuid4().hex}"
    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield server.replace("/postgres?", f"/{name}?")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        engine.dispose()


def _run(user: str | None, *command: str | Path) -> None:
    words = [str(word) for word in command]
    subprocess.run(words, user=user, check=True, capture_output=True, cwd="/", timeout=120)


def _bin() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    return found[-1].parent if found else None


def _user() -> str | None:
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None
