"""Bindings of certificates."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of bindings."""
    op.create_table(
        "certificate",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation", sa.String(36), nullable=False),
        sa.Column("person", sa.String(250), nullable=False),
        sa.Column("scopes", sa.String(64), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.BigInteger()),
    )
    op.create_index("certificate_name", "certificate", ["kind", "name"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("certificate")
