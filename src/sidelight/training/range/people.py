"""What people do at their desks on an ordinary day."""

from typing import Final

from sidelight.training.range import layouts, programs
from sidelight.training.range.clock import MINUTE, SECOND
from sidelight.training.range.desk import Desk
from sidelight.training.range.estate import DOMAIN, MEDIATION, NETBIOS, unmarked, windows
from sidelight.training.range.journal import SERVICES

_SITES: Final = (
    ("news.islandpost.example", "203.0.113.20"),
    ("webmail.pacific-mobile.example", "10.20.1.25"),
    ("static.fastcdn.example", "198.51.100.77"),
    ("tracker.shipments.example", "203.0.113.91"),
    ("intranet.pacific-mobile.example", "10.20.1.30"),
    ("wiki.pacific-mobile.example", "10.20.1.31"),
    ("weather.example", "198.51.100.12"),
    ("bank.example", "203.0.113.150"),
)


def browse(desk: Desk, at: int) -> None:
    """Read a few pages."""
    m, rng = desk.machine, desk.machine.rng
    program, own = rng.choice(
        ((programs.EDGE, programs.EDGE_DLL), (programs.FIREFOX, programs.FIREFOX_DLL))
    )
    if program is programs.EDGE:
        client = rng.randrange(5, 900)
        command = f'"{program.path}" --type=renderer --lang=en-US --renderer-client-id={client}'
    else:
        command = f'"{program.path}" -contentproc --channel={rng.randrange(1000, 99999)} tab'
    browser = m.start(at, program, command, desk.explorer, folder="C:\\")
    at = desk.load(at, browser, own)
    for name, address in rng.sample(_SITES, 3):
        at += rng.randrange(SECOND // 10, 20 * SECOND)
        m.resolve(at, browser, name, address)
        m.connect(at + 40_000, browser, address, 443, name=name)
    user = desk.user.person.name
    cache = f"C:\\Users\\{user}\\AppData\\Local\\Microsoft\\Edge\\User Data\\Default\\Cache\\f_"
    m.write(at, browser, f"{cache}{rng.randrange(1 << 24):06x}")
    m.end(at + rng.randrange(MINUTE, 9 * MINUTE), browser)


_DOCUMENTS: Final = (
    "roaming-settlement",
    "site-list",
    "tariffs-q2",
    "shift-plan",
    "minutes",
    "kpi",
)


def edit_document(desk: Desk, at: int) -> None:
    """Open a document, save it, close it."""
    m, rng = desk.machine, desk.machine.rng
    program, ending = rng.choice(((programs.WORD, "docx"), (programs.EXCEL, "xlsx")))
    user = desk.user.person.name
    folder = f"C:\\Users\\{user}\\Documents\\"
    document = f"{rng.choice(_DOCUMENTS)}-{rng.randrange(1, 60)}.{ending}"
    office = m.start(
        at, program, f'"{program.path}" /n "{folder}{document}" /o ""', desk.explorer, folder=folder
    )
    at = desk.load(at, office, *programs.OFFICE_DLLS[:2])
    m.write(at + SECOND, office, f"{folder}~${document[2:]}")
    kind = program.description.rpartition(" ")[2]
    m.set_value(
        at + SECOND, office,
        f"HKU\\{desk.user.sid}\\SOFTWARE\\Microsoft\\Office\\16.0\\{kind}\\Place MRU\\"
        f"Item {rng.randrange(1, 9)}",
        f"[F00000000][T01DAB{rng.randrange(1 << 44):011X}][O00000000]*{folder}",
    )  # fmt: skip
    at += rng.randrange(MINUTE, 15 * MINUTE)
    m.write(at, office, f"{folder}{document}")
    m.end(at + 20 * SECOND, office)


def read_mail(desk: Desk, at: int) -> None:
    """Fetch mail."""
    m = desk.machine
    mail = m.start(at, programs.OUTLOOK, f'"{programs.OUTLOOK.path}"', desk.explorer, folder="C:\\")
    at = desk.load(at, mail, *programs.OFFICE_DLLS)
    m.resolve(at, mail, f"webmail.{DOMAIN}", "10.20.1.25")
    m.connect(at + 50_000, mail, "10.20.1.25", 443, name=f"webmail.{DOMAIN}")
    m.end(at + 8 * MINUTE, mail)


def chat(desk: Desk, at: int) -> None:
    """Let the chat program look for an update, from the user's own folder."""
    m, user = desk.machine, desk.user.person.name
    update = programs.chatter(user, "Update.exe")
    made = m.start(
        at, update, f'"{update.path}" --checkForUpdate https://updates.chatter.example/win64',
        desk.explorer, folder=update.path[: -len("Update.exe")],
    )  # fmt: skip
    at = desk.load(at, made, *programs.CLR_DLLS)
    m.resolve(at, made, "updates.chatter.example", "198.51.100.140")
    m.connect(at + 60_000, made, "198.51.100.140", 443, name="updates.chatter.example")
    m.end(at + 9 * SECOND, made)


def rate_calls(desk: Desk, at: int) -> None:
    """Run the home-made tariff program, which nobody ever signed."""
    m, rng = desk.machine, desk.machine.rng
    batch = f"D:\\cdr\\in\\{rng.randrange(1 << 32):08x}.cdr"
    rater = m.start(
        at, programs.RATER, f"C:\\Rater\\rater.exe -b {batch}", desk.explorer, folder="C:\\Rater\\"
    )
    at = desk.load(at, rater, *programs.RATER_DLLS, common=2)
    m.connect(at, rater, MEDIATION.address, 8443)
    m.write(at + 30 * SECOND, rater, batch.replace("\\in\\", "\\out\\"))
    m.end(at + 40 * SECOND, rater)


def watch_network(desk: Desk, at: int) -> None:
    """Use the operations console, an unsigned .NET program, and a terminal."""
    m, rng = desk.machine, desk.machine.rng
    console = m.start(
        at, programs.NETVIEW, f'"{programs.NETVIEW.path}" /region {rng.randrange(1, 9)}',
        desk.explorer, folder="C:\\Program Files\\NetView OSS\\",
    )  # fmt: skip
    at = desk.load(at, console, *programs.CLR_DLLS, *programs.NETVIEW_DLLS, common=2)
    m.connect(at, console, MEDIATION.address, 8443)
    if rng.random() < 0.3:
        terminal = m.start(
            at + MINUTE, programs.PUTTY, f'"{programs.PUTTY.path}" -load med01', desk.explorer,
            folder="C:\\",
        )  # fmt: skip
        m.connect(at + MINUTE, terminal, MEDIATION.address, 22)
        m.end(at + 9 * MINUTE, terminal)
    m.end(at + rng.randrange(5 * MINUTE, 30 * MINUTE), console)


def report_in_python(desk: Desk, at: int) -> None:
    """Make the availability report."""
    m = desk.machine
    python = m.start(
        at, programs.PYTHON,
        f'"{programs.PYTHON.path}" "C:\\Program Files\\NetView OSS\\reports\\availability.py" '
        f"--day {m.rng.randrange(1, 29)}",
        desk.explorer,
    )  # fmt: skip
    at = desk.load(at, python, *programs.PYTHON_DLLS, common=2)
    m.write(
        at + 3 * SECOND, python, f"D:\\reports\\availability-{m.rng.randrange(1 << 24):06x}.csv"
    )
    m.end(at + 4 * SECOND, python)


_SCRIPTS: Final = (
    "Get-ADUser -Filter * -Properties LastLogonDate | Export-Csv D:\\reports\\users.csv",
    "Get-Service | Where-Object Status -eq 'Stopped' | Sort-Object DisplayName",
    "Get-EventLog -LogName System -EntryType Error -Newest 20",
    "Test-Connection -ComputerName MED01 -Count 2",
    "Get-ChildItem D:\\cdr\\out | Measure-Object -Property Length -Sum",
    "Restart-Service -Name Spooler",
)


def administer(desk: Desk, at: int) -> None:
    """Run a line of PowerShell."""
    m, rng = desk.machine, desk.machine.rng
    shell = m.start(at, programs.POWERSHELL, "powershell.exe -NoLogo", desk.explorer)
    at = desk.load(at, shell, *programs.CLR_DLLS, common=2)
    m.script(at + SECOND, rng.choice(_SCRIPTS))
    m.end(at + 30 * SECOND, shell)


def use_portable_tool(desk: Desk, at: int) -> None:
    """Run a small unsigned program straight from the downloads: harmless, and it looks odd."""
    m, user = desk.machine, desk.user.person.name
    folder = f"C:\\Users\\{user}\\Downloads\\unit-converter\\"
    tool = m.start(
        at, unmarked(folder + "converter.exe"), f'"{folder}converter.exe"', desk.explorer,
        folder=folder,
    )  # fmt: skip
    at = desk.load(at, tool, unmarked(folder + "units.dll"), common=2)
    m.end(at + MINUTE, tool)


_QUESTIONS: Final = ("whoami /groups", "net group helpdesk /domain", "ipconfig /all", "quser")


def ask_around(desk: Desk, at: int) -> None:
    """Look into a colleague's trouble, with the commands that an intruder would use as well."""
    m = desk.machine
    shell = m.start(at, programs.CMD, '"C:\\Windows\\system32\\cmd.exe"', desk.explorer)
    for command in _QUESTIONS:
        at += m.rng.randrange(5 * SECOND, 40 * SECOND)
        name = command.partition(" ")[0]
        tool = windows(f"System32\\{name}.exe", f"{name} utility")
        m.end(at + SECOND, m.start(at, tool, command, shell))
    m.end(at + MINUTE, shell)


def hop(desk: Desk, at: int) -> None:
    """Go to a server through remote desktop or secure shell, for a while."""
    m = desk.machine
    session = m.logon(at, desk.user.person, 10, "10.20.30.11", "ADM-WS01")
    m.log(at, layouts.RDP_AUTHENTICATED, desk.user.person.name, NETBIOS, "10.20.30.11")
    m.log(at + SECOND, layouts.SESSION_ON, desk.user.person.full, 3, "10.20.30.11")
    clip = m.start(at + 2 * SECOND, programs.RDPCLIP, "rdpclip", desk.svchost, session=session)
    end = at + m.rng.randrange(10 * MINUTE, 50 * MINUTE)
    m.end(end, clip)
    m.log(end, layouts.SESSION_OFF, desk.user.person.full, 3, "10.20.30.11")
    m.logoff(end, session, 10)


def begin_day(desk: Desk, at: int) -> None:
    """Log on in the morning."""
    m = desk.machine
    desk.user = m.logon(at, m.host.person, 2, "127.0.0.1", m.host.name)
    init = m.start(
        at + SECOND, programs.USERINIT, "C:\\Windows\\system32\\userinit.exe", desk.winlogon,
        session=desk.user, integrity="Medium",
    )  # fmt: skip
    desk.explorer = m.start(at + 2 * SECOND, programs.EXPLORER, "C:\\Windows\\Explorer.EXE", init)
    desk.load(at + 3 * SECOND, desk.explorer, common=9)
    m.end(at + 30 * SECOND, init)


def mistype(desk: Desk, at: int) -> None:
    """Get the password wrong once."""
    m = desk.machine
    m.log(
        at, layouts.LOGON_FAILED, *SERVICES.subject(m.host), "S-1-0-0", desk.user.person.name,
        NETBIOS, 0xC000006D, "%%2313", 0xC000006A, 2, "User32 ", "Negotiate", m.host.name, "-", "-",
        0, 0x2F8, "C:\\Windows\\System32\\svchost.exe", "127.0.0.1", "0",
    )  # fmt: skip
