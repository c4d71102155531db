"""What is known of open incidents and does not stand in Slack: for `doctor`, which asks a bot that may be stuck."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.state.database import Database
from bot.state.down import down
from bot.state.lease import database_now
from bot.state.tables import incidents, storms

LATE = timedelta(minutes=2)
"""By then an opening is told, and what changed is shown, unless Slack does not take it."""


@dataclass(frozen=True, slots=True)
class Backlog:
    unsaid: int
    """Incidents, some minutes old, whose story has not ended, or with a change that Slack does not show."""
    since: datetime | None
    """When the oldest of them opened; None: there is none."""
    homeless: int
    """Open incidents, some minutes old and linked to no other, that are told in the incidents channel for want of one
    of their own. Not those of a storm that is on, nor those that wait in its table for their turn."""


async def backlog(database: Database) -> Backlog:
    """Raises JournalDown."""
    with down("read"):
        return await database.read(_counted)


def _counted(connection: Connection) -> Backlog:
    opened = sa.func.coalesce(incidents.c.reopened_at, incidents.c.opened_at, type_=incidents.c.opened_at.type)
    old = opened <= database_now(connection) - LATE
    is_open = sa.and_(incidents.c.status == "open", old)
    behind = sa.or_(incidents.c.briefed < incidents.c.opening, incidents.c.shown < incidents.c.revision)
    by_itself = sa.and_(incidents.c.lead.is_(None), incidents.c.message_ts.is_not(None), ~_in_a_storm())
    homeless = sa.and_(is_open, incidents.c.channel_id.is_(None), by_itself)
    unsaid, since = connection.execute(sa.select(sa.func.count(), sa.func.min(opened)).where(old, behind)).one()
    return Backlog(unsaid, since, connection.scalar(sa.select(sa.func.count()).where(homeless)) or 0)


def _in_a_storm() -> sa.Exists:
    return sa.exists().where(storms.c.id == incidents.c.storm, storms.c.ended_at.is_(None))
