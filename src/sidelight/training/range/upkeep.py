"""What services and schedules do on the Windows hosts, day and night."""

from typing import Final

from sidelight.training.range import layouts, programs
from sidelight.training.range.clock import MINUTE, SECOND
from sidelight.training.range.desk import Desk
from sidelight.training.range.estate import BACKUP, DC, DOMAIN, Person
from sidelight.training.range.journal import NO_GUID

_SERVICE_GROUPS: Final = (
    "-k netsvcs -p -s wuauserv", "-k netsvcs -p -s BITS", "-k LocalService -p -s WdiServiceHost",
    "-k wsappx -p -s ClipSVC", "-k netsvcs -p -s Schedule", "-k UnistackSvcGroup -s CDPUserSvc",
)  # fmt: skip
_STATES: Final = ("running", "stopped")
_NAMES: Final = (
    "Windows Update", "Background Intelligent Transfer Service", "Network Setup Service",
    "Client License Service (ClipSVC)", "Windows Modules Installer", "Device Setup Manager",
)  # fmt: skip


def serve(desk: Desk, at: int) -> None:
    """Let Windows look after itself: a service begins and ends."""
    m, rng = desk.machine, desk.machine.rng
    group = rng.choice(_SERVICE_GROUPS)
    svchost = m.start(
        at, programs.SVCHOST, f"C:\\Windows\\System32\\svchost.exe {group}", desk.services
    )
    at = desk.load(at, svchost, common=4)
    name = rng.choice(_NAMES)
    for state in _STATES:
        m.log(at, layouts.SERVICE_STATE, name, state)
        at += rng.randrange(10 * SECOND, 5 * MINUTE)
    m.resolve(at, desk.network, f"_ldap._tcp.dc._msdcs.{DOMAIN}", DC.address)
    m.connect(at, desk.network, DC.address, rng.choice((53, 389)), udp=True)
    m.end(at, svchost)


_TASKS: Final = (
    ("\\Microsoft\\Windows\\Defrag\\ScheduledDefrag", programs.DEFRAG, "-c -h -o -$"),
    ("\\Microsoft\\Windows\\UpdateOrchestrator\\USO_UxBroker", programs.MOUSO, "-Embedding"),
    ("\\Microsoft\\Windows\\Shell\\IndexerAutomaticMaintenance", programs.TASKHOSTW, "KEYROAMING"),
    ("\\Microsoft\\Windows\\GroupPolicy\\Refresh", programs.GPUPDATE, "/target:computer"),
    (
        "\\Microsoft\\Windows\\AppxDeploymentClient\\Pre-staged",
        programs.BACKGROUND,
        "-ServerName:App",
    ),
)


def run_task(desk: Desk, at: int) -> None:
    """Run a scheduled task of Windows."""
    m, rng = desk.machine, desk.machine.rng
    name, program, arguments = rng.choice(_TASKS)
    instance = f"{{{rng.randrange(1 << 32):08X}-6C1D-4C0B-9B1E-{rng.randrange(1 << 48):012X}}}"
    m.log(at, layouts.TASK_STARTED, name, program.path, instance, 1344)
    made = m.start(at + 3000, program, f"{program.path.lower()} {arguments}", desk.svchost)
    at = desk.load(at, made) + rng.randrange(SECOND, MINUTE)
    m.set_value(
        at, desk.svchost,
        "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tasks\\"
        f"{instance}\\DynamicInfo",
        "Binary Data",
    )  # fmt: skip
    m.log(at, layouts.TASK_DONE, name, instance, program.path, 0, 1344)
    m.end(at, made)


_FRAMES: Final = (
    "C:\\Windows\\SYSTEM32\\ntdll.dll+9d8e4",
    "C:\\Windows\\System32\\KERNELBASE.dll+2c13e",
)
_TRACES: Final = tuple(
    "|".join((*_FRAMES, *rest))
    for rest in (
        ("C:\\Windows\\System32\\pcasvc.dll+1a5f2", "C:\\Windows\\SYSTEM32\\ntdll.dll+50b20"),
        (
            "C:\\Windows\\System32\\wbem\\cimwin32.dll+4f11",
            "C:\\Windows\\System32\\RPCRT4.dll+76f3",
        ),
        ("C:\\Windows\\System32\\lsm.dll+ee07", "C:\\Windows\\System32\\RPCRT4.dll+76f3"),
    )
)


def inspect(desk: Desk, at: int) -> None:
    """Let services and the virus scanner look at processes."""
    m, rng = desk.machine, desk.machine.rng
    trace = rng.choice(_TRACES)
    m.access(at, desk.svchost, desk.explorer, rng.choice((0x1000, 0x1400)), trace)
    m.access(at + 5_000, desk.svchost, desk.backup, 0x1000, trace)
    own = (f"{programs.DEFENDER_PATH}{name}" for name in ("MpSvc.dll+41c2", "MpClient.dll+9d01"))
    scan = "|".join((*_FRAMES, *own))
    m.access(at + 9_000, desk.defender, desk.explorer, 0x1000, scan)


