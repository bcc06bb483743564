"""Beyond the first desk: poisoned names, sprayed passwords, scanned ports, a second desk."""

from typing import Final

from sidelight.training.range import layouts
from sidelight.training.range.clock import MINUTE, SECOND
from sidelight.training.range.estate import (
    BILLING,
    DC,
    JUMP,
    MEDIATION,
    NETBIOS,
    NOC,
    unmarked,
    vendor,
    windows,
)  # fmt: skip
from sidelight.training.range.foothold import FOLDER
from sidelight.training.range.journal import NO_GUID, SERVICES, Session
from sidelight.training.range.stage import Stage

RESPONDER: Final = unmarked(FOLDER + "gsync.exe")
SCANNER: Final = unmarked(FOLDER + "pchk.exe")
PRODUCT_FOLDER: Final = "C:\\ProgramData\\F-Secure\\"
PRODUCT: Final = vendor(
    PRODUCT_FOLDER + "fsstm.exe", "F-Secure Settings and Statistics", "F-Secure Corporation",
    "8.20.1.100", signer="F-Secure Corporation",
)  # fmt: skip
PRODUCT_LIBRARY: Final = unmarked(PRODUCT_FOLDER + "fspmapi.dll")
HOST: Final = windows("System32\\dllhost.exe", "COM Surrogate")
CONTROL: Final = "203.0.113.118"


def poison_names(stage: Stage, at: int) -> None:
    """Answer link-local names from the first desk; two others fall for it."""
    first = stage.desks["BILL-WS01"].machine
    tool = first.start(at, RESPONDER, f"{RESPONDER.path} -w -i {BILLING.address}",
                       stage.cast["host"], folder=FOLDER, integrity="High")  # fmt: skip
    for port in (5355, 137, 5353):
        first.connect(
            at + SECOND, tool, "224.0.0.252" if port == 5355 else "10.20.10.255", port, udp=True
        )
    for name in ("NOC-WS01", "ADM-WS01"):
        at += stage.rng.randrange(2 * MINUTE, 9 * MINUTE)
        desk = stage.desks[name]
        m = desk.machine
        m.resolve(at, desk.explorer, "filesrv0l", "")
        m.connect(at + SECOND, desk.network, "224.0.0.252", 5355, udp=True)
        user = desk.user.person
        m.log(
            at + 2 * SECOND, layouts.NTLM_SENT, "cifs/filesrv0l", user.name, NETBIOS, 4, "System",
            desk.user.logon, user.name, NETBIOS, "1.3.6.1.4.1.311.2.2.10",
        )  # fmt: skip
        m.log(
            at + 2 * SECOND, layouts.EXPLICIT_LOGON, *desk.user.subject(m.host), NO_GUID, user.name,
            NETBIOS, NO_GUID, "filesrv0l", "cifs/filesrv0l", 4, "System", BILLING.address, "445",
        )  # fmt: skip


_ACCOUNTS: Final = (
    "administrator", "adm.fono", "svc-ardent", "svc-sql", "l.tevita", "p.sione", "r.kalani",
    "h.nguyen", "d.rao", "y.lin", "a.siti", "j.cruz", "k.fono", "t.ioane",
)  # fmt: skip


def spray(stage: Stage, at: int) -> None:
    """Try one password on many accounts."""
    m = stage.desks["DC01"].machine
    for name in _ACCOUNTS:
        at += stage.rng.randrange(3 * SECOND, 11 * SECOND)
        m.log(
            at, layouts.CREDENTIALS, "MICROSOFT_AUTHENTICATION_PACKAGE_V1_0", name, "BILL-WS01",
            0xC000006A,
        )  # fmt: skip
        m.log(
            at + 1000, layouts.LOGON_FAILED, "S-1-0-0", "-", "-", 0, "S-1-0-0", name, NETBIOS,
            0xC000006D, "%%2313", 0xC000006A, 3, "NtLmSsp ", "NTLM", "BILL-WS01", "-", "-", 0, 0,
            "-", BILLING.address, str(stage.rng.randrange(49152, 65535)),
        )  # fmt: skip


