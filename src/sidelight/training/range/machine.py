"""A Windows host that logs what its programs do."""

from typing import Final

from sidelight.training.range import clock, layouts
from sidelight.training.range.estate import Program, hashes
from sidelight.training.range.journal import INTEGRITY, NO_GUID, Journal, Process, Session


class Machine(Journal):
    """A host on which programs start, load, write, connect and meddle."""

    __slots__ = ()

    def start(  # noqa: PLR0913
        self,
        at: int,
        program: Program,
        command: str,
        parent: Process,
        *,
        session: Session | None = None,
        integrity: str = "",
        folder: str = "C:\\Windows\\System32\\",
    ) -> Process:
        """Start a process, in the parent's session and at its integrity unless told otherwise."""
        made = self.process(
            at, program, command, session or parent.session, integrity or parent.integrity
        )
        by = made.session
        self.log(
            at, layouts.PROCESS_CREATE, "-", clock.text(at), made.guid, made.pid, program.path,
            program.version, program.description, program.product, program.company,
            program.original, command, folder, by.user, NO_GUID, by.logon, by.number,
            made.integrity, hashes(program.path), parent.guid, parent.pid, parent.program.path,
            parent.command, parent.session.user,
        )  # fmt: skip
        elevated = "%%1937" if made.integrity in {"High", "System"} else "%%1938"
        self.log(
            at, layouts.PROCESS_4688, *parent.session.subject(self.host), made.pid, program.path,
            elevated, parent.pid, command, "S-1-0-0", "-", "-", 0, parent.program.path,
            f"S-1-16-{INTEGRITY[made.integrity]}",
        )  # fmt: skip
        return made

    def end(self, at: int, process: Process) -> None:
        """End a process."""
        self.log(
            at, layouts.PROCESS_END, "-", clock.text(at), process.guid, process.pid,
            process.program.path, process.session.user,
        )  # fmt: skip

    def load(self, at: int, process: Process, module: Program) -> None:
        """Load a library into a process."""
        self.log(
            at, layouts.IMAGE_LOAD, "-", clock.text(at), process.guid, process.pid,
            process.program.path, module.path, module.version, module.description, module.product,
            module.company, module.original, hashes(module.path),
            "true" if module.signer else "false", module.signer or "-",
            "Valid" if module.signer else "Unavailable", process.session.user,
        )  # fmt: skip

    def write(self, at: int, process: Process, path: str) -> None:
        """Create a file."""
        self.log(
            at, layouts.FILE_CREATE, "-", clock.text(at), process.guid, process.pid,
            process.program.path, path, clock.text(at), process.session.user,
        )  # fmt: skip

    def set_value(self, at: int, process: Process, value: str, details: str) -> None:
        """Set a registry value."""
        self.log(
            at, layouts.REGISTRY_SET, "-", "SetValue", clock.text(at), process.guid, process.pid,
            process.program.path, value, details, process.session.user,
        )  # fmt: skip

    def resolve(self, at: int, process: Process, name: str, answer: str) -> None:
        """Ask for a name; an empty *answer* is a failure."""
        self.log(
            at, layouts.DNS_QUERY, "-", clock.text(at), process.guid, process.pid, name,
            "0" if answer else "9003", f"::ffff:{answer};" if answer else "-",
            process.program.path, process.session.user,
        )  # fmt: skip

    def connect(  # noqa: PLR0913
        self,
        at: int,
        process: Process,
        address: str,
        port: int,
        *,
        udp: bool = False,
        name: str = "-",
    ) -> None:
        """Connect to *address*, as Sysmon and the filtering platform see it."""
        source = self.rng.randrange(49152, 65535)
        self.log(
            at, layouts.NETWORK, "-", clock.text(at), process.guid, process.pid,
            process.program.path, process.session.user, "udp" if udp else "tcp", True, False,
            self.host.address, self.host.fqdn, source, "-", False, address, name, port,
            _PORTS.get(port, "-"),
        )  # fmt: skip
        self.flow(at, process, address, port, source, udp=udp)

    def flow(  # noqa: PLR0913
        self, at: int, process: Process, address: str, port: int, source: int, *, udp: bool = False
    ) -> None:
        """Let the filtering platform permit an outbound connection."""
        path = process.program.path
        device = "\\device\\harddiskvolume3" + path[2:].lower() if path[1:2] == ":" else path
        self.log(
            at, layouts.FLOW, process.pid, device, "%%14593", self.host.address, str(source),
            address, str(port), 17 if udp else 6, 71234, "%%14611", 48, "S-1-0-0", "S-1-0-0",
        )  # fmt: skip

    def access(self, at: int, source: Process, target: Process, rights: int, trace: str) -> None:
        """Open a process."""
        self.log(
            at, layouts.PROCESS_ACCESS, "-", clock.text(at), source.guid, source.pid,
            source.pid + 8, source.program.path, target.guid, target.pid, target.program.path,
            rights, trace, source.session.user, target.session.user,
        )  # fmt: skip

    def thread(self, at: int, source: Process, target: Process, address: int, module: str) -> None:
        """Start a thread in another process; an empty *module* is memory without a file."""
        self.log(
            at, layouts.REMOTE_THREAD, "-", clock.text(at), source.guid, source.pid,
            source.program.path, target.guid, target.pid, target.program.path, target.pid + 96,
            f"0x{address:016X}", module or "-", "-", source.session.user, target.session.user,
        )  # fmt: skip


_PORTS: Final = {80: "http", 443: "https", 53: "domain", 445: "microsoft-ds", 389: "ldap"}
