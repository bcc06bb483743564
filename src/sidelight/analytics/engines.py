"""Runtimes in processes that have no business with them.

Log source: image loads. Technique: T1055 with T1620, T1059.001. What it catches: code that brings
.NET or PowerShell into a process it was injected into, or a loader that hosts them to run
assemblies from memory. Defeated by: hosts that use them by right.
"""

from collections.abc import Iterator
from typing import Final

from sidelight.analytics.estate import Estate, Load
from sidelight.analytics.paths import PROTECTED, WRITABLE, Zone
from sidelight.analytics.suspicion import Reason, Suspicion

_CLR: Final = frozenset({"clr.dll", "mscorwks.dll", "coreclr.dll", "mscorsvr.dll"})
_ENGINE: Final = ("system.management.automation.dll", "system.management.automation.ni.dll")

_NEVER: Final = frozenset(
    """at.exe calc.exe charmap.exe cmd.exe conhost.exe csrss.exe ctfmon.exe dwm.exe fontdrvhost.exe
    hh.exe lsass.exe lsm.exe mspaint.exe msdtc.exe mshta.exe notepad.exe regsvr32.exe scrcons.exe
    searchindexer.exe services.exe smartscreen.exe smss.exe spoolsv.exe sethc.exe svchost.exe
    userinit.exe utilman.exe werfault.exe wermgr.exe wininit.exe winlogon.exe wordpad.exe
    write.exe wscript.exe cscript.exe wuauclt.exe wmic.exe certutil.exe cmstp.exe""".split()
)
"""Programs of Windows that do their work without .NET."""

_HOSTS: Final = frozenset(
    """powershell.exe powershell_ise.exe pwsh.exe wsmprovhost.exe sdiagnhost.exe wmiprvse.exe
    mmc.exe servermanager.exe sqlps.exe runscripthelper.exe ngen.exe ngentask.exe mscorsvw.exe
    dsac.exe taskhostw.exe syncappvpublishingserver.exe winrshost.exe""".split()
)
"""Programs of Windows that hold PowerShell's engine by right."""


def suspect_engines(estate: Estate) -> Iterator[Suspicion]:
    """Judge who loads .NET and PowerShell's engine."""
    for load in estate.loads:
        if load.library.name in _CLR:
            yield from _clr(load)
        elif load.library.name in _ENGINE:
            yield from _engine(load, estate)


def _clr(load: Load) -> Iterator[Suspicion]:
    image = load.image
    if image.name not in _NEVER or image.zone not in PROTECTED:
        return
    text = f"{image.name} does its work without .NET, and loaded {load.library.name}."
    reasons = [Reason(50, text, (load.cited,))]
    if image.name == "svchost.exe":
        reasons.append(Reason(-20, "A few services of Windows do use .NET.", (load.cited,)))
    yield _suspicion("memory.clr", f"{image.name} loads the .NET runtime", load, reasons)


def _engine(load: Load, estate: Estate) -> Iterator[Suspicion]:
    image = load.image
    if image.name in _HOSTS and image.zone in PROTECTED | {Zone.NOWHERE}:
        return
    text = f"{image.name} is not PowerShell, and loaded its engine, {load.library.name}."
    if image.zone in WRITABLE:
        reasons = [Reason(45, text, (load.cited,))]
        reasons.append(Reason(5, f"It runs from {image.folder}, where users write.", (load.cited,)))
    elif image.zone is Zone.PROGRAMS:
        reasons = [Reason(20, text, (load.cited,))]
    else:
        reasons = [Reason(50, text, (load.cited,))]
    host = estate.self_of(load)
    if host is not None and host.signed is False:
        reasons.append(Reason(10, f"{image.name} is not signed.", (host.cited, load.cited)))
    elif host is not None and host.trusted and image.zone is not Zone.SYSTEM:
        text = f"{image.name} is signed by {host.signer}; administration tools embed PowerShell."
        reasons.append(Reason(-15, text, (host.cited, load.cited)))
    title = f"{image.name} runs PowerShell's engine"
    yield _suspicion("memory.powershell-engine", title, load, reasons)


def _suspicion(analytic: str, title: str, load: Load, reasons: list[Reason]) -> Suspicion:
    return Suspicion(
        analytic=analytic,
        cls="memory",
        title=title,
        host=load.host,
        actors=load.processes,
        things=(),
        reasons=tuple(reasons),
        refute=(f"Ask whether a product on this host plugs itself into {load.image.name}.",),
        image=load.image.path,
    )