_SCANNED: Final = (
    21, 22, 23, 25, 53, 80, 88, 110, 111, 135, 139, 143, 161, 389, 443, 445, 464, 514, 587, 636,
    993, 1433, 1521, 2049, 2123, 2905, 3268, 3306, 3389, 3868, 5060, 5432, 5900, 5985, 5986, 6379,
    8000, 8080, 8443, 9100, 9200, 9402, 10050, 27017,
)  # fmt: skip


def scan_ports(stage: Stage, at: int) -> None:
    """Connect to many ports of three servers."""
    m = stage.desks["BILL-WS01"].machine
    tool = m.start(at, SCANNER, f"{SCANNER.path} 10.20.1.10,10.20.5.5,10.20.40.8 -p 1-65535",
                   stage.cast["host"], folder=FOLDER)  # fmt: skip
    for host in (DC, JUMP, MEDIATION):
        for port in _SCANNED:
            at += stage.rng.randrange(SECOND // 20, SECOND // 2)
            m.connect(at, tool, host.address, port)
    m.end(at + SECOND, tool)


def copy_to_desk(stage: Stage, at: int) -> None:
    """Place the program and its library over a file share."""
    desk = stage.desks["NOC-WS01"]
    m = desk.machine
    session = m.logon(at, NOC.person, 3, BILLING.address, "BILL-WS01")
    subject = session.subject(m.host)
    share = ("\\\\*\\C$", "\\??\\C:\\")
    port = str(stage.rng.randrange(49152, 65535))
    m.log(at + SECOND, layouts.SHARE, *subject, "File", BILLING.address, port, *share, 0x1,
          "%%4416\r\n\t\t\t\t")  # fmt: skip
    kernel = m.process(at, windows("System32\\ntoskrnl.exe", "NT Kernel"), "", SERVICES, "System")
    for name in ("fsstm.exe", "fspmapi.dll", "settings.ax"):
        at += SECOND
        m.log(
            at, layouts.SHARE_FILE, *subject, "File", BILLING.address, port, *share,
            f"ProgramData\\F-Secure\\{name}", 0x2, "%%4417\r\n\t\t\t\t", "-",
        )  # fmt: skip
        m.write(at + 2000, kernel, PRODUCT_FOLDER + name)
    m.logoff(at + MINUTE, session, 3)


def run_product(stage: Stage, at: int) -> None:
    """Install a service that starts the genuine program."""
    desk = stage.desks["NOC-WS01"]
    m = desk.machine
    m.log(at, layouts.SERVICE_NEW, "F-Secure Statistics", PRODUCT.path, "user mode service",
          "auto start", "LocalSystem")  # fmt: skip
    key = "HKLM\\System\\CurrentControlSet\\Services\\F-Secure Statistics\\ImagePath"
    m.set_value(at + 5000, desk.services, key, PRODUCT.path)
    made = m.start(at + SECOND, PRODUCT, PRODUCT.path, desk.services)
    m.load(at + SECOND + 9000, made, PRODUCT)
    end = desk.load(at + SECOND + 20_000, made, common=5)
    m.load(end + SECOND // 9, made, PRODUCT_LIBRARY)
    stage.cast["product"] = made


def inject_second(stage: Stage, at: int) -> None:
    """Run the payload in a Windows program and let it talk."""
    desk = stage.desks["NOC-WS01"]
    m = desk.machine
    host = m.start(at, HOST, "C:\\Windows\\System32\\dllhost.exe", stage.cast["product"])
    stage.inject(desk, at + SECOND, stage.cast["product"], host)
    for _ in range(5):
        at += 7 * MINUTE
        m.connect(at, host, CONTROL, 8080)
    stage.cast["second"] = host
    desk.user = Session(NOC.person, desk.user.logon, 1)
