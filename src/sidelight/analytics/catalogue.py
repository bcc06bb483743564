"""Every analytic: what it is about, where it looks, what defeats it, where it is documented."""

from collections.abc import Mapping
from typing import Final

from sidelight.findings.finding import FindingClass
from sidelight.values import dataclass

_ATTACK: Final = "https://attack.mitre.org/techniques/"


@dataclass(frozen=True, slots=True)
class Analytic:
    """What an analytic says of itself.

    Args:
        id: stable.
        title: of findings that it alone speaks for.
        tags: as Sigma writes them, with the ids of today; old ids are aliases.
        looks_at: roles of events (`sidelight.analytics.columns`) of which it needs one.
        defeated_by: how an intruder gets past it.
        references: where the behaviour is publicly documented.
    """

    id: str
    title: str
    cls: FindingClass
    tags: tuple[str, ...]
    looks_at: tuple[str, ...]
    defeated_by: str
    references: tuple[str, ...]


def _sideload(name: str, title: str, looks_at: tuple[str, ...], defeated_by: str) -> Analytic:
    tags = (
        "attack.stealth",
        "attack.persistence",
        "attack.privilege-escalation",
        "attack.t1574.001",
    )
    return Analytic(
        f"sideload.{name}",
        title,
        "sideload",
        tags,
        looks_at,
        defeated_by,
        (f"{_ATTACK}T1574/001/",),
    )


def _memory(
    name: str, title: str, technique: str, looks_at: tuple[str, ...], defeated_by: str
) -> Analytic:
    tags = ("attack.stealth", "attack.privilege-escalation", f"attack.{technique}")
    page = technique.upper().replace(".", "/")
    return Analytic(
        f"memory.{name}", title, "memory", tags, looks_at, defeated_by, (f"{_ATTACK}{page}/",)
    )


def _host(name: str, cls: FindingClass, title: str, technique: str, defeated_by: str) -> Analytic:
    page = technique.upper().replace(".", "/")
    tags = ("attack.stealth", f"attack.{technique}")
    return Analytic(
        f"host.{name}", title, cls, tags, ("host",), defeated_by, (f"{_ATTACK}{page}/",)
    )


_ACCESSES: Final = (
    (
        "unbacked-caller",
        "A process opened by code no file holds",
        "t1055",
        "return addresses that are forged; calls through a thread pool",
    ),
    (
        "unbacked-frame",
        "A process opened on behalf of code no file holds",
        "t1055",
        "return addresses that are forged",
    ),
    (
        "unbacked-stub",
        "A process opened through a stub no file holds",
        "t1055",
        "return addresses that are forged; runtimes look alike",
    ),
    (
        "unbacked-beside-runtime",
        "A process opened by code no file holds, beside a runtime",
        "t1055",
        "code inside the runtime's own heaps",
    ),
    (
        "unbacked-syscall",
        "A process opened by a system call from memory",
        "t1106",
        "calls through the system's own library",
    ),
    (
        "direct-syscall",
        "A process opened by a system call past the system's library",
        "t1106",
        "calls through the system's own library",
    ),
    (
        "cut-trace",
        "A process opened by a caller that cannot be seen",
        "t1055",
        "a stack that can be walked",
    ),
    (
        "rights",
        "A process opened for injection by a program where users write",
        "t1055",
        "asking for all rights, as installers do; a program in a protected folder",
    ),
    (
        "imageless",
        "A process whose file is gone or replaced",
        "t1055",
        "a file that is put back before it is looked at",
    ),
)

_YARA: Final[tuple[tuple[str, FindingClass, str], ...]] = (
    ("file", "other", "A file that a YARA rule matches"),
    ("memory", "memory", "Memory that a YARA rule matches"),
)

ANALYTICS: Final[Mapping[str, Analytic]] = {
    analytic.id: analytic
    for analytic in (
        _sideload(
            "load",
            "A library that does not belong to the program that loads it",
            ("load",),
            "a library with the very signature of its program's vendor; loads that are not logged",
        ),
        _sideload(
            "planted",
            "A library written where a trusted program will find it",
            ("write", "share"),
            "writers that no log tells of; a file moved into place after it was created elsewhere",
        ),
        _sideload(
            "triad",
            "A trusted program beside a library that is not its vendor's",
            ("file",),
            "a library with the very signature of its program's vendor; a library or a program "
            "that lies in another folder",
        ),
        Analytic(
            "behaviour.connects",
            "A connection after something suspicious",
            "command-and-control",
            ("attack.command-and-control", "attack.t1071"),
            ("connect",),
            "work that is handed to another process",
            (f"{_ATTACK}T1071/",),
        ),
        Analytic(
            "behaviour.shell",
            "A shell after something suspicious",
            "execution",
            ("attack.execution", "attack.t1059"),
            ("start",),
            "commands that run inside the process",
            (f"{_ATTACK}T1059/",),
        ),
        _memory(
            "thread-unbacked",
            "A thread that runs code no file holds",
            "t1055.002",
            ("thread",),
            "callbacks and queued calls instead of new threads; a start inside a stomped module",
        ),
        _memory(
            "thread-loader",
            "A thread that makes another process load a library",
            "t1055.001",
            ("thread",),
            "mapping the library by hand",
        ),
        _memory(
            "thread-dropped",
            "A thread that starts in a file where users write",
            "t1055.001",
            ("thread",),
            "a file inside a protected folder",
        ),
        _memory(
            "clr",
            ".NET in a program that has no use for it",
            "t1055",
            ("load",),
            "a host that uses .NET by right",
        ),
        _memory(
            "powershell-engine",
            "PowerShell's engine outside PowerShell",
            "t1059.001",
            ("load",),
            "a host that embeds PowerShell by right; an engine loaded from bytes",
        ),
        *(
            _memory(f"access-{name}", title, technique, ("access",), defeated_by)
            for name, title, technique, defeated_by in _ACCESSES
        ),
        _host(
            "memory",
            "memory",
            "A process that runs code no file holds",
            "t1620",
            "code inside a mapped file; a trusted runtime in the same process",
        ),
        _host(
            "sideload",
            "sideload",
            "A process with a library from where it should not come",
            "t1574.006",
            "a library in a folder of the system that a package seems to own",
        ),
        _host(
            "stealth",
            "stealth",
            "A process that hides",
            "t1036",
            "a name that no daemon has, a folder that nobody else may write",
        ),
        Analytic(
            "dump.memory",
            "A Windows process that runs code no file holds",
            "memory",
            ("attack.stealth", "attack.privilege-escalation", "attack.t1055", "attack.t1620"),
            ("host",),
            "code inside a mapped file that is not at hand; a runtime in the same process",
            (f"{_ATTACK}T1055/", f"{_ATTACK}T1620/"),
        ),
        *(
            Analytic(
                f"yara.{name}",
                title,
                cls,
                (),
                ("match",),
                "bytes that are packed, encrypted or changed",
                ("https://virustotal.github.io/yara-x/",),
            )
            for name, cls, title in _YARA
        ),
        _host(
            "tree-sideload",
            "sideload",
            "A file of a Linux host that is loaded from where it should not be",
            "t1574.006",
            "a library in a folder of the system that a package seems to own",
        ),
        _host(
            "tree-stealth",
            "stealth",
            "A file of a Linux host that hides",
            "t1036",
            "a folder that nobody else may write, a name that listings show",
        ),
        _memory(
            "script",
            "A script or command line that runs code in memory",
            "t1620",
            ("script", "start", "service", "registry"),
            "texts that are decoded by what they download; script logging that is off",
        ),
    )
}
