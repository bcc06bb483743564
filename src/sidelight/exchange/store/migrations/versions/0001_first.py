"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.String(36)
_DIGEST = sa.String(64)
_LONG = sa.BigInteger()


def upgrade() -> None:
    """Make the tables; what was logged can be neither changed nor deleted."""
    _secrets()
    _objects()
    _logs()
    for table in ("audit", "ledger"):
        _keep(table)


def downgrade() -> None:
    """Take all tables away again."""
    for name in (
        "audit", "ledger", "status", "object", "terms", "token", "register", "secret", "clock",
    ):  # fmt: skip
        op.drop_table(name)


def _secrets() -> None:
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("last", _LONG, nullable=False),
    )
    op.create_table(
        "secret",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "register",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("at", _LONG, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("hash", _DIGEST, nullable=False),
        sa.Column("organisation", _ID, nullable=False),
        sa.Column("person", sa.String(250), nullable=False),
        sa.Column("scopes", sa.String(64), nullable=False),
        sa.Column("created", _LONG, nullable=False),
        sa.Column("expires", _LONG, nullable=False),
        sa.Column("revoked", _LONG),
    )


def _objects() -> None:
    op.create_table(
        "terms",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("marking", sa.String(16), nullable=False),
        sa.Column("owner", _ID, nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
    )
    op.create_table(
        "object",
        sa.Column("added", _LONG, primary_key=True, autoincrement=False),
        sa.Column("collection", _ID, nullable=False),
        sa.Column("id", sa.String(300), nullable=False),
        sa.Column("type", sa.String(250), nullable=False),
        sa.Column("spec_version", sa.String(8), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("terms", sa.Integer(), nullable=False),
        sa.Column("owner", _ID, nullable=False),
        sa.Column("digest", _DIGEST, nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_index("object_order", "object", ["collection", "added"])
    op.create_index("object_id", "object", ["id"])
    op.create_index("object_type", "object", ["collection", "type", "added"])
    version = ["collection", "id", "spec_version", "key", "added"]
    op.create_index("object_version", "object", version)
    op.create_table(
        "status",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("organisation", _ID, nullable=False),
        sa.Column("at", _LONG, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )


def _logs() -> None:
    op.create_table(
        "ledger",
        sa.Column("organisation", _ID, primary_key=True),
        sa.Column("added", _LONG, primary_key=True, autoincrement=False),
        sa.Column("route", sa.String(16), primary_key=True),
        sa.Column("at", _LONG, nullable=False),
        sa.Column("person", sa.String(250), nullable=False),
        sa.Column("collection", _ID, nullable=False),
        sa.Column("id", sa.String(300), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("marking", sa.String(16), nullable=False),
        sa.Column("owner", _ID, nullable=False),
    )
    op.create_index("ledger_id", "ledger", ["id"])
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", _LONG, nullable=False),
        sa.Column("actor", sa.String(300), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("hash", _DIGEST, nullable=False),
    )


def _keep(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_kept()"
    )
