"""How incidents end and begin anew, over the tables, on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.closing.ports import NotReopenedError, Reopening
from bot.domain.closing import FALSE_ALARM, Closing, Over
from bot.domain.entry import Entry
from bot.domain.incident import BY_HAND, Incident
from bot.state import codec, entries, intake
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.proposals import SqlProposals
from bot.state.rows import incidents_of
from bot.state.storms import storm_that_is_on
from bot.state.tables import alerts, incidents
from bot.state.wrap_up_tables import closings, proposals

_LAST = (
    sa.select(sa.func.max(proposals.c.number))
    .where(proposals.c.incident_id == incidents.c.id, proposals.c.opening == incidents.c.opening)
    .correlate(incidents)
    .scalar_subquery()
)
_THE_LAST = sa.and_(
    proposals.c.incident_id == incidents.c.id,
    proposals.c.opening == incidents.c.opening,
    proposals.c.number == _LAST,
)
_LEAD = incidents.alias("lead")
_ITS_TURN = sa.or_(
    incidents.c.lead.is_(None),
    incidents.c.closed_opening == incidents.c.opening,
    _LEAD.c.closed_opening == _LEAD.c.opening,
)
_UNWRAPPED = (
    sa.select(
        *(incidents.c.id, incidents.c.opening, incidents.c.resolved_at, incidents.c.closed_opening),
        *(proposals.c.number, proposals.c.kept_at, proposals.c.at, proposals.c.message_ts),
        *(incidents.c.lead, _LEAD.c.closed_at.label("lead_closed_at")),
    )
    .outerjoin(proposals, _THE_LAST)
    .outerjoin(_LEAD, _LEAD.c.id == incidents.c.lead)
    .where(incidents.c.status == "resolved", incidents.c.wrapped < incidents.c.opening, _ITS_TURN)
    .order_by(incidents.c.resolved_at, incidents.c.id)
)


class SqlClosings(SqlProposals):
    """`bot.closing.ports.Closings`. Everything raises JournalDown."""

    async def close(self, closing: Closing) -> Closing | None:
        with down("written"):
            return await self._database.write(lambda connection: _close(connection, closing))

    async def closing(self, incident_id: str, opening: int) -> Closing | None:
        with down("read"):
            return await self._database.read(lambda connection: _closing(connection, incident_id, opening))

    async def reopen(self, reopening: Reopening) -> int:
        with down("written"):
            return await self._database.write(lambda connection: _reopen(connection, reopening))

    async def unwrapped(self) -> Sequence[Over]:
        with down("read"):
            rows = await self._database.read(lambda connection: connection.execute(_UNWRAPPED).all())
        return [_over(row) for row in rows]

    async def keep_wrapped(self, incident_id: str, opening: int) -> None:
        later = sa.and_(incidents.c.id == incident_id, incidents.c.wrapped < opening)
        await self._change(later, wrapped=opening)

    async def to_archive(self, before: datetime) -> Sequence[Incident]:
        other = incidents.alias("other")
        shared = sa.exists().where(
            other.c.channel_id == incidents.c.channel_id,
            other.c.id != incidents.c.id,
            sa.or_(other.c.closed_opening < other.c.opening, other.c.closed_at >= before),
        )
        follows = sa.exists().where(other.c.lead == incidents.c.id, other.c.closed_opening < other.c.opening)
        over = sa.and_(
            incidents.c.closed_opening == incidents.c.opening,
            incidents.c.closed_at < before,
            incidents.c.channel_id.is_not(None),
            incidents.c.archived_at.is_(None),
        )
        which = sa.select(incidents).where(over, ~shared, ~follows).order_by(incidents.c.closed_at)
        with down("read"):
            return await self._database.read(lambda connection: incidents_of(connection, which, {}))

    async def keep_archived(self, incident_id: str, at: datetime | None) -> None:
        await self._change(incidents.c.id == incident_id, archived_at=at)

    async def _change(self, where: sa.ColumnElement[bool], **values: Any) -> None:
        change = incidents.update().where(where).values(**values)
        with down("written"):
            await self._database.write(lambda connection: connection.execute(change).close())


def _over(row: Any) -> Over:
    return Over(
        incident_id=row.id,
        opening=row.opening,
        since=row.resolved_at,
        closed=row.closed_opening == row.opening,
        asked=row.number or 0,
        kept_at=row.kept_at,
        asked_at=row.at,
        stands=row.message_ts is not None,
        lead=row.lead,
        lead_closed_at=row.lead_closed_at,
    )


def _close(connection: Connection, closing: Closing) -> Closing | None:
    """In the intake's turn: no alert joins what is being closed."""
    intake.in_turn(connection)
    here = incidents.c.id == closing.incident_id
    row = connection.execute(sa.select(incidents).where(here)).one_or_none()
    if row is None or row.opening != closing.opening:
        return None
    if before := _closing(connection, closing.incident_id, closing.opening):
        return before
    if row.status == "open" and closing.how != "by a person":
        return None
    fires = sa.and_(alerts.c.incident_id == row.id, alerts.c.status == "firing")
    by_hand = alerts.update().where(fires, alerts.c.source == BY_HAND)
    connection.execute(by_hand.values(status="resolved", ends_at=closing.at))
    firing = sa.select(alerts.c.payload).where(fires)
    names = tuple(payload["name"] for payload in connection.scalars(firing.order_by(alerts.c.seq)))
    kept = replace(closing, firing=names)
    body = codec.dump_any(kept, Closing)
    insert_new(connection, closings, incident_id=row.id, opening=row.opening, at=kept.at, body=body)
    over = {"status": "resolved", "resolved_at": row.resolved_at or kept.at}
    closed = {"closed_opening": row.opening, "closed_at": kept.at, "revision": incidents.c.revision + 1}
    connection.execute(incidents.update().where(here).values(**over, **closed))
    for entry in _entries(kept):
        entries.append(connection, entry)
    return kept


