"""The tables. `migrations` makes them; a test holds both against each other."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA: Final = MetaData()
HEAD: Final = "0007"
"""The newest step of `migrations`; a database that is there needs none of them."""
_Id = String(36)
_Digest = String(64)

clock: Final = Table(
    "clock",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
"""One row: the newest date_added. Whoever writes locks it, so the order of adding is the order of
committing, and no reader passes over what is committed later."""
secret: Final = Table(
    "secret",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
register: Final = Table(
    "register",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
)
token: Final = Table(
    "token",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("hash", _Digest, nullable=False),
    Column("organisation", _Id, nullable=False),
    Column("person", String(250), nullable=False),
    Column("scopes", String(64), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("revoked", BigInteger),
)
certificate: Final = Table(
    "certificate",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("organisation", _Id, nullable=False),
    Column("person", String(250), nullable=False),
    Column("scopes", String(64), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("revoked", BigInteger),
)
Index("certificate_name", certificate.c.kind, certificate.c.name)
terms: Final = Table(
    "terms",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("marking", String(16), nullable=False),
    Column("owner", _Id, nullable=False),
    Column("audience", Text, nullable=False),
    Column("ends", BigInteger),
)
object_: Final = Table(
    "object",
    METADATA,
    # What is added is numbered by the microsecond it was added, which no other has.
    Column("added", BigInteger, primary_key=True, autoincrement=False),
    Column("collection", _Id, nullable=False),
    Column("id", String(300), nullable=False),
    Column("type", String(250), nullable=False),
    Column("spec_version", String(8), nullable=False),
    Column("version", String(64), nullable=False),
    Column("key", String(64), nullable=False),
    Column("terms", Integer, nullable=False),
    Column("owner", _Id, nullable=False),
    Column("digest", _Digest, nullable=False),
    Column("revoked", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
Index("object_order", object_.c.collection, object_.c.added)
Index("object_id", object_.c.id)
Index("object_type", object_.c.collection, object_.c.type, object_.c.added)
# Whether there is a later version, or a twin, is asked for every row of a page.
_VERSION: Final = ("collection", "id", "spec_version", "key", "added")
Index("object_version", *(object_.c[name] for name in _VERSION))
status: Final = Table(
    "status",
    METADATA,
    Column("id", _Id, primary_key=True),
    Column("organisation", _Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
ledger: Final = Table(
    "ledger",
    METADATA,
    Column("organisation", _Id, primary_key=True),
    Column("added", BigInteger, primary_key=True, autoincrement=False),
    Column("route", String(16), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("person", String(250), nullable=False),
    Column("collection", _Id, nullable=False),
    Column("id", String(300), nullable=False),
    Column("version", String(64), nullable=False),
    Column("marking", String(16), nullable=False),
    Column("owner", _Id, nullable=False),
)
Index("ledger_id", ledger.c.id)
sighting: Final = Table(
    "sighting",
    METADATA,
    Column("added", BigInteger, primary_key=True, autoincrement=False),
    Column("collection", _Id, nullable=False),
    Column("recipient", _Id, nullable=False),
    # An organisation, or the pseudonym that the recipient knows it by: never both.
    Column("sender", _Id, nullable=False),
    Column("id", String(300), nullable=False),
    Column("version", String(64), nullable=False),
    Column("key", String(64), nullable=False),
    Column("target", String(300), nullable=False),
    Column("marking", String(16), nullable=False),
    Column("digest", _Digest, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
Index("sighting_order", sighting.c.collection, sighting.c.recipient, sighting.c.added)
Index("sighting_id", sighting.c.id, sighting.c.recipient)
audit: Final = Table(
    "audit",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(300), nullable=False),
    Column("action", String(32), nullable=False),
    Column("detail", Text, nullable=False),
    Column("hash", _Digest, nullable=False),
)
recall: Final = Table(
    "recall",
    METADATA,
    Column("id", _Id, primary_key=True),
    Column("at", BigInteger, nullable=False, unique=True),
    Column("object", String(300), nullable=False),
    Column("owner", _Id, nullable=False),
    Column("person", String(250), nullable=False),
    Column("reason", Text, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("erased", Boolean, nullable=False),
    Column("version", String(64), nullable=False),
    # Ids of organisations that shared the same: who got it from them is told, too.
    Column("through", Text, nullable=False),
)
Index("recall_object", recall.c.object)
acknowledgement: Final = Table(
    "acknowledgement",
    METADATA,
    Column("recall", _Id, primary_key=True),
    Column("organisation", _Id, primary_key=True),
    Column("told", BigInteger),
    Column("at", BigInteger),
    Column("person", String(250), nullable=False),
    Column("done", Text, nullable=False),
)
departure: Final = Table(
    "departure",
    METADATA,
    Column("added", BigInteger, primary_key=True, autoincrement=False),
    Column("notice", _Id, nullable=False),
    # In the future while a policy (IEP) still holds.
    Column("at", BigInteger, nullable=False),
    Column("owner", _Id, nullable=False),
    Column("object", String(300), nullable=False),
    Column("deleted", Boolean, nullable=False),
)
Index("departure_at", departure.c.at)
Index("departure_object", departure.c.object)
