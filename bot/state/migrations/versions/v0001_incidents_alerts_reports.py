"""Incidents, their alerts, and the reports on them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.String(32)


def upgrade() -> None:
    incidents = op.create_table(
        "incidents",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("env", sa.Text, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("reopened_at", MOMENT),
        sa.Column("resolved_at", MOMENT),
        sa.Column("opening", sa.Integer, nullable=False),
        sa.Column("briefed", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("shown", sa.Integer, nullable=False),
        sa.Column("channel_id", sa.String(32)),
        sa.Column("channel_name", sa.String(80)),
        sa.Column("message_channel", sa.String(32)),
        sa.Column("message_ts", sa.String(32)),
        sa.Column("previous", sa.String(32)),
    )
    is_open = incidents.c.status == "open"
    op.create_index(
        "one_open_incident",
        "incidents",
        ["service", "env"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index("incidents_by_service", "incidents", ["service", "env", "opened_at"])
    op.create_table(
        "alerts",
        sa.Column("source", sa.String(32), primary_key=True),
        sa.Column("fingerprint", sa.String(255), primary_key=True),
        sa.Column("starts_at", MOMENT, primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("incident_id", sa.String(32), sa.ForeignKey("incidents.id")),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("ends_at", MOMENT),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
    )
    op.create_index("ix_alerts_incident_id", "alerts", ["incident_id"])
    op.create_table(
        "reports",
        sa.Column("incident_id", sa.String(32), sa.ForeignKey("incidents.id"), primary_key=True),
        sa.Column("opening", sa.Integer, primary_key=True),
        sa.Column("report", sa.Text, nullable=False),
    )
