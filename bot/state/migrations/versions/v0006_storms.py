"""Storms: which incidents belong together and came in one, Slack's allowance and sources' rest over replicas."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

MOMENT = sa.String(32)


def upgrade() -> None:
    op.add_column("incidents", sa.Column("lead", sa.String(32)))
    op.add_column("incidents", sa.Column("linked_because", sa.Text))
    op.add_column("incidents", sa.Column("linked_by", sa.Text))
    op.add_column("incidents", sa.Column("storm", sa.String(32)))
    op.add_column("incidents", sa.Column("looked", sa.Integer, nullable=False, server_default="0"))
    op.create_index("incidents_by_time", "incidents", ["opened_at"])
    op.create_index("incidents_by_lead", "incidents", ["lead"])
    op.create_index("incidents_by_storm", "incidents", ["storm"])
    op.create_table(
        "storms",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("channel_id", sa.String(32)),
        sa.Column("channel_name", sa.String(80)),
        sa.Column("message_channel", sa.String(32)),
        sa.Column("message_ts", sa.String(32)),
    )
    op.create_table(
        "allowances",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("free_at", sa.Float, nullable=False),
    )
    op.create_table(
        "rests",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("until", MOMENT),
    )
    op.create_table(
        "begun",
        sa.Column("story", sa.Text, primary_key=True),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
