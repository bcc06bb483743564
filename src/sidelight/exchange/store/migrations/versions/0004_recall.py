"""Recalls, who acknowledged them, and terms that end."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ID = sa.String(36)
_LONG = sa.BigInteger()


def upgrade() -> None:
    """Make the two tables, and the end of terms."""
    op.add_column("terms", sa.Column("ends", _LONG))
    op.create_table(
        "recall",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("at", _LONG, nullable=False, unique=True),
        sa.Column("object", sa.String(300), nullable=False),
        sa.Column("owner", _ID, nullable=False),
        sa.Column("person", sa.String(250), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("due", _LONG, nullable=False),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("through", sa.Text(), nullable=False),
    )
    op.create_index("recall_object", "recall", ["object"])
    op.create_table(
        "acknowledgement",
        sa.Column("recall", _ID, primary_key=True),
        sa.Column("organisation", _ID, primary_key=True),
        sa.Column("told", _LONG),
        sa.Column("at", _LONG),
        sa.Column("person", sa.String(250), nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("acknowledgement")
    op.drop_table("recall")
    op.drop_column("terms", "ends")
