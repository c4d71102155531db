"""Leases of the replicas, and who is at what must be done by one of them at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

MOMENT = sa.String(32)
BEFORE_LEASES = "first-responder"
"""Under this name every process of the versions before told its stories: what one left is taken up, whenever found."""


def upgrade() -> None:
    leases = op.create_table(
        "leases",
        sa.Column("executor_id", sa.Text, primary_key=True),
        sa.Column("story_version", sa.String(16), nullable=False),
        sa.Column("beats", sa.Integer, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("taken_by", sa.Text),
    )
    row = {"executor_id": BEFORE_LEASES, "story_version": "2", "beats": 0, "expires_at": "9999-01-01T00:00:00+00:00"}
    op.bulk_insert(leases, [row])
    op.create_table(
        "claims",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("executor_id", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
