"""Measure Sidelight as whole processes, and write what came out, losses included.

    python bench/run.py [--quick] [--long] [--rules PATH] [--zircolite PATH] [--out PAGE]

Times are processor time of the process and its children, the better of two runs, what is compared
in turn; the wall clock counts only where two processes are held against one.
"""

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import inputs
from inputs import Material
from measure import Cost, RunError, best, in_turn, run
from page import Row, machine, write_page

ROOT: Final = Path(__file__).resolve().parents[1]
YARDSTICK: Final = Path(__file__).resolve().parent / "yardstick.py"


@dataclass(frozen=True, slots=True)
class Bench:
    """A folder to work in, and how the commands are called."""

    folder: Path
    command: list[str]
    rules: Material | None
    zircolite: list[str]
    environment: dict[str, str]

    def hunt(
        self, material: Material, jobs: int = 1, out: str = "out.jsonl", *, own: bool = True
    ) -> Cost:
        """Hunt in *material* once; without *own*, no rules and analytics of Sidelight's."""
        rules = ["--rules", str(self.rules.path)] if self.rules else []
        arguments = ["hunt", str(material.path), *rules, "--output", out, "--jobs", str(jobs)]
        shown = ["--fail-level", "never", "--quiet", "--no-times", *([] if own else ["--no-own"])]
        return run([*self.command, *arguments, *shown], self.environment, self.folder)

    def events(self, out: str = "out.jsonl") -> int:
        """Tell how many events the last hunt read."""
        import json  # noqa: PLC0415

        with (self.folder / out).open("rb") as lines:
            for line in lines:
                if line.startswith(b'{"kind":"manifest"'):
                    return int(json.loads(line)["events"])
        return 0


