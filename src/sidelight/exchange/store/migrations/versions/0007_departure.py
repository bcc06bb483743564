"""What leaves the pages by itself or because it was deleted, so that whoever has it is told."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ID = sa.String(36)
_LONG = sa.BigInteger()


def upgrade() -> None:
    """Make the table, with what is held under a policy that ends."""
    made = op.create_table(
        "departure",
        sa.Column("added", _LONG, primary_key=True, autoincrement=False),
        sa.Column("notice", _ID, nullable=False),
        sa.Column("at", _LONG, nullable=False),
        sa.Column("owner", _ID, nullable=False),
        sa.Column("object", sa.String(300), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
    )
    op.create_index("departure_at", "departure", ["at"])
    op.create_index("departure_object", "departure", ["object"])
    held = sa.text(
        "SELECT object.added, object.id, object.owner, terms.ends FROM object"
        " JOIN terms ON terms.id = object.terms WHERE terms.ends IS NOT NULL"
        " ORDER BY terms.ends, object.added"
    )
    rows: list[dict[str, object]] = []
    last = -1  # no two have one instant
    for row in op.get_bind().execute(held):
        last = max(row.ends, last + 1)
        rows.append(
            {"added": row.added, "notice": str(uuid4()), "at": last, "owner": row.owner,
             "object": row.id, "deleted": False}
        )  # fmt: skip
    if rows:
        op.bulk_insert(made, rows)


def downgrade() -> None:
    """Take the table away again."""
    op.drop_table("departure")
