"""The tables of an incident's life: what was done in it, and where each of it was told on."""

from __future__ import annotations

import sqlalchemy as sa

from bot.state.moment import Moment
from bot.state.tables import metadata

entries = sa.Table(  # what people and the bot did in an incident; it only grows
    "entries",
    metadata,
    sa.Column("incident_id", sa.String(32), sa.ForeignKey("incidents.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # from 1, without gaps
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("link", sa.Text, nullable=False),
    sa.Column("due", Moment),
)
sa.Index("one_entry_of_a_thing", entries.c.incident_id, entries.c.key, unique=True)
sa.Index("entries_by_time", entries.c.at)

told = sa.Table(  # which entries were told on, and where
    "told",
    metadata,
    sa.Column("incident_id", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("place", sa.String(16), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("refused", sa.Text, nullable=False),  # why it was not taken; empty: it was
)