def main() -> None:
    """Measure what the arguments ask for, print it, and write the page."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="sidelight-bench-", dir=given.scratch) as name:
        bench = _bench(Path(name), given)
        rows = []
        for row in _measure(bench, given):
            rows.append(row)
            print(row.line(), file=sys.stderr, flush=True)
    facts = machine(bench.rules.says if bench.rules else "no rules beside Sidelight's own")
    write_page(given.out, facts, rows, _unmeasured(bench, given))
    print(f"Wrote {given.out}", file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure speed and memory.")
    parser.add_argument("--quick", action="store_true", help="nothing over 200 MB")
    parser.add_argument("--long", action="store_true", help="memory at ten times 200 MB, too")
    parser.add_argument("--rules", type=Path, help="rules to run beside Sidelight's own")
    parser.add_argument("--evidence", type=Path, default=inputs.SHARED / "evidence")
    parser.add_argument("--zircolite", default=os.environ.get("ZIRCOLITE", ""))
    parser.add_argument("--scratch", type=Path, help="folder with 3 GB of room")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/reference/benchmarks.md")
    return parser.parse_args()


def _bench(folder: Path, given: argparse.Namespace) -> Bench:
    """Set up, with caches and settings of the user left out."""
    script = Path(sys.executable).parent / "sidelight"
    command = [str(script)] if script.exists() else [sys.executable, "-m", "sidelight"]
    homes = {
        name: str(folder / name.lower())
        for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
    }
    rules = inputs.rules_package(folder, given.rules)
    environment = {**os.environ, **homes}
    # What pip installs comes with its bytecode; a checkout has it after the first run, unless
    # this forbids it. Else each start would compile 300 modules, for a quarter of a second.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return Bench(folder, command, rules, _zircolite(given.zircolite), environment)


def _unmeasured(bench: Bench, given: argparse.Namespace) -> list[str]:
    """Say what this run left out."""
    left = {
        "Dense EVTX of 1 GB, and how memory grows with it: the run was a quick one.": given.quick,
        "Memory at ten times 200 MB: only with `--long`.": not given.long,
        "Zircolite: it was not on the machine, so nothing is compared.": not bench.zircolite,
    }
    return [text for text, so in left.items() if so]


def _zircolite(given: str) -> list[str]:
    found = shutil.which(given or "zircolite") or (given if Path(given or "/-").exists() else "")
    return [sys.executable, found] if found.endswith(".py") else [found] if found else []


def _measure(bench: Bench, given: argparse.Namespace) -> Iterator[Row]:
    folder = inputs.attack_folder(bench.folder, given.evidence, bench.command)
    small = inputs.small_file(folder)
    yield from _starts(bench, folder, small)
    yield from _knowledge(bench)
    limit = (200 if given.quick else 2000) << 20
    lines = inputs.json_lines(bench.folder, given.evidence, bench.command, limit)
    yield from _rate(bench, lines, 60_000)[0]
    lines.path.unlink()
    peaks, logs = [], []
    for megabytes in (200,) if given.quick else (200, 1024):
        logs.append(inputs.dense(bench.folder, megabytes))
        rows, cost = _rate(bench, logs[-1], 100_000)
        peaks.append(cost.peak)
        yield from rows
    yield from _two(bench, logs[-1])
    if given.long:
        logs.append(inputs.dense(bench.folder, 2000))
        peaks.append(bench.hunt(logs[-1]).peak)
    yield from _growth(logs, peaks)


def _starts(bench: Bench, folder: Material, small: Material) -> Iterator[Row]:
    """Measure what no stream of events hides: start, rules, and small input."""
    shown = best(lambda: run([*bench.command, "--help"], bench.environment, bench.folder))
    yield _seconds("`sidelight --help`", shown, 0.2)

    def cold() -> Cost:
        shutil.rmtree(bench.folder / "xdg_cache_home", ignore_errors=True)
        return bench.hunt(small)

    yield _seconds(f"{small.says}, rules compiled anew", best(cold), None)
    warm, least = in_turn(lambda: bench.hunt(small), lambda: _least(bench, "start"))
    yield _seconds(f"{small.says}, rules from the cache", warm, 0.7)
    yield _yardstick("start", least, warm)
    yield _seconds(f"{folder.says}, rules from the cache", best(lambda: bench.hunt(folder)), 1.5)
    yield from _peer(bench, folder)


def _knowledge(bench: Bench) -> Iterator[Row]:
    """Measure imports of intelligence, and what asking costs afterwards."""
    bundle = inputs.bundle(bench.folder, 30_000)
    store = bench.folder / "intel.db"

    def ask(*arguments: str) -> Cost:
        whole = [*bench.command, "intel", *arguments, "--store", str(store)]
        return run(whole, bench.environment, bench.folder)

    def anew() -> Cost:
        for path in bench.folder.glob("intel.db*"):
            path.unlink()
        return ask("import", str(bundle.path))

    cost = best(anew)
    figures = f"{cost.cpu:.1f} s CPU, {cost.peak:.0f} MB"
    reached = cost.cpu <= 10 and cost.peak <= 500
    yield Row(f"{bundle.says}, imported", "≤ 10 s, ≤ 500 MB", figures, reached)
    again = best(lambda: ask("import", str(bundle.path)))
    yield _seconds(f"{bundle.says}, imported again", again, None)
    yield _seconds("`sidelight intel show` after that", best(lambda: ask("show", "a1")), None)


def _seconds(what: str, cost: Cost, goal: float | None) -> Row:
    text = f"≤ {goal} s CPU" if goal else "none"
    reached = None if goal is None else round(cost.cpu, 2) <= goal
    return Row(what, text, f"{cost.cpu:.2f} s CPU, {cost.peak:.0f} MB", reached)


def _rate(bench: Bench, material: Material, goal: int) -> tuple[list[Row], Cost]:
    """Measure events a second of processor time, start and output included."""
    yardstick = "lines" if material.path.suffix == ".json" else "evtx"
    runs = [lambda: bench.hunt(material), lambda: _least(bench, yardstick, material)]
    if bench.rules:
        runs.append(lambda: bench.hunt(material, own=False))
    whole, least, *bare = in_turn(*runs)
    events = bench.events()
    rows = [_events(f"{material.says}, the rules given alone", events, each, goal) for each in bare]
    rows.append(_events(material.says, events, whole, goal))
    rows.append(_yardstick(yardstick, least, whole, *bare))
    rows += [_added(material, whole, each) for each in bare]
    memory = f"{whole.peak:.0f} MB"
    rows.append(Row(f"{material.says}: memory", "≤ 1 GB", memory, whole.peak <= 1000))
    return [*rows, *_peer(bench, material)], whole


def _events(what: str, events: int, cost: Cost, goal: int) -> Row:
    rate = events / cost.cpu
    measured = f"{rate:,.0f} events/s ({events:,} events in {cost.cpu:.1f} s CPU)"
    return Row(what, f"≥ {goal:,} events/s", measured, rate >= goal)


_DOES: Final = {
    "start": "Python with NumPy and Arrow loaded, nothing else",
    "lines": "orjson parses the same lines, nothing else",
    "evtx": "the evtx package (Rust) writes the same records as JSON text, nothing else",
}


def _least(bench: Bench, name: str, material: Material | None = None) -> Cost:
    """Run what the least part of the same work costs at this hour on this machine."""
    path = [str(material.path)] if material else []
    return run([sys.executable, str(YARDSTICK), name, *path], bench.environment, bench.folder)


def _yardstick(name: str, least: Cost, *hunts: Cost) -> Row:
    times = [f"{hunt.cpu / least.cpu:.1f}" for hunt in hunts]
    alone = "".join(f", {each} with the rules given alone" for each in times[1:])
    measured = f"{least.cpu:.2f} s CPU; the hunt takes {times[0]} times as long{alone}"
    return Row(f"yardstick: {_DOES[name]}", "none", measured, None)


def _added(material: Material, whole: Cost, bare: Cost) -> Row:
    """Hold Sidelight's own rules and analytics, added, against the rules given alone."""
    share = whole.cpu / bare.cpu - 1
    measured = f"{share:+.0%} ({bare.cpu:.1f} s and {whole.cpu:.1f} s CPU)"
    what = f"own rules and analytics added, {material.says}"
    return Row(what, "analytics ≤ + 25 %", measured, share <= 0.25)


