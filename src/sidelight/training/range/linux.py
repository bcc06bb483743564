"""The mediation server: Linux, with audit, Sysmon and the usual syslog."""

import random
from collections.abc import Sequence
from dataclasses import field
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from sidelight.training.range import clock
from sidelight.training.range.clock import MINUTE, SECOND
from sidelight.training.range.estate import ADMIN_DESK, NOC, Host
from sidelight.values import dataclass

AUDIT: Final = "audit.log"
AUTH: Final = "auth.log"
SYSLOG: Final = "syslog"


class Entry(NamedTuple):
    """Lines that one event leaves in one file; *order* breaks ties of *at*."""

    at: int
    order: int
    file: str
    lines: tuple[str, ...]
    channel: str
    event_id: str
    step: str


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs a command: the account, the one that logged on, the session."""

    name: str
    uid: int
    login: int = 4294967295
    session: int = 4294967295


ROOT: Final = Account("root", 0)


@dataclass(slots=True)
class Server:
    """A Linux host and what it has logged that is not on disk yet."""

    host: Host
    rng: random.Random
    pending: list[Entry] = field(default_factory=list)
    step: str = ""
    logged: int = 0
    serial: int = 1000

    def log(self, at: int, file: str, lines: Sequence[str], channel: str, event_id: str) -> None:
        """Let the host log an event at *at*."""
        self.logged += 1
        self.pending.append(
            Entry(at, self.logged, file, tuple(lines), channel, event_id, self.step)
        )

    def say(self, at: int, file: str, program: str, text: str) -> None:
        """Write a syslog line; *program* may carry a process id."""
        stamp = f"{clock.iso(at)[:-1]}000+00:00"
        service = program.partition("[")[0]
        self.log(at, file, (f"{stamp} {self.host.name} {program}: {text}",), service.lower(), "")

    def run(
        self, at: int, by: Account, exe: str, arguments: Sequence[str], folder: str = "/"
    ) -> int:
        """Run a program, as audit and Sysmon see it; give its process id."""
        self.serial += 1
        pid, parent = self.rng.randrange(2000, 60000), self.rng.randrange(1000, 2000)
        head = f"node={self.host.name} "
        stamp = f"msg=audit({clock.unix(at):.3f}:{self.serial}):"
        name = exe.rpartition("/")[2]
        words = " ".join(f'a{at}="{word}"' for at, word in enumerate(arguments))
        title = "\0".join(arguments).encode().hex().upper()
        uids = " ".join(f"{key}={by.uid}" for key in _UIDS)
        self.log(
            at,
            AUDIT,
            (
                f"{head}type=SYSCALL {stamp} arch=c000003e syscall=59 success=yes exit=0 "
                f"a0=55d0c0ffee a1=55d0c0ff0e a2=55d0c0f0f0 a3=8 items=2 ppid={parent} pid={pid} "
                f"auid={by.login} {uids} tty=(none) ses={by.session} "
                f'comm="{name[:15]}" exe="{exe}" subj=unconfined key="exec"',
                f"{head}type=EXECVE {stamp} argc={len(arguments)} {words}",
                f'{head}type=CWD {stamp} cwd="{folder}"',
                f'{head}type=PATH {stamp} item=0 name="{exe}" inode={self.rng.randrange(1 << 20)} '
                "dev=fd:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL",
                f"{head}type=PROCTITLE {stamp} proctitle={title}",
            ),
            "auditd",
            "",
        )
        self._sysmon(at, by, pid, parent, exe, " ".join(arguments), folder)
        return pid

    def _sysmon(  # noqa: PLR0913
        self, at: int, by: Account, pid: int, parent: int, exe: str, command: str, folder: str
    ) -> None:
        data = {
            "RuleName": "-",
            "UtcTime": clock.text(at),
            "ProcessGuid": f"{{00000000-{pid:04x}-0000-0000-{self.serial:012x}}}",
            "ProcessId": str(pid),
            "Image": exe,
            "CommandLine": command,
            "CurrentDirectory": folder,
            "User": by.name,
            "LogonId": str(by.uid),
            "TerminalSessionId": "0" if by.session == ROOT.session else str(by.session),
            "IntegrityLevel": "no level",
            "ParentProcessId": str(parent),
            "ParentImage": "/usr/bin/bash",
            "ParentCommandLine": "-bash",
            "ParentUser": by.name,
        }
        body = "".join(f'<Data Name="{key}">{escape(value)}</Data>' for key, value in data.items())
        event = (
            '<Event><System><Provider Name="Linux-Sysmon" '
            'Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/><EventID>1</EventID><Version>5</Version>'
            "<Level>4</Level><Task>1</Task><Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords>"
            f'<TimeCreated SystemTime="{clock.iso(at)}"/><EventRecordID>{self.serial}'
            '</EventRecordID><Correlation/><Execution ProcessID="811" ThreadID="811"/>'
            f"<Channel>Linux-Sysmon/Operational</Channel><Computer>{self.host.name}</Computer>"
            f'<Security UserId="0"/></System><EventData>{body}</EventData></Event>'
        )
        stamp = f"{clock.iso(at)[:-1]}000+00:00"
        line = f"{stamp} {self.host.name} sysmon: {event}"
        self.log(at, SYSLOG, (line,), "Linux-Sysmon/Operational", "1")

    def accept(self, at: int, user: str, address: str, session: int, *, key: bool = True) -> None:
        """Let somebody in through secure shell."""
        port = self.rng.randrange(40000, 65000)
        how = "publickey" if key else "password"
        tail = ": ED25519 SHA256:Qm9ndXNLZXlGb3JUaGVSYW5nZU9ubHkwMDAw" if key else ""
        daemon = f"sshd[{port // 2}]"
        self.say(
            at, AUTH, daemon, f"Accepted {how} for {user} from {address} port {port} ssh2{tail}"
        )
        text = f"pam_unix(sshd:session): session opened for user {user}(uid=1001) by (uid=0)"
        self.say(at + 20_000, AUTH, daemon, text)
        self.say(at + 30_000, AUTH, "systemd-logind[702]", f"New session {session} of user {user}.")


_UIDS: Final = ("uid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid")


def collect_records(server: Server, at: int) -> None:
    """Run the mediation job that cron starts."""
    server.say(
        at, SYSLOG, f"CRON[{server.rng.randrange(900, 60000)}]",
        "(mediation) CMD (/opt/mediation/bin/collect --all)",
    )  # fmt: skip
    by = Account("mediation", 1001)
    day = clock.text(at)[:10].replace("-", "")
    commands = (
        ("/usr/bin/dash", ("sh", "-c", "/opt/mediation/bin/collect --all")),
        ("/opt/mediation/bin/collect", ("collect", "--all")),
        ("/usr/bin/gzip", ("gzip", f"/data/cdr/in/{day}-{server.rng.randrange(1 << 20):05x}.cdr")),
    )
    for exe, arguments in commands:
        server.run(at, by, exe, arguments, "/opt/mediation")
        at += server.rng.randrange(SECOND // 20, 4 * SECOND)


def maintain(server: Server, at: int) -> None:
    """Rotate logs, look at disks: what the system itself does."""
    exe, *arguments = server.rng.choice(_CHORES)
    server.run(at, ROOT, exe, (exe.rpartition("/")[2], *arguments))
    server.say(at, SYSLOG, "systemd[1]", f"Started {exe.rpartition('/')[2]}.service.")


_CHORES: Final = (
    ("/usr/sbin/logrotate", "/etc/logrotate.conf"),
    ("/usr/bin/df", "-h"),
    ("/usr/bin/find", "/data/cdr/out", "-mtime", "+14"),
    ("/usr/lib/apt/apt.systemd.daily", "update"),
    ("/usr/bin/python3", "/opt/mediation/bin/kpi.py"),
)


def operate(server: Server, at: int) -> None:
    """Let an engineer log in, look around and leave."""
    session = server.rng.randrange(20, 900)
    address = server.rng.choice((NOC.address, ADMIN_DESK.address))
    server.accept(at, "mediation", address, session)
    by = Account("mediation", 1001, 1001, session)
    for exe, *arguments in server.rng.sample(_LOOKS, 3):
        at += server.rng.randrange(3 * SECOND, MINUTE)
        server.run(at, by, exe, (exe.rpartition("/")[2], *arguments), "/home/mediation")
    if server.rng.random() < 0.4:
        at += SECOND
        text = (
            "mediation : TTY=pts/0 ; PWD=/home/mediation ; USER=root ; "
            "COMMAND=/usr/bin/systemctl status mediation"
        )
        server.say(at, AUTH, "sudo", text)
        server.run(at, Account("root", 0, 1001, session), "/usr/bin/systemctl",
                   ("systemctl", "status", "mediation"), "/home/mediation")  # fmt: skip
    at += MINUTE
    server.say(
        at,
        AUTH,
        f"sshd[{session * 7}]",
        "pam_unix(sshd:session): session closed for user mediation",
    )


_LOOKS: Final = (
    ("/usr/bin/ls", "-l", "/data/cdr/in"),
    ("/usr/bin/tail", "-n", "50", "/opt/mediation/log/collect.log"),
    ("/usr/bin/less", "/opt/mediation/etc/routes.conf"),
    ("/usr/bin/uptime",),
    ("/usr/bin/grep", "-c", "ERROR", "/opt/mediation/log/collect.log"),
)

CHORES: Final = ((collect_records, 8), (maintain, 5), (operate, 2))
"""What happens on the server, and how often."""
