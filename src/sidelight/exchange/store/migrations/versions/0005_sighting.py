"""Sightings that go back to one recipient each."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ID = sa.String(36)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "sighting",
        sa.Column("added", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("collection", _ID, nullable=False),
        sa.Column("recipient", _ID, nullable=False),
        sa.Column("sender", _ID, nullable=False),
        sa.Column("id", sa.String(300), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("target", sa.String(300), nullable=False),
        sa.Column("marking", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_index("sighting_order", "sighting", ["collection", "recipient", "added"])
    op.create_index("sighting_id", "sighting", ["id", "recipient"])


def downgrade() -> None:
    """Take the table away again."""
    op.drop_table("sighting")
