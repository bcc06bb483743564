"""Questions about what was seen, and reports to count."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ID = sa.String(36)
_LONG = sa.BigInteger()


def upgrade() -> None:
    """Make the tables of epochs, of questions by size, of reports, and of what was told."""
    op.create_table(
        "seen_epoch",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("setup", sa.LargeBinary(), nullable=False),
        sa.Column("begun", _LONG, nullable=False),
        sa.Column("ends", _LONG, nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("circles", sa.Text(), nullable=False),
    )
    op.create_table(
        "seen_asked",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("epoch", _ID, nullable=False),
        sa.Column("organisation", _ID, nullable=False),
        sa.Column("person", sa.String(250), nullable=False),
        sa.Column("at", _LONG, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
    )
    op.create_table(
        "seen_report",
        sa.Column("token", sa.String(64), primary_key=True),
        sa.Column("organisation", _ID, primary_key=True),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("at", _LONG, nullable=False),
    )
    op.create_table(
        "seen_told",
        sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", _LONG, nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    """Take the tables away again."""
    for name in ("seen_told", "seen_report", "seen_asked", "seen_epoch"):
        op.drop_table(name)
