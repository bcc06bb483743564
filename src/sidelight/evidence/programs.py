"""Messages of Linux programs as events of Sigma's linux services."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from sidelight.schema import Event, Kind

SERVICES: Final[Mapping[str, str]] = {
    "sshd": "sshd",
    "sshd-session": "sshd",
    "sshd-auth": "sshd",
    "sudo": "sudo",
    "su": "su",
    "cron": "cron",
    "crond": "cron",
    "crontab": "cron",
    "anacron": "cron",
    "clamd": "clamav",
    "clamav": "clamav",
    "clamscan": "clamav",
    "clamonacc": "clamav",
    "freshclam": "clamav",
    "guacd": "guacamole",
    "guacamole": "guacamole",
    "vsftpd": "vsftpd",
    "modsecurity": "modsecurity",
    "login": "auth",
    "passwd": "auth",
    "chpasswd": "auth",
    "chage": "auth",
    "useradd": "auth",
    "usermod": "auth",
    "userdel": "auth",
    "groupadd": "auth",
    "groupmod": "auth",
    "groupdel": "auth",
    "gpasswd": "auth",
    "newusers": "auth",
    "pkexec": "auth",
    "polkitd": "auth",
    "polkit-agent-helper-1": "auth",
    "systemd-logind": "auth",
    "gdm-password": "auth",
    "unix_chkpwd": "auth",
}
"""Program -> Sigma's service; every other program writes to ``syslog``."""

AUTH_FACILITIES: Final = frozenset({4, 10})
"""security/authorization messages (RFC 5424, 6.2.1, table 1)."""

_KINDS: Final = {name: Kind("linux", name) for name in {*SERVICES.values(), "auth", "syslog"}}

_SSHD: Final = re.compile(
    r"(?P<action>Accepted|Failed|Invalid user|Connection closed by|Disconnected from|"
    r"Received disconnect from)(?: (?P<method>\S+) for)?(?: invalid user)?"
    r"(?: (?:authenticating )?(?:user )?(?P<user>\S+))??(?: from)? "
    r"(?P<src_ip>[0-9A-Fa-f.:]{3,45}) port (?P<src_port>\d{1,5})"
)
_SUDO: Final = re.compile(r"\s*(?P<ruser>\S+) : (?P<rest>.*)", re.DOTALL)
_SUDO_PAIR: Final = re.compile(r"(?:^| ; )(TTY|PWD|USER|GROUP|ENV|TSID|COMMAND)=")
_SU: Final = re.compile(r"\(to (?P<user>\S+)\) (?P<ruser>\S+) on (?P<tty>\S+)")
_CRON: Final = re.compile(r"\((?P<user>[^()\s]+)\) (?P<action>[A-Z ]+) \((?P<command>.*)\)")
_PAM: Final = re.compile(
    r"pam_\w+\((?P<pam_service>[^:)]+):(?P<pam_type>[^)]+)\): session (?P<action>opened|closed)"
    r" for user (?P<user>[^\s(]+)"
)
_SHELL: Final = re.compile(r"\[(?P<User>[^\]\s]+)\]: (?P<CommandLine>.+)", re.DOTALL)


def interpret(program: str, message: str, facility: int = -1) -> tuple[Kind, Event]:
    """Give the kind and fields of what a Linux program logged.

    Args:
        program: its syslog tag or SYSLOG_IDENTIFIER, with or without a path.
        message: what it said, without any header.
        facility: of syslog; decides for programs nobody knows. -1 where not known.

    The fields always hold ``program`` and ``message``; `SERVICES` decides the service, and
    what is parsed out of the message comes beside it under the names it has there.
    """
    name = program.lower() if "/" not in program else program.rpartition("/")[2].lower()
    event: Event = {"program": program, "message": message}
    if name == "shell" and (found := _SHELL.fullmatch(message)):
        return _esxi(event, found["User"], found["CommandLine"])
    service = SERVICES.get(name)
    if service is None:
        service = "auth" if facility in AUTH_FACILITIES else "syslog"
        return _KINDS[service], event
    if "pam_" in message and (found := _PAM.match(message)):
        event.update(found.groupdict())
    elif parse := _PARSERS.get(service):
        parse(message, event)
    return _KINDS[service], event


def _esxi(event: Event, user: str, command: str) -> tuple[Kind, Event]:
    # The shell of ESXi logs what was typed; its commands are all links in /bin.
    word = command.split(maxsplit=1)[0] if command.strip() else ""
    event |= {"User": user, "CommandLine": command}
    if word:
        event["Image"] = word if "/" in word else f"/bin/{word}"
    return Kind("linux", "esxi-shell", "", "process_creation"), event


def _matched(pattern: re.Pattern[str]) -> Callable[[str, Event], None]:
    def parse(message: str, event: Event) -> None:
        if found := pattern.search(message):
            event.update((name, text) for name, text in found.groupdict().items() if text)

    return parse


def _sudo(message: str, event: Event) -> None:
    found = _SUDO.fullmatch(message)
    if found is None:
        return
    event["ruser"] = found["ruser"]
    # The command is last and may hold anything, even what looks like another pair.
    parts = _SUDO_PAIR.split(found["rest"], maxsplit=7)
    if parts[0]:
        event["action"] = parts[0].strip(" ;")
    for position in range(1, len(parts) - 1, 2):
        if parts[position] == "COMMAND":
            event["COMMAND"] = found["rest"].partition("COMMAND=")[2]
            break
        event[parts[position]] = parts[position + 1]


_PARSERS: Final[Mapping[str, Callable[[str, Event], None]]] = {
    "sshd": _matched(_SSHD),
    "sudo": _sudo,
    "su": _matched(_SU),
    "cron": _matched(_CRON),
}
