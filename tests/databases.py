"""A PostgreSQL of their own for the tests, where Debian's package is installed."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from patience import PATIENCE_S, until


def missing() -> str:
    """Say why there is no PostgreSQL to test with; empty where there is."""
    if _bin() is None:
        return "PostgreSQL is not installed"
    if os.geteuid() == 0 and _user() is None:
        return "PostgreSQL refuses to run as root, and there is no user postgres"
    return ""


@dataclass(frozen=True)
class Cluster:
    """A server that can be killed and started again."""

    folder: Path
    programs: Path
    user: str | None

    @property
    def address(self) -> str:
        return f"postgresql+psycopg://sidelight@/postgres?host={self.folder}"

    def start(self) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        self._control("-l", self.folder / "log", "-o", options, "start")

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")

    def kill(self) -> None:
        """Kill it by SIGKILL, and wait until its processes have noticed."""
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGSTOP)  # it has no more children then
        assert until(lambda: _state(pid)[0] == "T")
        children = [each for each in _processes() if _state(each)[1] == pid]
        os.kill(pid, signal.SIGKILL)
        assert until(lambda: all(_state(each)[0] in "ZX" for each in (pid, *children)))
        # Where nobody takes away what is left of a process, it looks as if it still ran.
        for each in (self.folder / "data" / "postmaster.pid", *self.folder.glob(".s.PGSQL.*")):
            each.unlink(missing_ok=True)

    def _control(self, *rest: str | Path) -> None:
        patient = ("-t", str(PATIENCE_S))
        _run(self.user, self.programs / "pg_ctl", "-D", self.folder / "data", "-w", *patient, *rest)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Give an empty server for as long as the context is held; it may be down at the end."""
    programs, user = _bin(), _user() if os.geteuid() == 0 else None
    assert programs
    # Outside of pytest's folders: another user has to get there, and socket names are short.
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        made = Cluster(Path(name), programs, user)
        if user:
            shutil.chown(made.folder, user)
        data = made.folder / "data"
        _run(user, programs / "initdb", "-D", data, "-U", "sidelight", "-A", "trust", "-E", "UTF8")
        made.start()
        try:
            yield made
        finally:
            if (data / "postmaster.pid").exists():
                made.stop()


@contextmanager
def postgresql() -> Iterator[str]:
    """Give the address of an empty server for as long as the context is held."""
    with cluster() as made:
        yield made.address


def _processes() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]


def _state(pid: int) -> tuple[str, int]:
    """Give the state of a process as proc(5) has it, and its parent; X of one that is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()  # whose name may be anything
    except OSError:
        return "X", 0
    state, parent = text.rpartition(b")")[2].split()[:2]
    return state.decode(), int(parent)


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
    subprocess.run(
        words, user=user, check=True, capture_output=True, cwd="/", timeout=2 * PATIENCE_S
    )


def _bin() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    return found[-1].parent if found else None


def _user() -> str | None:
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None
