"""Look at benign programs that look like attacks, and count what is held against them.

``python bench/host_zoo.py [PYTHON]`` starts those of the zoo that this machine has, looks at them
as `sidelight collect` does, plain, with ``--hashes`` and with ``--ptrace``, and prints a row of
docs/reference/host-detection-quality.md for each. *PYTHON* is an interpreter that has numba and
cffi. Everything it starts is stopped. Nothing is downloaded.
"""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sidelight.evidence.host import lines
from sidelight.evidence.stream import Stream
from sidelight.host import MEDIUM, collect
from sidelight.host.judge import HIGH
from sidelight.schema import Event, Frame, want_all

SETTLE_S = 20
NUMBA = "import numba,time;f=numba.njit(lambda n:n+1);f(1);time.sleep(900)"
CFFI = (
    "import cffi,time;f=cffi.FFI();l=f.dlopen(None);f.cdef('void qsort(void*,size_t,size_t,"
    "int(*)(const void*,const void*));');c=f.callback('int(const void*,const void*)',lambda a,b:0);"
    "time.sleep(900)"
)
CTYPES = (
    "import ctypes,time;c=ctypes.CFUNCTYPE(ctypes.c_int,ctypes.c_int)(lambda n:n);time.sleep(900)"
)
WASM = (
    "const b=new Uint8Array([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,10,4,1,2,0,11]);"
    "new WebAssembly.Instance(new WebAssembly.Module(b));const {Worker}=require('worker_threads');"
    "new Worker('setInterval(()=>{for(let i=0;i<1e6;i++);},9)',{eval:true});"
    "setInterval(()=>{let s=0;for(let i=0;i<1e6;i++)s+=i*i;},5)"
)
JAVA = (
    "public class Zoo { public static void main(String[] a) throws Exception {"
    " long s = 0; while (true) { for (int i = 0; i < 1000000; i++) s += i * s; Thread.sleep(20); }"
    " } }"
)
ASAN = "#include <unistd.h>\n#include <stdlib.h>\nint main(void){free(malloc(9));for(;;)pause();}"


@dataclass(frozen=True)
class Zoo:
    """A folder to work in, and an interpreter that has numba and cffi."""

    folder: Path
    python: str

    def commands(self) -> Iterator[Sequence[str]]:
        """Yield the programs; what they need is written into the folder."""
        (self.folder / "Zoo.java").write_text(JAVA)
        (self.folder / "nginx.conf").write_text(
            f"pid {self.folder}/nginx.pid; error_log {self.folder}/e; events {{}}\n"
            f"http {{ access_log off; server {{ listen unix:{self.folder}/n.sock;"
            " location ~ ^/(a|b)+$ { return 200; } } }\npcre_jit on;\n"
        )
        here = str(self.folder)
        yield "node", "-e", WASM
        for mode in ("-Xmixed", "-Xint", "-XX:+UseZGC", "-XX:+UseSerialGC"):
            yield "java", mode, "-Xmx64m", f"{here}/Zoo.java"
        yield self.python, "-c", NUMBA
        yield self.python, "-c", CFFI
        yield self.python, "-c", CTYPES
        yield "nginx", "-g", "daemon off;", "-c", f"{here}/nginx.conf"
        yield "redis-server", "--port", "0", "--unixsocket", f"{here}/r.sock"
        yield "luajit", "-e", "local s=0 while true do s=(s*7+1)%1000003 end"
        yield "perl", "-e", "sleep 900"
        yield "sh", "-c", "while :; do sleep 5; done"
        yield "strace", "-o", "/dev/null", "sleep", "900"
        yield "gdb", "-q", "-ex", "break nanosleep", "-ex", "run", "--args", "sleep", "900"
        yield (
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={here}/c",
            "--remote-debugging-pipe", "about:blank",
        )  # fmt: skip
        yield from self._built()

    def _built(self) -> Iterator[Sequence[str]]:
        """Yield programs that a compiler makes: interposed functions, no table of procedures."""
        source = self.folder / "zoo.c"
        source.write_text(ASAN)
        variants = (["-fsanitize=address"], ["-fno-plt"], ["-fno-pie", "-no-pie"], ["-static"])
        for number, words in enumerate(variants):
            program = str(self.folder / f"zoo{number}")
            built = ["cc", *words, str(source), "-o", program]
            if shutil.which("cc") and not subprocess.run(built, check=False).returncode:
                yield (program,)
        for path in Path("/usr/lib").glob("*/libjemalloc.so.2"):
            yield "env", f"LD_PRELOAD={path}", "perl", "-e", "sleep 900"


