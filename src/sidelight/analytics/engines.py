"""Runtimes in processes that have no business with them.

Log source: image loads. Technique: T1055 with T1620, T1059.001. What it catches: code that brings
.NET or PowerShell into a process it was injected into, or a loader that hosts them to run
assemblies from memory. Defeated by: hosts that use them by right.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from sidelight.analytics.estate import Estate, Load
from sidelight.analytics.known import programs
from sidelight.analytics.paths import PROTECTED, WRITABLE, Zone
from sidelight.analytics.sieve import RUNTIMES
from sidelight.analytics.suspicion import Reason, Suspicion

_ENGINE: Final = "system.management.automation."


def suspect_engines(estate: Estate) -> Iterator[Suspicion]:
    """Judge who loads .NET and PowerShell's engine."""
    for load in _united(estate.loads):
        if load.library.name.startswith(_ENGINE):
            yield from _engine(load, estate)
        else:
            yield from _clr(load)


def _united(loads: Iterable[Load]) -> Iterator[Load]:
    """Make one of loads of one runtime by one program, whoever is said to have signed it."""
    groups: dict[tuple[str, str, str], list[Load]] = {}
    for load in loads:
        if load.library.name in RUNTIMES:
            key = load.host, load.image.path, load.library.path
            groups.setdefault(key, []).append(load)
    for several in groups.values():
        rows = {row: None for load in several for row in load.rows}
        processes = dict.fromkeys(process for load in several for process in load.processes)
        first = sorted(rows, key=lambda row: (row.time, row.source, row.record))
        yield replace(several[0], rows=tuple(first), processes=tuple(processes))


def _clr(load: Load) -> Iterator[Suspicion]:
    image = load.image
    if image.name not in programs("without-dotnet") or image.zone not in PROTECTED:
        return
    text = f"{image.file} does its work without .NET, and loaded {load.library.file}."
    reasons = [Reason(50, text, load.rows)]
    if image.name == "svchost.exe":
        reasons.append(Reason(-20, "A few services of Windows do use .NET.", load.rows))
    yield _suspicion("memory.clr", f"{image.file} loads the .NET runtime", load, reasons)


def _engine(load: Load, estate: Estate) -> Iterator[Suspicion]:
    image = load.image
    if image.name in programs("powershell-hosts") and image.zone in PROTECTED | {Zone.NOWHERE}:
        return
    text = f"{image.file} is not PowerShell, and loaded its engine, {load.library.file}."
    if image.zone in WRITABLE:
        reasons = [Reason(45, text, load.rows)]
        reasons.append(Reason(5, f"It runs from {image.where}, where users write.", load.rows))
    elif image.zone is Zone.PROGRAMS:
        reasons = [Reason(20, text, load.rows)]
    else:
        reasons = [Reason(50, text, load.rows)]
    if image.name in programs("powershell-products") and image.zone in PROTECTED:
        reasons.append(Reason(-20, f"Products of Microsoft run in {image.file}.", load.rows))
    host = estate.self_of(load)
    if host is not None and host.signed is False:
        reasons.append(Reason(10, f"{image.file} is not signed.", load.rows, (host.cited,)))
    elif host is not None and host.trusted and image.zone is not Zone.SYSTEM:
        by = f" by {host.signer}" if host.signer else ""
        text = f"{image.file} is signed{by}; administration tools embed PowerShell."
        reasons.append(Reason(-15, text, load.rows, (host.cited,)))
    title = f"{image.file} runs PowerShell's engine"
    yield _suspicion("memory.powershell-engine", title, load, reasons)


def _suspicion(analytic: str, title: str, load: Load, reasons: list[Reason]) -> Suspicion:
    return Suspicion(
        analytic=analytic,
        cls="memory",
        title=title,
        host=load.spelled,
        actors=load.processes,
        things=(),
        reasons=tuple(reasons),
        refute=(f"Ask whether a product on this host plugs itself into {load.image.file}.",),
        image=load.image.path,
    )
