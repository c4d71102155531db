"""Storms over the tables: when one begins, which incidents came in it, and how far the bot is with each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.incident import Channel, Posted, Severity
from bot.domain.storm import CALM, WITHIN, Row, State, Storm, is_one_too_many, is_over, storm_id
from bot.ports import Clock
from bot.state.database import Database
from bot.state.down import down
from bot.state.rows import SEVERITY, said_at
from bot.state.tables import alerts, incidents, reports, storms

T = TypeVar("T")

LATELY = timedelta(minutes=10)
"""So long after its last incident was resolved a table is kept current: nobody looks for a change after that."""

_ON = sa.select(storms.c.id).where(storms.c.ended_at.is_(None)).order_by(storms.c.began_at).limit(1)
_RECENT = incidents.c.opened_at > sa.bindparam("after")
_OPENED = sa.select(sa.func.count(), sa.func.min(incidents.c.opened_at)).where(_RECENT)
_TO_SHOW = (
    sa.select(storms)
    .where(
        sa.or_(
            storms.c.ended_at.is_(None),
            sa.exists().where(
                incidents.c.storm == storms.c.id,
                sa.or_(incidents.c.status == "open", incidents.c.resolved_at > sa.bindparam("lately")),
            ),
        )
    )
    .order_by(storms.c.began_at)
)
_ALERTS = (
    sa.select(
        alerts.c.incident_id,
        sa.func.count().label("alerts"),
        sa.func.sum(sa.case((alerts.c.status == "firing", 1), else_=0)).label("firing"),
    )
    .where(alerts.c.incident_id.in_(sa.select(incidents.c.id).where(incidents.c.storm == sa.bindparam("storm"))))
    .group_by(alerts.c.incident_id)
    .subquery()
)
_CAME = sa.func.coalesce(incidents.c.reopened_at, incidents.c.opened_at)
_REPORTED = sa.exists().where(reports.c.incident_id == incidents.c.id, reports.c.opening == incidents.c.opening)
"""Looked into: also before it was a storm, when nobody keeps that a look begins."""
_ROWS = (
    sa.select(
        *(incidents, _ALERTS.c.alerts, _ALERTS.c.firing),
        *(SEVERITY.label("counts_as"), _REPORTED.label("reported")),
    )
    .outerjoin(_ALERTS, _ALERTS.c.incident_id == incidents.c.id)
    .where(incidents.c.storm == sa.bindparam("storm"))
    .order_by(_CAME, incidents.c.id)
)
_SAID = (
    incidents.update()
    .where(
        incidents.c.id == sa.bindparam("here"),
        incidents.c.opening == sa.bindparam("told"),
        incidents.c.first_said_at.is_(None),
    )
    .values(first_said_at=sa.bindparam("then"))
)


def storm_that_is_on(connection: Connection) -> str | None:
    """Its id."""
    found: str | None = connection.scalar(_ON)
    return found


def take_into_storm(connection: Connection, incident_id: str, threshold: int, now: datetime) -> None:
    """Puts a new incident into the storm that is on, or begins one where it is the one too many.

    In a transaction that takes alerts in turn (`bot.state.intake.in_turn`), so that there is one storm at a time. Those
    of the minute before belong to it as well.
    """
    here = incidents.c.id == incident_id
    on = storm_that_is_on(connection)
    if on is None:
        opened, first = connection.execute(_OPENED, {"after": now - WITHIN}).one()
        if not is_one_too_many(opened, threshold):
            return
        on, here = storm_id(incident_id, now), incidents.c.opened_at > now - WITHIN
        connection.execute(storms.insert().values(id=on, began_at=first))
    connection.execute(incidents.update().where(here).values(storm=on))


class SqlStorms:
    """`bot.storms.ports.Storms` on SQLite or PostgreSQL."""

    def __init__(self, database: Database, clock: Clock, threshold: int) -> None:
        self._database = database
        self._clock = clock
        self._threshold = threshold

    async def storm(self, storm_id: str) -> Storm:
        which = sa.select(storms).where(storms.c.id == storm_id)
        return _storm(await self._read(lambda connection: connection.execute(which).one()))

    async def to_show(self) -> tuple[Storm, ...]:
        lately = {"lately": self._clock.now() - LATELY}
        return await self._read(lambda connection: tuple(map(_storm, connection.execute(_TO_SHOW, lately))))

    async def rows(self, storm_id: str) -> tuple[Row, ...]:
        return await self._read(lambda connection: tuple(map(_row, connection.execute(_ROWS, {"storm": storm_id}))))

    async def is_over(self) -> bool:
        now = self._clock.now()
        recent = sa.select(incidents.c.opened_at).where(_RECENT)
        opened = await self._read(lambda c: tuple(c.scalars(recent, {"after": now - CALM - WITHIN})))
        return is_over(opened, self._threshold, now)

    async def keep_channel(self, storm_id: str, channel: Channel) -> None:
        await self._set(storm_id, channel_id=channel.id, channel_name=channel.name)

    async def keep_table(self, storm_id: str, message: Posted) -> None:
        await self._set(storm_id, message_channel=message.channel_id, message_ts=message.ts)

    async def keep_over(self, storm_id: str) -> None:
        await self._set(storm_id, ended_at=self._clock.now())

    async def keep_said(self, rows: Sequence[Row], at: datetime) -> None:
        said = [{"here": row.incident_id, "told": row.opening, "then": at} for row in rows if not row.said]
        if said:
            with down("written"):
                await self._database.write(lambda connection: connection.execute(_SAID, said).close())

    async def keep_looking(self, incident_id: str, opening: int) -> None:
        here = sa.and_(incidents.c.id == incident_id, incidents.c.looked < opening)
        await self._write(incidents.update().where(here).values(looked=opening))

    async def _set(self, storm_id: str, **values: Any) -> None:
        await self._write(storms.update().where(storms.c.id == storm_id).values(**values))

    async def _write(self, change: sa.Update) -> None:
        with down("written"):
            await self._database.write(lambda connection: connection.execute(change).close())

    async def _read(self, act: Callable[[Connection], T]) -> T:
        with down("read"):
            return await self._database.read(act)


def _storm(row: Any) -> Storm:
    return Storm(
        id=row.id,
        began_at=row.began_at,
        ended_at=row.ended_at,
        channel=Channel(row.channel_id, row.channel_name or "") if row.channel_id else None,
        message=Posted(row.message_channel, row.message_ts) if row.message_ts else None,
    )


def _row(row: Any) -> Row:
    return Row(
        incident_id=row.id,
        opening=row.opening,
        service=row.service,
        env=row.env,
        severity=Severity(row.counts_as),
        title=row.title,
        alerts=row.alerts or 0,
        firing=row.firing or 0,
        since=row.reopened_at or row.started_at,
        opened_at=row.reopened_at or row.opened_at,
        state=_state(row),
        resolved_at=row.resolved_at,
        channel_id=row.channel_id,
        lead=row.lead,
        reported=row.reported,
        said=said_at(row) is not None,
    )


def _state(row: Any) -> State:
    begun = row.reported or row.looked == row.opening
    if row.status == "resolved":
        return "resolved" if begun else "resolved unseen"
    if row.briefed == row.opening:
        return "looked"
    return "looking" if begun else "waiting"
