"""What people did and said in an incident, and where each of it was told on."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

MOMENT = sa.String(32)


def upgrade() -> None:
    op.create_table(
        "entries",
        sa.Column("incident_id", sa.String(32), sa.ForeignKey("incidents.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("due", MOMENT),
    )
    op.create_index("one_entry_of_a_thing", "entries", ["incident_id", "key"], unique=True)
    op.create_index("entries_by_time", "entries", ["at"])
    op.create_index("alerts_by_time", "alerts", ["received_at"])
    op.create_table(
        "told",
        sa.Column("incident_id", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("place", sa.String(16), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("refused", sa.Text, nullable=False),
    )