def update_defender(desk: Desk, at: int) -> None:
    """Fetch signatures and scan."""
    m, rng = desk.machine, desk.machine.rng
    made = m.start(
        at, programs.DEFENDER_CLI, f'"{programs.DEFENDER_CLI.path}" SignatureUpdate -ScheduleJob',
        desk.svchost,
    )  # fmt: skip
    at = desk.load(at, made, *programs.DEFENDER_DLLS)
    m.resolve(at, made, "definitions.updates.example", "198.51.100.9")
    m.connect(at, made, "198.51.100.9", 443)
    build = rng.randrange(1000, 3000)
    head = ("Microsoft Defender Antivirus", "4.18.24050.7")
    m.log(
        at + 20 * SECOND, layouts.DEFENDER_UPDATED, *head, f"1.413.{build}.0",
        f"1.413.{build - 9}.0",
        "NT AUTHORITY", "SYSTEM", "S-1-5-18", "1", "AntiVirus", "2", "Delta", "1.1.24050.5",
        "1.1.24050.5",
    )  # fmt: skip
    m.log(
        at + 5 * MINUTE, layouts.DEFENDER_SCANNED, *head,
        f"{{{rng.randrange(1 << 32):08X}-93A0-4F3D-8B1C-0F1D2E3C4B5A}}", "1", "Antimalware", "1",
        "Quick Scan", "NT AUTHORITY", "SYSTEM", "S-1-5-18", "", "00", "04", "11",
    )  # fmt: skip
    m.end(at + 5 * MINUTE, made)


def back_up(desk: Desk, at: int) -> None:
    """Send changed files to the backup server."""
    m = desk.machine
    worker = m.start(
        at,
        programs.BACKUP,
        f'"{programs.BACKUP.path}" --job daily --host {m.host.name}',
        desk.backup,
    )
    at = desk.load(at, worker, *programs.BACKUP_DLLS)
    m.connect(at, worker, "10.20.1.40", 9402)
    session = m.logon(at, BACKUP, 3, "10.20.1.40")
    m.write(at + MINUTE, worker, "C:\\ProgramData\\Ardent\\catalog\\index.tmp")
    m.logoff(at + 4 * MINUTE, session, 3)
    m.end(at + 5 * MINUTE, worker)


def clean_hive(desk: Desk, at: int) -> None:
    """Let the kernel tidy a registry hive."""
    user = desk.user.person.name
    name = f"\\??\\C:\\Users\\{user}\\AppData\\Local\\Microsoft\\Windows\\UsrClass.dat"
    keys = desk.machine.rng.randrange(50, 4000)
    desk.machine.log(at, layouts.HIVE_CLEANED, len(name), name, keys, keys // 9)


def authenticate(desk: Desk, at: int) -> None:
    """Serve a ticket or two: what a domain controller does all day."""
    m, rng = desk.machine, desk.machine.rng
    who = rng.choice(("s.malia", "t.ioane", "k.fono", "BILL-WS01$", "NOC-WS01$", "JUMP01$"))
    address = rng.choice(("::ffff:10.20.10.21", "::ffff:10.20.20.31", "::ffff:10.20.30.11"))
    port = str(rng.randrange(49152, 65535))
    sid = Person(who, 1100 + len(who)).sid
    realm = DOMAIN.upper()
    m.log(
        at, layouts.TICKET, who, realm, sid, "krbtgt", sid, 0x40810010, 0, 0x12, "2", address, port,
        "", "", "",
    )  # fmt: skip
    m.log(
        at + 20_000, layouts.SERVICE_TICKET, f"{who}@{realm}", realm, "DC01$", sid, 0x40810000,
        0x12, address, port, 0, NO_GUID, "-",
    )  # fmt: skip
    session = m.logon(at + 30_000, Person(who, 1100 + len(who)), 3, address[7:])
    subject = session.subject(m.host)
    share = ("\\\\*\\SYSVOL", "\\??\\C:\\Windows\\SYSVOL\\sysvol", 0x1, "%%4416\r\n\t\t\t\t")
    m.log(at + 40_000, layouts.SHARE, *subject, "File", address[7:], port, *share)
    target = f"{DOMAIN}\\Policies\\{{31B2F340-016D-11D2-945F-00C04FB984F9}}\\gpt.ini"
    m.log(
        at + 50_000, layouts.SHARE_FILE, *subject, "File", address[7:], port, *share[:2], target,
        0x120089, "%%1538\r\n\t\t\t\t%%4416\r\n\t\t\t\t", "-",
    )  # fmt: skip
    m.logoff(at + rng.randrange(SECOND, 10 * SECOND), session, 3)
