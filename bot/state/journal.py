"""The journal over the tables: what happened, committed before anything is answered or done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.context import Report
from bot.domain.incident import Channel, Incident, Posted, Severity
from bot.ports import Clock, JournalDown, Taken
from bot.state import codec, intake
from bot.state.tables import alerts, incidents, reports
from integrations.contract import Alert

RACES = 5
"""How often a transaction is tried again that lost a race for the same service's one open incident."""


class UnknownIncidentError(LookupError):
    """No incident has this id."""


class SqlJournal:
    """`bot.ports.Journal` on SQLite or PostgreSQL."""

    def __init__(self, engine: AsyncEngine, clock: Clock, rules: intake.Rules) -> None:
        self._engine = engine
        self._clock = clock
        self._rules = rules

    async def take(self, alerts: Sequence[Alert]) -> tuple[Taken, ...]:
        for attempt in range(RACES):
            try:
                async with self._writing() as connection:
                    now = self._clock.now()
                    return tuple([await intake.take(connection, alert, self._rules, now) for alert in alerts])
            except IntegrityError:  # another replica opened the same incident between our look and our write
                await asyncio.sleep(0.01 * 2**attempt)
        raise JournalDown("the same incident was opened by several at once, five times over")

    async def incident(self, incident_id: str) -> Incident:
        found = await self._incidents(incidents.c.id == incident_id)
        if not found:
            raise UnknownIncidentError(incident_id)
        return found[0]

    async def open_incidents(self) -> tuple[Incident, ...]:
        return await self._incidents(incidents.c.status == "open")

    async def in_channel(self, channel_id: str) -> Incident | None:
        found = await self._incidents(incidents.c.channel_id == channel_id)
        return max(found, key=lambda incident: incident.opened_at, default=None)

    async def unbriefed(self) -> tuple[Incident, ...]:
        return await self._incidents(incidents.c.briefed < incidents.c.opening)

    async def stale(self) -> tuple[str, ...]:
        where = sa.and_(incidents.c.shown < incidents.c.revision, incidents.c.briefed == incidents.c.opening)
        async with self._reading() as connection:
            return tuple(await connection.scalars(sa.select(incidents.c.id).where(where)))

    async def revision(self, incident_id: str) -> int:
        async with self._reading() as connection:
            found = await connection.scalar(sa.select(incidents.c.revision).where(incidents.c.id == incident_id))
        return found or 0

    async def report(self, incident_id: str, opening: int) -> Report | None:
        here = sa.and_(reports.c.incident_id == incident_id, reports.c.opening == opening)
        async with self._reading() as connection:
            text = await connection.scalar(sa.select(reports.c.report).where(here))
        return None if text is None else await asyncio.to_thread(codec.read, text, Report)

    async def keep_report(self, incident_id: str, opening: int, report: Report) -> None:
        text = await asyncio.to_thread(codec.dump, report, Report)
        here = sa.and_(reports.c.incident_id == incident_id, reports.c.opening == opening)
        async with self._writing() as connection:
            done = await connection.execute(reports.update().where(here).values(report=text))
            if not done.rowcount:
                await connection.execute(reports.insert().values(incident_id=incident_id, opening=opening, report=text))

    async def keep_channel(self, incident_id: str, channel: Channel) -> None:
        await self._set(incident_id, channel_id=channel.id, channel_name=channel.name)

    async def keep_message(self, incident_id: str, message: Posted) -> None:
        await self._set(incident_id, message_channel=message.channel_id, message_ts=message.ts)

    async def keep_shown(self, incident_id: str, revision: int) -> None:
        await self._set(incident_id, shown=revision)

    async def keep_briefed(self, incident_id: str, opening: int) -> None:
        await self._set(incident_id, briefed=opening)

    async def writable(self) -> None:
        async with self._writing() as connection:
            await connection.execute(incidents.update().where(incidents.c.id == "").values(status="open"))

    async def _set(self, incident_id: str, **values: Any) -> None:
        async with self._writing() as connection:
            await connection.execute(incidents.update().where(incidents.c.id == incident_id).values(**values))

    async def _incidents(self, where: sa.ColumnElement[bool]) -> tuple[Incident, ...]:
        async with self._reading() as connection:
            rows = (await connection.execute(sa.select(incidents).where(where).order_by(incidents.c.opened_at))).all()
            ids = [row.id for row in rows]
            of_them = sa.select(alerts).where(alerts.c.incident_id.in_(ids)).order_by(alerts.c.seq)
            joined = (await connection.execute(of_them)).all() if ids else []
        found = (_incident(row) for row in rows)
        return tuple(
            replace(incident, alerts=tuple(_alert(row) for row in joined if row.incident_id == incident.id))
            for incident in found
        )

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction. Raises JournalDown for everything that another try later can mend."""
        try:
            async with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except (DBAPIError, OSError, sa.exc.TimeoutError) as error:
            raise JournalDown(f"the database cannot be written ({type(error).__name__}); see DATABASE_URL") from error

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.connect() as connection:
                yield connection
        except (DBAPIError, OSError, sa.exc.TimeoutError) as error:
            raise JournalDown(f"the database cannot be read ({type(error).__name__}); see DATABASE_URL") from error


def journal(engine: AsyncEngine, clock: Clock, rules: tuple[tuple[str, ...], tuple[str, ...], int]) -> SqlJournal:
    """The journal by settings: service labels, environment labels, reopen window in seconds."""
    services, envs, window = rules
    return SqlJournal(engine, clock, intake.Rules(services, envs, timedelta(seconds=window)))


def _incident(row: Any) -> Incident:
    return Incident(
        id=row.id,
        service=row.service,
        env=row.env,
        severity=Severity(row.severity),
        title=row.title,
        status=row.status,
        started_at=row.started_at,
        opened_at=row.opened_at,
        opening=row.opening,
        reopened_at=row.reopened_at,
        resolved_at=row.resolved_at,
        channel=Channel(row.channel_id, row.channel_name) if row.channel_id else None,
        message=Posted(row.message_channel, row.message_ts) if row.message_ts else None,
        previous=row.previous,
    )


def _alert(row: Any) -> Alert:
    return Alert(
        source=row.source,
        fingerprint=row.fingerprint,
        status=row.status,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        **row.payload,
    )
