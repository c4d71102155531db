"""What is kept of incidents that are over, and removed after a while, on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.state.database import Database
from bot.state.down import down
from bot.state.memory_tables import learnt
from bot.state.tables import answer_votes, incidents, questions, reports
from bot.state.wrap_up_tables import postmortems

T = TypeVar("T")


class SqlLeftovers:
    """`bot.memory.ports.Leftovers`. Everything raises JournalDown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, kind: str, before: datetime) -> int:
        where = _older(kind, before)
        return await self._read(lambda connection: _count(connection, where))

    async def remove(self, kind: str, before: datetime) -> None:
        where = _older(kind, before)
        await self._write(lambda connection: _remove(connection, where))

    async def is_open(self, incident_id: str) -> bool:
        unended = sa.or_(incidents.c.status == "open", incidents.c.wrapped < incidents.c.opening)
        found = sa.select(sa.literal(1)).where(incidents.c.id == incident_id, unended)
        return await self._read(lambda connection: connection.execute(found).first() is not None)

    async def of_incident(self, incident_id: str) -> Mapping[str, int]:
        places = _of(incident_id)
        return await self._read(lambda connection: {kind: _count(connection, place) for kind, place in places.items()})

    async def remove_of(self, incident_id: str) -> None:
        def act(connection: Connection) -> None:
            waiting = sa.and_(learnt.c.incident_id == incident_id, learnt.c.kind != "note")  # notes are of no incident
            for place in (*_of(incident_id).values(), (learnt, waiting)):
                _remove(connection, place)

        await self._write(act)

    async def _read(self, act: Callable[[Connection], T]) -> T:
        with down("read"):
            return await self._database.read(act)

    async def _write(self, act: Callable[[Connection], None]) -> None:
        with down("written"):
            await self._database.write(act)


Place = tuple[sa.Table, sa.ColumnElement[bool]]
"""A table, and which of its rows."""


def _older(kind: str, before: datetime) -> Place:
    if kind == "transcripts":
        return questions, sa.and_(questions.c.asked_at < before, questions.c.answered_at.is_not(None))
    over = sa.select(incidents.c.id).where(incidents.c.status != "open", incidents.c.resolved_at < before)
    return reports, reports.c.incident_id.in_(over)


def _of(incident_id: str) -> Mapping[str, Place]:
    return {
        "reports": (reports, reports.c.incident_id == incident_id),
        "transcripts": (questions, questions.c.incident_id == incident_id),
        "postmortems": (postmortems, postmortems.c.incident_id == incident_id),
    }


def _count(connection: Connection, place: Place) -> int:
    table, rows = place
    return connection.scalar(sa.select(sa.func.count()).select_from(table).where(rows)) or 0


def _remove(connection: Connection, place: Place) -> None:
    """Votes go with the answers that they were given to."""
    table, rows = place
    if table is questions:
        gone = sa.select(questions.c.id).where(rows)
        connection.execute(answer_votes.delete().where(answer_votes.c.question_id.in_(gone)))
    connection.execute(table.delete().where(rows))