def _entries(closing: Closing) -> tuple[Entry, ...]:
    value = FALSE_ALARM if closing.false_alarm else ""
    closed = Entry(
        closing.incident_id,
        f"closed:{closing.opening}",
        closing.at,
        "closed",
        closing.by,
        closing.words,
        value=closing.how,
    )
    resolved = replace(closed, key=f"resolved:{closing.opening}", kind="resolved", value=value)
    return (resolved, closed) if closing.how == "by a person" else (closed,)


def _closing(connection: Connection, incident_id: str, opening: int) -> Closing | None:
    here = sa.and_(closings.c.incident_id == incident_id, closings.c.opening == opening)
    body = connection.scalar(sa.select(closings.c.body).where(here))
    return None if body is None else codec.read(body, Closing)


def _reopen(connection: Connection, again: Reopening) -> int:
    """In the intake's turn: an alert that fires now finds it open, or has opened another."""
    intake.in_turn(connection)
    here = incidents.c.id == again.incident_id
    row = connection.execute(sa.select(incidents).where(here)).one_or_none()
    if row is None:
        raise NotReopenedError(f"No incident is called {again.incident_id}.")
    if row.opening != again.opening or row.status == "open":
        raise NotReopenedError("It is open.")
    same = sa.and_(incidents.c.service == row.service, incidents.c.env == row.env, incidents.c.status == "open")
    if other := connection.scalar(sa.select(incidents.c.id).where(same)):
        raise NotReopenedError(f"{other} of the same service is open: go on there.")
    fresh = {"status": "open", "resolved_at": None, "reopened_at": again.at, "opening": row.opening + 1}
    fresh |= {"message_channel": None, "message_ts": None, "first_said_at": None}  # the next is said anew
    fresh |= {"storm": storm_that_is_on(connection), "revision": incidents.c.revision + 1}
    connection.execute(incidents.update().where(here).values(**fresh))
    key = f"reopened:{row.opening + 1}"
    entries.append(connection, Entry(again.incident_id, key, again.at, "reopened", again.by, again.words))
    return int(row.opening) + 1
