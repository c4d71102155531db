"""How incidents are closed, and what is written about them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

MOMENT = sa.String(32)


def upgrade() -> None:
    op.add_column("incidents", sa.Column("wrapped", sa.Integer, nullable=False, server_default="0"))
    op.add_column("incidents", sa.Column("closed_opening", sa.Integer, nullable=False, server_default="0"))
    op.add_column("incidents", sa.Column("closed_at", MOMENT))
    op.add_column("incidents", sa.Column("archived_at", MOMENT))
    op.execute("UPDATE incidents SET wrapped = opening WHERE status = 'resolved'")  # nobody is asked about the past
    unwrapped = sa.text("status = 'resolved' AND wrapped < opening")
    op.create_index(
        "unwrapped_incidents", "incidents", ["resolved_at"], sqlite_where=unwrapped, postgresql_where=unwrapped
    )
    op.create_table(
        "proposals",
        sa.Column("incident_id", sa.String(32), sa.ForeignKey("incidents.id"), primary_key=True),
        sa.Column("opening", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("message_channel", sa.String(32)),
        sa.Column("message_ts", sa.String(32)),
        sa.Column("kept_at", MOMENT),
        sa.Column("kept_by", sa.Text),
        sa.Column("settled", sa.Boolean, nullable=False),
    )
    op.create_index("open_proposals", "proposals", ["settled"])
    op.create_table(
        "closings",
        sa.Column("incident_id", sa.String(32), sa.ForeignKey("incidents.id"), primary_key=True),
        sa.Column("opening", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "postmortems",
        sa.Column("incident_id", sa.String(32), sa.ForeignKey("incidents.id"), primary_key=True),
        sa.Column("opening", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("model", sa.Text),
        sa.Column("message_channel", sa.String(32)),
        sa.Column("message_ts", sa.String(32)),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("review", sa.String(16), nullable=False, server_default="waiting"),
        sa.Column("reviewed_by", sa.Text, nullable=False, server_default=""),
        sa.Column("reviewed_at", MOMENT),
    )
