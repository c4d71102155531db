"""The tables. Times are UTC; on SQLite they are stored as ISO text, so that they sort as they read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

metadata = sa.MetaData()


class Moment(sa.types.TypeDecorator[datetime]):
    """A timezone-aware moment. Refuses naive datetimes on the way in; UTC on the way out, on every database."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone is no time")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("env", sa.Text, nullable=False),
    sa.Column("severity", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("reopened_at", Moment),
    sa.Column("resolved_at", Moment),
    sa.Column("opening", sa.Integer, nullable=False),
    sa.Column("briefed", sa.Integer, nullable=False, default=0),  # the last opening whose story has ended
    sa.Column("revision", sa.Integer, nullable=False, default=1),  # goes up with each change that people should see
    sa.Column("shown", sa.Integer, nullable=False, default=0),  # the revision that stands in Slack
    sa.Column("channel_id", sa.String(32)),
    sa.Column("channel_name", sa.String(80)),
    sa.Column("message_channel", sa.String(32)),
    sa.Column("message_ts", sa.String(32)),
    sa.Column("previous", sa.String(32)),
)
sa.Index(
    "one_open_incident",
    incidents.c.service,
    incidents.c.env,
    unique=True,
    sqlite_where=incidents.c.status == "open",
    postgresql_where=incidents.c.status == "open",
)
sa.Index("incidents_by_service", incidents.c.service, incidents.c.env, incidents.c.opened_at)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("source", sa.String(32), primary_key=True),
    sa.Column("fingerprint", sa.String(255), primary_key=True),
    sa.Column("starts_at", Moment, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),  # order in which the incident's alerts joined
    sa.Column("incident_id", sa.String(32), sa.ForeignKey("incidents.id"), index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("ends_at", Moment),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),  # name, severity, summary, labels, annotations, url
)

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("incident_id", sa.String(32), sa.ForeignKey("incidents.id"), primary_key=True),
    sa.Column("opening", sa.Integer, primary_key=True),
    sa.Column("report", sa.Text, nullable=False),
)