@contextmanager
def started(words: Sequence[str]) -> Iterator[None]:
    """Run a program in a session of its own, and end all of that afterwards."""
    if shutil.which(words[0]) is None:
        print(f"not here: {words[0]}", file=sys.stderr)
        yield
        return
    running = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield
    finally:
        for pid in descendants(running.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        running.communicate()


@contextmanager
def postgres(folder: Path) -> Iterator[None]:
    """Run a database with a session that compiles its query."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found or os.geteuid() or not shutil.which("runuser"):
        print("not here: postgres", file=sys.stderr)
        yield
        return
    shutil.chown(folder, "postgres")
    become = ["runuser", "-u", "postgres", "--"]
    quiet: Mapping[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    data = folder / "data"
    subprocess.run([*become, found[-1] / "initdb", "-D", data], check=True, **quiet)
    options = f"-k {folder} -c listen_addresses="
    control = [*become, str(found[-1] / "pg_ctl"), "-D", str(data), "-w"]
    subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], check=True, **quiet)
    query = (
        "SET jit_above_cost=0; SET jit_inline_above_cost=0; SET jit_optimize_above_cost=0;"
        " SELECT sum(g*g), pg_sleep(600) FROM generate_series(1,1000) g GROUP BY g % 3;"
    )
    try:
        with started([*become, str(found[-1] / "psql"), "-h", str(folder), "-c", query]):
            yield
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, **quiet)


def servers(folder: Path) -> list[int]:
    """List the processes of the database that was started there; it belongs to no parent here."""
    try:
        first = (folder / "data" / "postmaster.pid").read_text().split()[0]
    except OSError:
        return []
    return descendants(int(first))


def descendants(root: int) -> list[int]:
    """List a process and all below it."""
    parents: dict[int, int] = {}
    for pid in collect.pids_listed():
        try:
            fields = collect.read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        except OSError:
            continue
        parents[pid] = int(fields[1])
    found = [root]
    for pid in found:
        found += [each for each, parent in parents.items() if parent == pid]
    return found


def looked_at(pids: Sequence[int], *, hashes: bool = False, ptrace: bool = False) -> list[Event]:
    """Look at processes and judge them; print what it cost and what was found."""
    out = io.StringIO()
    end = collect.collect(out, list(pids), True, 100, hashes, ptrace)
    text = out.getvalue()
    events: list[Event] = []
    for item in lines.read([Stream("zoo", io.BytesIO(text.encode()))], want_all):
        if isinstance(item, Frame):
            events += item.detail(np.arange(len(item)))
    raw = [json.loads(line) for line in text.splitlines()]
    slots = sum(line["slots"][0] for line in raw if "slots" in line)
    unsure = sum(line["slots"][1] for line in raw if "slots" in line)
    threads = sum((line.get("threads") or {}).get("count", 0) for line in raw)
    stopped = sum((line.get("threads") or {}).get("stopped", 0) for line in raw)
    files = {tuple(row) for line in raw for row in line.get("digests", ())}
    points = [int(str(event.get("Points", "0"))) for event in events]
    high, medium = sum(p >= HIGH for p in points), sum(MEDIUM <= p < HIGH for p in points)
    each = 1000 * end["cpu"] / max(1, end["processes"])
    options = " ".join(name for name, on in (("--hashes", hashes), ("--ptrace", ptrace)) if on)
    differ = sum(not same for _, same in files)
    print(
        f"| {options or 'plain'} | {end['processes']} | {high} | {medium} | {slots:,} slots,"
        f" {unsure} not compared; {threads} threads, {stopped} stopped; {len(files)} files"
        f" hashed, {differ} differ; {end['cpu']} s, {each:.1f} ms each |"
    )
    for event, some in zip(events, points, strict=True):
        if some >= MEDIUM or some < 0:
            print(f"    {some} {event.get('Image')}: {event.get('Marks')}")
    return events


def main() -> None:
    """Start the zoo, look at it, end it."""
    python = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    with tempfile.TemporaryDirectory(prefix="zoo-", dir="/var/lib") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "pg").mkdir()
        stack.enter_context(postgres(folder / "pg"))
        for words in Zoo(folder, python).commands():
            stack.enter_context(started(words))
        time.sleep(SETTLE_S)
        pids = sorted({*descendants(os.getpid()), *servers(folder / "pg")} - {os.getpid()})
        print(", ".join(sorted(map(name_of, pids))))
        looked_at(pids)
        looked_at(pids, hashes=True)
        looked_at(pids, ptrace=True)
        looked_at(pids, hashes=True, ptrace=True)


def name_of(pid: int) -> str:
    """Name a process; empty where it is gone."""
    try:
        return collect.text_of(collect.read(f"/proc/{pid}/comm").strip())
    except OSError:
        return ""


if __name__ == "__main__":
    main()
