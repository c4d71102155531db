"""What is remembered of incidents, and what waits for a person to look at it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

MOMENT = sa.String(32)


def upgrade() -> None:
    op.create_table(
        "memories",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("review", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("owed", sa.Integer, nullable=False, server_default="0"),
    )
    owed = sa.text("owed > 0")
    op.create_index("memories_owed", "memories", ["owed"], sqlite_where=owed, postgresql_where=owed)
    op.create_index("memories_by_incident", "memories", ["incident_id"])
    op.create_index("memories_by_age", "memories", ["opened_at"])
    op.create_table(
        "learnt",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("review", sa.String(16), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("owed", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index("learnt_owed", "learnt", ["owed"], sqlite_where=owed, postgresql_where=owed)
    op.create_index("learnt_by_review", "learnt", ["review", "at"])
    op.create_index("learnt_by_incident", "learnt", ["incident_id"])
