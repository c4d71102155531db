"""The tables of closing: how each opening was closed, and what was written about it."""

from __future__ import annotations

import sqlalchemy as sa

from bot.state.moment import Moment
from bot.state.tables import metadata

closings = sa.Table(  # one for each opening, at most
    "closings",
    metadata,
    sa.Column("incident_id", sa.String(32), sa.ForeignKey("incidents.id"), primary_key=True),
    sa.Column("opening", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # the closing as JSON
)

proposals = sa.Table(  # to close an opening that is over
    "proposals",
    metadata,
    sa.Column("incident_id", sa.String(32), sa.ForeignKey("incidents.id"), primary_key=True),
    sa.Column("opening", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # from 1; the next after a «keep open»
    sa.Column("at", Moment, nullable=False),
    sa.Column("message_channel", sa.String(32)),
    sa.Column("message_ts", sa.String(32)),
    sa.Column("kept_at", Moment),  # when a person wanted it kept open
    sa.Column("kept_by", sa.Text),
    sa.Column("settled", sa.Boolean, nullable=False, default=False),  # what stands in Slack says how it ended
)
sa.Index("open_proposals", proposals.c.settled)

postmortems = sa.Table(  # the newest text of each opening, and where it stands
    "postmortems",
    metadata,
    sa.Column("incident_id", sa.String(32), sa.ForeignKey("incidents.id"), primary_key=True),
    sa.Column("opening", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("model", sa.Text),
    sa.Column("message_channel", sa.String(32)),
    sa.Column("message_ts", sa.String(32)),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("review", sa.String(16), nullable=False, server_default="waiting"),
    sa.Column("reviewed_by", sa.Text, nullable=False, server_default=""),  # user id
    sa.Column("reviewed_at", Moment),
)
