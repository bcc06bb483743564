"""Commands as forks of one process that has loaded everything: loading is most of a short command.

A fork has memory, folder, environment, streams and an end of its own, as a program has that was
started; `e2e/test_warm.py` holds the two against each other.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, BinaryIO

POSSIBLE = hasattr(os, "pidfd_open")
LARGEST = 1 << 17
"""Octets of a request: arguments and environment."""


class Fork:
    """A command that runs; as much of `subprocess.Popen` as tests ask for."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        streams: tuple[int, int, int],
    ) -> None:
        """Start it with *streams* as its own; the caller closes them."""
        self.args = list(arguments)
        self.returncode: int | None = None
        self.stderr: BinaryIO | None = None
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.connect(_place())
        request = json.dumps([self.args, dict(environment), str(folder)]).encode()
        assert len(request) <= LARGEST
        socket.send_fds(self._line, [request], list(streams))
        self.pid = int(self._line.recv(16))

    def poll(self) -> int | None:
        """Give how it ended, or None."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and give the exit code; that of a signal is negative."""
        if self.returncode is None:
            self._line.settimeout(timeout)
            try:
                said = self._line.recv(16)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            self._line.close()
            assert said, "the process that the command is a fork of has ended"
            self.returncode = int(said)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Signal it, if it runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    stdin: bytes,
    stdout: IO[bytes],
    *,
    timeout: float,
) -> tuple[int, bytes]:
    """Run a command to its end; give its exit code and what it wrote to standard error."""
    reading, writing = os.pipe()
    feeder = threading.Thread(target=_feed, args=(writing, stdin))
    with tempfile.TemporaryFile() as errors:
        fork = Fork(arguments, environment, folder, (reading, stdout.fileno(), errors.fileno()))
        os.close(reading)
        feeder.start()
        try:
            code = fork.wait(timeout)
        finally:
            fork.kill()
            fork.wait()
            feeder.join()
        errors.seek(0)
        return code, errors.read()


def start(arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> Fork:
    """Start a command whose standard error is read; its standard output goes nowhere."""
    reading, writing = os.pipe()
    with open(os.devnull, "r+b") as nothing:
        streams = nothing.fileno(), nothing.fileno(), writing
        fork = Fork(arguments, environment, folder, streams)
    os.close(writing)
    fork.stderr = os.fdopen(reading, "rb")
    return fork


def _feed(pipe: int, data: bytes) -> None:
    # Who ends before all was read has read enough.
    with contextlib.suppress(BrokenPipeError), os.fdopen(pipe, "wb") as file:
        file.write(data)


@functools.cache
def _place() -> str:
    """Start the process, once; give the address of its socket."""
    folder = tempfile.TemporaryDirectory(prefix="warm-")
    place = f"{folder.name}/socket"
    environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, __file__, place],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"

    def end() -> None:
        process.communicate(timeout=300)
        folder.cleanup()

    atexit.register(end)
    return place


def _load() -> None:
    """Import all there is; what needs an extra that is missing is left to whoever asks for it."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    package = importlib.import_module("sidelight")
    for module in pkgutil.walk_packages(package.__path__, "sidelight."):
        # Steps of a migration are run where a database is opened.
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            with contextlib.suppress(ImportError):
                importlib.import_module(module.name)
    # A fork has one thread: what others hold at that moment would be held for ever. The one that
    # Arrow's allocator has knows of forks.
    names = {each.read_text().strip() for each in Path("/proc/self/task").glob("*/comm")}
    assert names <= {Path("/proc/self/comm").read_text().strip(), "jemalloc_bg_thd"}, names


def _serve(place: str) -> None:
    """Fork for each request, until standard input ends; only forks return before that."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    door.bind(place)
    door.listen(64)
    os.write(1, b"ready\n")
    watched = select.poll()
    watched.register(0, select.POLLIN)
    watched.register(door, select.POLLIN)
    running: dict[int, tuple[int, socket.socket]] = {}
    while True:
        for ready, _ in watched.poll():
            if ready == 0:
                os._exit(0)
            if ready in running:
                watched.unregister(ready)
                pid, line = running.pop(ready)
                os.close(ready)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                with contextlib.suppress(OSError):
                    line.send(str(code).encode())
                line.close()
                continue
            line, _ = door.accept()
            request, streams, _, _ = socket.recv_fds(line, LARGEST, 3)
            if (pid := os.fork()) == 0:
                for each in (door, line, *(other for _, other in running.values())):
                    each.close()
                for each in running:
                    os.close(each)
                _become(request, streams)
                return
            for each in streams:
                os.close(each)
            line.send(str(pid).encode())
            watched.register(watch := os.pidfd_open(pid), select.POLLIN)
            running[watch] = pid, line


def _become(request: bytes, streams: list[int]) -> None:
    """Take the place of a program that was just started."""
    arguments, environment, folder = json.loads(request)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments


def _main() -> int:
    """Run the command line as ``python -m sidelight`` does, to the exit code."""
    from sidelight.cli import main

    sys.argv[0] = str(Path(main.__code__.co_filename).parents[1] / "__main__.py")
    sys.modules["__main__"].__package__ = "sidelight"  # messages have the program's name of it
    try:
        main()
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else error.code is not None
    except BaseException:  # noqa: BLE001 - as the interpreter does
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _leave(code: int) -> None:
    """Do what is to be done at exit, but do not take apart all that was loaded."""
    threading._shutdown()
    atexit._run_exitfuncs()
    gc.collect()  # ends what the command left open, such as databases
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120  # as Python has it
    os._exit(code)


if __name__ == "__main__":
    del sys.path[0]  # the folder of tests
    _load()
    gc.freeze()
    _serve(sys.argv[1])
    _leave(_main())
