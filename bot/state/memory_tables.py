"""The tables of what is remembered, and of what waits for a person to look at it (migration v0008)."""

from __future__ import annotations

import sqlalchemy as sa

from bot.state.moment import Moment
from bot.state.tables import metadata

memories = sa.Table(
    "memories",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("incident_id", sa.Text, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),  # of the incident: what retention goes by
    sa.Column("review", sa.String(16), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),  # of the body: tells vectors that are out of date
    sa.Column("body", sa.Text, nullable=False),  # the memory as JSON
    # how often people said something of the incident that it does not know yet
    sa.Column("owed", sa.Integer, nullable=False, server_default="0"),
)
sa.Index("memories_owed", memories.c.owed, sqlite_where=memories.c.owed > 0, postgresql_where=memories.c.owed > 0)
sa.Index("memories_by_incident", memories.c.incident_id)
sa.Index("memories_by_age", memories.c.opened_at)

learnt = sa.Table(
    "learnt",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("incident_id", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("review", sa.String(16), nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # as JSON
    # 1 while what follows from the decision is not done
    sa.Column("owed", sa.Integer, nullable=False, server_default="0"),
)
sa.Index("learnt_owed", learnt.c.owed, sqlite_where=learnt.c.owed > 0, postgresql_where=learnt.c.owed > 0)
sa.Index("learnt_by_review", learnt.c.review, learnt.c.at)
sa.Index("learnt_by_incident", learnt.c.incident_id)
