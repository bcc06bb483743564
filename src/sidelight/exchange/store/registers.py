"""The register of a server in all its versions."""

from dataclasses import field

from sqlalchemy import Engine, desc, func, insert, select

from sidelight.exchange.instants import Instant
from sidelight.exchange.register import Register, restored, stored
from sidelight.exchange.store import audit, tables
from sidelight.exchange.store.database import writing
from sidelight.values import dataclass


@dataclass(slots=True)
class Registers:
    """The versions of a register in a database; the newest is kept at hand."""

    engine: Engine
    _register: tuple[int, Register] = field(default_factory=lambda: (0, Register()))

    def register(self) -> Register:
        """Give the newest version of the register."""
        version = tables.register.c.version
        with self.engine.connect() as connection:
            newest = connection.scalar(select(func.max(version))) or 0
            if newest != self._register[0]:
                wanted = select(tables.register.c.document).where(version == newest)
                document = connection.scalars(wanted).one()
                self._register = (newest, restored(document))
        return self._register[1]

    def renew(self, register: Register, actor: str, now: Instant) -> int:
        """Make *register* the newest version, and give its number."""
        document = stored(register)
        with writing(self.engine) as connection:
            made = connection.execute(
                insert(tables.register).values(at=now, document=document)
            ).inserted_primary_key
            assert made is not None
            detail = {"version": made[0], "register": document.decode()}
            audit.append(connection, now, actor, "register", detail)
        return int(made[0])

    def registers(self) -> list[tuple[int, Instant, Register]]:
        """Give all versions of the register, the newest first."""
        wanted = select(tables.register).order_by(desc(tables.register.c.version))
        with self.engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return [(row.version, row.at, restored(row.document)) for row in rows]
