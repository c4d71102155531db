"""The journal over the tables: what happened, committed before anything is answered or done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from bot.domain.context import Report
from bot.domain.dependencies import NOBODY, Dependencies
from bot.domain.incident import Channel, Incident, Posted
from bot.ports import Clock, JournalDown, Taken
from bot.state import codec, intake
from bot.state.claims import note
from bot.state.database import Database, lost_a_race
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.rows import SEVERITY, incidents_of, said_at
from bot.state.tables import STALE, UNBRIEFED, alerts, incidents, reports
from bot.state.turns import Turns
from integrations.contract import Alert, OpenAlert, Scope

T = TypeVar("T")

RACES = 5
"""How often a transaction is tried again that lost a race for the same service's one open incident."""

MOST_ELSEWHERE = 200
"""So many alerts of other incidents are told of; a storm may have thousands."""

# What each story asks a dozen times over, put together once: that takes longer than the database's part of it.
_ONE = sa.select(incidents).where(incidents.c.id == sa.bindparam("id"))
_SAID = (
    sa.select(incidents.c.first_said_at, incidents.c.message_channel, incidents.c.message_ts)
    .where(incidents.c.id == sa.bindparam("id"))
    .with_for_update()  # its row in a storm's table may be noted as said just now
)
_REVISION = sa.select(incidents.c.revision).where(incidents.c.id == sa.bindparam("id"))
_STALE = (
    sa.select(incidents.c.id)
    .where(STALE)
    .order_by(incidents.c.status != "open", SEVERITY, incidents.c.opened_at, incidents.c.id)
)
_REPORT = sa.select(reports.c.report).where(
    reports.c.incident_id == sa.bindparam("id"), reports.c.opening == sa.bindparam("opening")
)
_SET = incidents.update().where(incidents.c.id == sa.bindparam("here"))
_ONE_MORE = {"revision": incidents.c.revision + 1}
"""To be shown again. `shown` is never set back: whoever is showing it right now would set it forth again."""


class UnknownIncidentError(LookupError):
    """No incident has this id."""


