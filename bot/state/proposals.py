"""Proposals to close what is over, over the tables: a part of `bot.state.closings.SqlClosings`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.closing import Proposal
from bot.domain.incident import Posted
from bot.state.database import Database
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.tables import incidents
from bot.state.wrap_up_tables import proposals

_ANSWERED = sa.or_(
    proposals.c.kept_at.is_not(None),
    proposals.c.opening < incidents.c.opening,
    incidents.c.status == "open",
    incidents.c.closed_opening >= proposals.c.opening,
)
_BEING_WRAPPED_UP = sa.and_(
    incidents.c.closed_opening == proposals.c.opening,
    incidents.c.wrapped < proposals.c.opening,
    proposals.c.kept_at.is_(None),
)
"""The story of its closing says so in its place, and nobody else meanwhile."""


class SqlProposals:
    """Everything raises JournalDown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def propose(self, proposal: Proposal) -> Proposal:
        with down("written"):
            return await self._database.write(lambda connection: _keep(connection, proposal))

    async def proposal(self, incident_id: str, opening: int) -> Proposal | None:
        of_it = sa.and_(proposals.c.incident_id == incident_id, proposals.c.opening == opening)
        last = sa.select(proposals).where(of_it).order_by(proposals.c.number.desc()).limit(1)
        with down("read"):
            row = await self._database.read(lambda connection: connection.execute(last).first())
        return None if row is None else _proposal(row)

    async def keep_open(self, incident_id: str, opening: int, by: str, at: datetime) -> bool:
        of_it = sa.and_(proposals.c.incident_id == incident_id, proposals.c.opening == opening)
        last = sa.select(sa.func.max(proposals.c.number)).where(of_it).scalar_subquery()
        here = sa.and_(of_it, proposals.c.number == last, proposals.c.kept_at.is_(None))
        change = proposals.update().where(here, ~sa.exists(_closed(incident_id, opening)))
        with down("written"):
            kept = change.values(kept_at=at, kept_by=by)
            return await self._database.write(lambda connection: connection.execute(kept).rowcount > 0)

    async def unsettled(self) -> Sequence[Proposal]:
        found = sa.select(proposals).join(incidents, incidents.c.id == proposals.c.incident_id)
        which = found.where(proposals.c.settled.is_(False), _ANSWERED, ~_BEING_WRAPPED_UP).order_by(proposals.c.at)
        with down("read"):
            return await self._database.read(lambda connection: [_proposal(row) for row in connection.execute(which)])

    async def settle(self, proposal: Proposal) -> None:
        change = proposals.update().where(_here(proposal)).values(settled=True)
        with down("written"):
            await self._database.write(lambda connection: connection.execute(change).close())


def _here(proposal: Proposal) -> sa.ColumnElement[bool]:
    of_it = sa.and_(proposals.c.incident_id == proposal.incident_id, proposals.c.opening == proposal.opening)
    return sa.and_(of_it, proposals.c.number == proposal.number)


def _closed(incident_id: str, opening: int) -> sa.Select[Any]:
    over = sa.or_(incidents.c.closed_opening >= opening, incidents.c.opening > opening, incidents.c.status == "open")
    return sa.select(sa.literal(1)).where(incidents.c.id == incident_id, over)


def _keep(connection: Connection, proposal: Proposal) -> Proposal:
    known = {"incident_id": proposal.incident_id, "opening": proposal.opening, "number": proposal.number}
    insert_new(connection, proposals, **known, at=proposal.at, settled=False)
    if proposal.message is not None:
        stands = {"message_channel": proposal.message.channel_id, "message_ts": proposal.message.ts}
        connection.execute(proposals.update().where(_here(proposal)).values(at=proposal.at, **stands))
    return _proposal(connection.execute(sa.select(proposals).where(_here(proposal))).one())


def _proposal(row: Any) -> Proposal:
    message = Posted(row.message_channel, row.message_ts) if row.message_ts else None
    return Proposal(row.incident_id, row.opening, row.number, row.at, message, row.kept_by or "")
