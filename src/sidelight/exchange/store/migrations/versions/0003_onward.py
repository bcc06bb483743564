"""What goes on from here by itself: peers, and webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.String(36)
_LONG = sa.BigInteger()


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "peer_reach",
        *(
            sa.Column(name, sa.String(size), primary_key=True)
            for name, size in (("peer", 100), ("direction", 4), ("theirs", 250), ("ours", 250))
        ),
        sa.Column("after", sa.String(64), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("taken", _LONG, nullable=False),
        sa.Column("at", _LONG, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
    )
    op.create_table(
        "peer_refusal",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("peer", sa.String(100), nullable=False),
        sa.Column("direction", sa.String(4), nullable=False),
        sa.Column("id", sa.String(300), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", _LONG, nullable=False),
    )
    op.create_index("peer_refusal_peer", "peer_refusal", ["peer", "direction"])
    _hooks()


def downgrade() -> None:
    """Take the tables away again."""
    for name in ("hook_dead_letter", "hook", "peer_refusal", "peer_reach"):
        op.drop_table(name)


def _hooks() -> None:
    op.create_table(
        "hook",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("organisation", _ID, nullable=False),
        sa.Column("person", sa.String(250), nullable=False),
        sa.Column("collection", _ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("created", _LONG, nullable=False),
        sa.Column("after", _LONG, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("due", _LONG, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
    )
    op.create_table(
        "hook_dead_letter",
        sa.Column("hook", _ID, primary_key=True),
        sa.Column("added", _LONG, primary_key=True, autoincrement=False),
        sa.Column("object", sa.String(300), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", _LONG, nullable=False),
    )