class SqlJournal:
    """`bot.ports.Journal` on SQLite or PostgreSQL."""

    def __init__(self, database: Database, clock: Clock, rules: intake.Rules) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules
        self._turns = Turns(self._commit)

    async def take(self, alerts: Sequence[Alert]) -> tuple[Taken, ...]:
        return await self._turns.take(alerts)

    async def incident(self, incident_id: str) -> Incident:
        found = await self._read(lambda connection: incidents_of(connection, _ONE, {"id": incident_id}))
        if not found:
            raise UnknownIncidentError(incident_id)
        return found[0]

    async def open_incidents(self, resolved_since: datetime | None = None) -> tuple[Incident, ...]:
        wanted = incidents.c.status == "open"
        return await self._incidents(
            sa.or_(wanted, incidents.c.resolved_at >= resolved_since) if resolved_since else wanted
        )

    async def count_open(self) -> int:
        is_open = sa.select(sa.func.count()).select_from(incidents).where(incidents.c.status == "open")
        return await self._read(lambda connection: connection.scalar(is_open)) or 0

    async def firing_elsewhere(self, scope: Scope) -> tuple[OpenAlert, ...]:
        lead = incidents.alias("lead")
        told_in = sa.func.coalesce(lead.c.channel_id, incidents.c.channel_id).label("channel_id")
        firing = (
            sa.select(alerts, incidents.c.service, told_in)
            .join(incidents, incidents.c.id == alerts.c.incident_id)
            .outerjoin(lead, lead.c.id == incidents.c.lead)
            .where(_elsewhere(scope), alerts.c.status == "firing")
            .order_by(incidents.c.opened_at, alerts.c.seq)
            .limit(MOST_ELSEWHERE)
        )
        return await self._read(lambda connection: tuple(map(_open_alert, connection.execute(firing))))

    async def in_channel(self, channel_id: str) -> Incident | None:
        found = await self._incidents(incidents.c.channel_id == channel_id)
        return max(found, key=lambda incident: incident.opened_at, default=None)

    async def unbriefed(self) -> tuple[Incident, ...]:
        return await self._incidents(UNBRIEFED)

    async def stale(self) -> tuple[str, ...]:
        return await self._read(lambda c: tuple(c.scalars(_STALE)))

    async def revision(self, incident_id: str) -> int:
        return await self._read(lambda c: c.scalar(_REVISION, {"id": incident_id})) or 0

    async def report(self, incident_id: str, opening: int) -> Report | None:
        def act(connection: Connection) -> Report | None:
            text = connection.scalar(_REPORT, {"id": incident_id, "opening": opening})
            return None if text is None else codec.read(text, Report)

        return await self._read(act)

    async def keep_report(self, incident_id: str, opening: int, report: Report, *, first: bool = False) -> None:
        text = await asyncio.to_thread(codec.dump, report, Report)
        here = sa.and_(reports.c.incident_id == incident_id, reports.c.opening == opening)

        def act(connection: Connection) -> None:
            # The first impression may be in the middle of its own transaction, whose task was cancelled.
            if not insert_new(connection, reports, incident_id=incident_id, opening=opening, report=text):
                if first:
                    return
                connection.execute(reports.update().where(here).values(report=text))
            connection.execute(_SET.values(_ONE_MORE), {"here": incident_id})

        await self._write(act)

    async def keep_channel(self, incident_id: str, channel: Channel) -> None:
        """Those that are told with it are to move there: they are shown again."""
        told_with_it = incidents.update().where(incidents.c.lead == incident_id).values(_ONE_MORE)

        def act(connection: Connection) -> None:
            named = {"here": incident_id, "channel_id": channel.id, "channel_name": channel.name}
            connection.execute(_SET, named)
            connection.execute(told_with_it)

        await self._write(act)

    async def keep_message(self, incident_id: str, message: Posted) -> None:
        """The first that is kept of an opening is when it was said; where it moves, that stays."""

        def act(connection: Connection) -> None:
            first = said_at(connection.execute(_SAID, {"id": incident_id}).one()) or message.at
            stands = {"message_channel": message.channel_id, "message_ts": message.ts, "first_said_at": first}
            connection.execute(_SET, {"here": incident_id, **stands})

        await self._write(act)

    async def keep_shown(self, incident_id: str, revision: int) -> None:
        await self._set(incident_id, shown=revision)

    async def show_again(self, incident_id: str) -> None:
        again = _SET.values(_ONE_MORE)
        await self._write(lambda connection: connection.execute(again, {"here": incident_id}).close())

    async def keep_briefed(self, incident_id: str, opening: int) -> None:
        later = sa.and_(incidents.c.id == incident_id, incidents.c.briefed < opening)
        change = incidents.update().where(later).values(briefed=opening)
        await self._write(lambda connection: connection.execute(change).close())

    async def writable(self) -> None:
        await self._write(lambda connection: note(connection, "writable"))  # a change of nothing works on a full disk

    async def _commit(self, deliveries: Sequence[Sequence[Alert]]) -> list[tuple[Taken, ...]]:
        """All of them in one transaction. A single one is tried again where it lost a race; several are not."""

        def act(connection: Connection) -> list[tuple[Taken, ...]]:
            intake.in_turn(connection)
            return [self._taken(connection, alerts) for alerts in deliveries]

        for attempt in range(RACES if len(deliveries) == 1 else 1):
            try:
                return await self._write(act)
            except IntegrityError:  # another replica opened the same incident between our look and our write
                pass
            except JournalDown as down:
                if not lost_a_race(down.__cause__):
                    raise
            await asyncio.sleep(0.01 * 2**attempt)
        raise JournalDown("the same incident was opened by several at once, five times over")

    def _taken(self, connection: Connection, alerts: Sequence[Alert]) -> tuple[Taken, ...]:
        now = self._clock.now()  # after the wait, so that moments are in the order of the transactions
        return tuple([intake.take(connection, alert, self._rules, now) for alert in alerts])

    async def _set(self, incident_id: str, **values: Any) -> None:
        await self._write(lambda connection: connection.execute(_SET, {"here": incident_id, **values}).close())

    async def _incidents(self, where: sa.ColumnElement[bool]) -> tuple[Incident, ...]:
        which = sa.select(incidents).where(where).order_by(incidents.c.opened_at)
        return await self._read(lambda connection: incidents_of(connection, which, {}))

    async def _write(self, act: Callable[[Connection], T]) -> T:
        """One transaction. Raises JournalDown for everything that another try later can mend."""
        with down("written"):
            return await self._database.write(act)

    async def _read(self, act: Callable[[Connection], T]) -> T:
        with down("read"):
            return await self._database.read(act)


def journal(
    database: Database,
    clock: Clock,
    rules: tuple[tuple[str, ...], tuple[str, ...], int],
    calls: Mapping[str, Sequence[str]] = NOBODY,
    storm_threshold: int = 0,
) -> SqlJournal:
    """The journal by settings: service labels, environment labels, reopen window in seconds.

    `calls`: service → the services that it depends on. More new incidents in a minute than `storm_threshold` are a
    storm; 0: never.
    """
    services, envs, window = rules
    reopen_window, known = timedelta(seconds=window), Dependencies(calls)
    return SqlJournal(database, clock, intake.Rules(services, envs, reopen_window, known, storm_threshold))


def _elsewhere(scope: Scope) -> sa.ColumnElement[bool]:
    """Open, of another id, on one of the services, and not known to be of another environment."""
    near = sa.and_(
        incidents.c.status == "open", incidents.c.service.in_(scope.services), incidents.c.id != scope.incident_id
    )
    return sa.and_(near, incidents.c.env.in_(("", scope.env))) if scope.env else near


def _open_alert(row: Any) -> OpenAlert:
    told = row.payload
    return OpenAlert(row.service, told["name"], told["severity"], row.starts_at, row.incident_id, row.channel_id)
