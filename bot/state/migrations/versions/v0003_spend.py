"""What models cost, call by call, and which lines about the budget were said."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.String(32)


def upgrade() -> None:
    op.create_table(
        "spend",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("story", sa.Text, nullable=False),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("answer_id", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("micros", sa.BigInteger, nullable=False),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.Column("input", sa.Integer, nullable=False),
        sa.Column("output", sa.Integer, nullable=False),
        sa.Column("cache_read", sa.Integer, nullable=False),
        sa.Column("cache_write", sa.Integer, nullable=False),
    )
    op.create_index("spend_by_time", "spend", ["at", "settled", "micros"])
    op.create_index("spend_by_incident", "spend", ["incident_id", "micros"])
    op.create_index("spend_by_person", "spend", ["person", "at", "micros"])
    op.create_index("spend_by_answer", "spend", ["answer_id", "micros"])
    op.create_table(
        "budget_lines",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("said", sa.Boolean, nullable=False),
    )
