"""The range on disk."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

import orjson

from sidelight.errors import UsageError
from sidelight.training.range import activity, clock, estate, files, linux, people
from sidelight.training.range.campaign import SCENES, perform
from sidelight.training.range.clock import DAY, HOUR, MINUTE
from sidelight.training.range.desk import Desk
from sidelight.training.range.linux import Server
from sidelight.training.range.machine import Machine
from sidelight.training.range.options import RangeOptions, RangeReport, Step, Trace

TRUTH: Final = "truth.json"
AS_JSON: Final = estate.NOC.name
"""The host that ships its logs as JSON lines."""

_SERVER_SHARE: Final = 0.35


class _Record:
    """What was written: how much, and which of it belongs to the intrusion."""

    def __init__(self) -> None:
        self.events = 0
        self.traces: dict[str, list[Trace]] = {}
        self.first: dict[str, int] = {}

    def note(self, step: str, at: int, trace: Trace) -> None:
        self.traces.setdefault(step, []).append(trace)
        self.first[step] = min(at, self.first.get(step, at))


def write_range(options: RangeOptions, out: Path) -> RangeReport:
    """Write the logs of every host, and what is true of them, below *out*.

    The folder is made; files of the same names in it are replaced. The same options give the
    same bytes.

    Raises:
        UsageError: *out* cannot be written to.
    """
    try:
        return _write(options, out)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(out)) from error


def _write(options: RangeOptions, out: Path) -> RangeReport:
    start = clock.midnight(options.start)
    hosts = estate.hosts(options.hosts)
    desks = {
        host.name: Desk(Machine(host, _random(options, host.name)), start)
        for host in hosts
        if host.role != "mediation"
    }
    server = Server(estate.MEDIATION, _random(options, estate.MEDIATION.name))
    if options.attack:
        perform(desks, server, start, options.days, _random(options, "campaign"))
    hours = range(start, start + options.days * DAY, HOUR)
    share = options.events / _total(hosts, hours)
    record = _Record()
    for desk in desks.values():
        _write_desk(desk, hours, share, out, record)
    _write_server(server, hours, share, out, record)
    steps = tuple(_steps(record)) if options.attack else ()
    _write_truth(options, hosts, steps, out)
    return _report(out, record, steps)


def _random(options: RangeOptions, name: str) -> random.Random:
    return random.Random(f"{options.seed}/{name}")  # noqa: S311


def _total(hosts: Iterable[estate.Host], hours: range) -> float:
    return sum(
        _SERVER_SHARE if host.role == "mediation" else activity.busy(host.role, at)
        for host in hosts
        for at in hours
    )


def _write_desk(desk: Desk, hours: range, share: float, out: Path, record: _Record) -> None:
    machine = desk.machine
    host = machine.host
    logs = files.JsonLines if host.name == AS_JSON else files.EventLogs
    enough = float(machine.logged)
    with logs(out, host.name, host.fqdn) as shelf:
        for at in hours:
            enough += share * activity.busy(host.role, at)
            _pass_hour(desk, at, enough)
            _flush_desk(machine, at + HOUR, shelf, record)
        _flush_desk(machine, hours.stop + DAY, shelf, record)


def _pass_hour(desk: Desk, at: int, enough: float) -> None:
    machine, rng = desk.machine, desk.machine.rng
    role = machine.host.role
    local = at // HOUR + clock.ZONE
    if (
        machine.logged < enough
        and local % 24 == 7
        and local // 24 % 7 < 5
        and role in {"billing", "noc", "admin"}
    ):
        people.begin_day(desk, at + rng.randrange(20 * MINUTE, 50 * MINUTE))
    choices = [act for act, _ in activity.ACTIVITIES[role]]
    weights = [weight for _, weight in activity.ACTIVITIES[role]]
    while machine.logged < enough:
        rng.choices(choices, weights)[0](desk, at + rng.randrange(HOUR))


def _flush_desk(machine: Machine, until: int, shelf: files.Shelf, record: _Record) -> None:
    due = sorted(one for one in machine.pending if one.at < until)
    machine.pending = [one for one in machine.pending if one.at >= until]
    for happening in due:
        trace = shelf.put(happening)
        if happening.step:
            record.note(happening.step, happening.at, trace)
    record.events += len(due)


def _write_server(server: Server, hours: range, share: float, out: Path, record: _Record) -> None:
    choices = [chore for chore, _ in linux.CHORES]
    weights = [weight for _, weight in linux.CHORES]
    enough = float(server.logged)
    with files.TextLogs(out, server.host.name) as shelf:
        for at in hours:
            enough += share * _SERVER_SHARE
            while server.logged < enough:
                chore = server.rng.choices(choices, weights)[0]
                chore(server, at + server.rng.randrange(HOUR))
            _flush_server(server, at + HOUR, shelf, record)
        _flush_server(server, hours.stop + DAY, shelf, record)


def _flush_server(server: Server, until: int, shelf: files.TextLogs, record: _Record) -> None:
    due = sorted(one for one in server.pending if one.at < until)
    server.pending = [one for one in server.pending if one.at >= until]
    for entry in due:
        trace = shelf.put(entry)
        if entry.step:
            record.note(entry.step, entry.at, trace)
    record.events += len(due)


def _steps(record: _Record) -> Iterator[Step]:
    for scene in SCENES:
        yield Step(
            scene.name,
            scene.technique,
            scene.host,
            clock.iso(record.first[scene.name]),
            scene.description,
            scene.behaviour,
            tuple(sorted(record.traces[scene.name])),
        )


def _write_truth(
    options: RangeOptions, hosts: tuple[estate.Host, ...], steps: tuple[Step, ...], out: Path
) -> None:
    truth = {
        "kind": "truth",
        "seed": options.seed,
        "start": options.start.isoformat(),
        "days": options.days,
        "hosts": [{"name": h.name, "role": h.role, "address": h.address} for h in hosts],
        "steps": [asdict(step) for step in steps],
    }
    (out / TRUTH).write_bytes(orjson.dumps(truth, option=orjson.OPT_INDENT_2) + b"\n")


def _report(out: Path, record: _Record, steps: tuple[Step, ...]) -> RangeReport:
    written = [path for path in out.rglob("*") if path.is_file() and path.name != TRUTH]
    size = sum(path.stat().st_size for path in written)
    return RangeReport(out, len(written), record.events, size, steps)