def _two(bench: Bench, material: Material) -> Iterator[Row]:
    """Hold two processes against one."""
    one, two = in_turn(
        lambda: bench.hunt(material, 1, "one.jsonl"), lambda: bench.hunt(material, 2, "two.jsonl")
    )
    gain = one.wall / two.wall
    measured = (
        f"{gain:.2f} times (wall {one.wall:.1f} s and {two.wall:.1f} s; "
        f"CPU {one.cpu:.1f} s and {two.cpu:.1f} s)"
    )
    yield Row(f"{material.says}, two processes", "≥ 1.7 times one", measured, gain >= 1.7)
    digests = {_digest(bench.folder / name) for name in ("one.jsonl", "two.jsonl")}
    same = len(digests) == 1
    yield Row("output of two processes", "same bytes", "same" if same else "different", same)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _growth(logs: list[Material], peaks: list[float]) -> Iterator[Row]:
    for log, peak in zip(logs[1:], peaks[1:], strict=True):
        added = peak / peaks[0] - 1
        measured = f"{added:+.0%} ({peaks[0]:.0f} MB and {peak:.0f} MB)"
        yield Row(f"memory of {log.says} against 200 MB", "under + 10 %", measured, added < 0.1)


def _peer(bench: Bench, material: Material) -> Iterator[Row]:
    """Measure Zircolite on the same, where it is on the machine."""
    if not bench.zircolite or bench.rules is None:
        return
    rules = inputs.unpacked_rules(bench.folder, bench.rules)
    kind = ["--json-input"] if material.path.suffix == ".json" else []
    options = ["--events", str(material.path), "--ruleset", str(rules), "--outfile", "peer.json"]
    command = [*bench.zircolite, *options, *kind, "--nolog"]
    once: Callable[[], Cost] = lambda: run(command, bench.environment, bench.folder)  # noqa: E731
    try:
        cost = best(once, 1)
    except RunError as error:
        yield Row(f"Zircolite: {material.says}", "none", f"failed: {error}", None)
    else:
        yield Row(
            f"Zircolite: {material.says}", "none", f"{cost.cpu:.1f} s CPU, {cost.peak:.0f} MB", None
        )


if __name__ == "__main__":
    main()
