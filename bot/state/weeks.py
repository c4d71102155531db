"""A week of incidents, read from the tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.digest import Course, Fired, Week
from bot.domain.incident import Severity
from bot.domain.money import Money
from bot.state.database import Database
from bot.state.down import down
from bot.state.life_tables import entries
from bot.state.memory_tables import memories
from bot.state.rows import SEVERITY, said_at
from bot.state.tables import alerts, answer_votes, incidents, spend


class SqlWeeks:
    """`bot.life.digest.Weeks` on SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def week(self, since: datetime, until: datetime) -> Week:
        """Raises JournalDown."""
        with down("read"):
            return await self._database.read(lambda connection: _week(connection, since, until))


def _week(connection: Connection, since: datetime, until: datetime) -> Week:
    def within(column: Any) -> sa.ColumnElement[bool]:
        return sa.and_(column >= since, column < until)

    votes = _votes(connection, within(answer_votes.c.at))
    return Week(
        since,
        until,
        courses=_courses(connection, within(incidents.c.opened_at)),
        fired=_fired(connection, within(alerts.c.received_at)),
        liked=votes.get("up", 0),
        disliked=votes.get("down", 0),
        spent=Money(int(connection.scalar(sa.select(sa.func.sum(spend.c.micros)).where(within(spend.c.at))) or 0)),
    )


def _courses(connection: Connection, within: sa.ColumnElement[bool]) -> tuple[Course, ...]:
    opened = sa.select(incidents.c.id).where(within)
    first = _acknowledged(connection, opened)
    remembered = sa.select(memories.c.incident_id, memories.c.body).where(memories.c.incident_id.in_(opened))
    false = {row.incident_id for row in connection.execute(remembered) if json.loads(row.body).get("false_alarm")}
    found = connection.execute(sa.select(incidents, SEVERITY.label("counts_as")).where(within))
    return tuple(_course(row, first.get(row.id), row.id in false) for row in found)


def _fired(connection: Connection, within: sa.ColumnElement[bool]) -> tuple[Fired, ...]:
    """Counted by the database: a storm leaves thousands of alerts, and their payloads are long."""
    each = (
        sa.select(alerts.c.payload["name"].as_string().label("name"), alerts.c.incident_id)
        .where(within, alerts.c.incident_id.is_not(None))
        .subquery()
    )
    fired = sa.select(*each.c, sa.func.count().label("times")).group_by(*each.c)
    heeded = _acknowledged(connection, sa.select(alerts.c.incident_id).where(within))
    return tuple(
        Fired(row.name, row.incident_id, row.times, row.incident_id in heeded) for row in connection.execute(fired)
    )


def _acknowledged(connection: Connection, those: sa.Select[Any]) -> Mapping[str, datetime]:
    """Of those incidents, by id, when somebody first acknowledged them, or the one that they are told with."""
    of_it = sa.or_(entries.c.incident_id == incidents.c.id, entries.c.incident_id == incidents.c.lead)
    first = (
        sa.select(incidents.c.id, sa.func.min(entries.c.at))
        .join(entries, of_it)
        .where(entries.c.kind == "acknowledged", incidents.c.id.in_(those))
        .group_by(incidents.c.id)
    )
    return {row[0]: row[1] for row in connection.execute(first)}


def _votes(connection: Connection, within: sa.ColumnElement[bool]) -> Mapping[str, int]:
    """`up` and `down` → how many."""
    votes = sa.select(answer_votes.c.vote, sa.func.count()).where(within).group_by(answer_votes.c.vote)
    return {row[0]: row[1] for row in connection.execute(votes)}


def _course(row: Any, acknowledged_at: datetime | None, false_alarm: bool) -> Course:  # noqa: FBT001 - a column
    """An opening that came later has first words of its own."""
    posted = said_at(row) if row.opening == 1 else None
    return Course(row.id, Severity(row.counts_as), row.opened_at, posted, acknowledged_at, row.resolved_at, false_alarm)
