"""What is kept of incidents that are over, and removed after a while, on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.state.database import Database
from bot.state.down import down
from bot.state.memories import without_names
from bot.state.memory_tables import learnt, memories
from bot.state.tables import answer_votes, incidents, questions, reports
from bot.state.wrap_up_tables import postmortems

T = TypeVar("T")

_UNENDED = sa.or_(incidents.c.status == "open", incidents.c.wrapped < incidents.c.opening)
"""What was found is needed until it is closed and written up."""


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
        found = sa.select(sa.literal(1)).where(incidents.c.id == incident_id, _UNENDED)
        return await self._read(lambda connection: connection.execute(found).first() is not None)

    async def of_incident(self, incident_id: str) -> Mapping[str, int]:
        places = _of(incident_id)
        return await self._read(lambda connection: {kind: _count(connection, place) for kind, place in places.items()})

    async def remove_of(self, incident_id: str) -> None:
        def act(connection: Connection) -> None:
            waiting = sa.and_(learnt.c.incident_id == incident_id, learnt.c.kind != "note")  # notes are of no incident
            votes = answer_votes.c.question_id == without_names(incident_id)
            for place in (*_of(incident_id).values(), (learnt, waiting), (answer_votes, votes)):
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
    over = sa.select(incidents.c.id).where(incidents.c.resolved_at < before, ~_UNENDED)
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
    """What is to be known of it afterwards is noted before."""
    table, rows = place
    if table is questions:
        _take_names(connection, rows)
    if table is reports:
        _note_the_look(connection, rows)
    connection.execute(table.delete().where(rows))


def _take_names(connection: Connection, rows: sa.ColumnElement[bool]) -> None:
    """Votes go with these answers. How many there were stays, without whose, for as long as a memory is told by it."""
    on_them = sa.join(answer_votes, questions, questions.c.id == answer_votes.c.question_id)
    found = sa.select(answer_votes.c.question_id, answer_votes.c.user_id, questions.c.incident_id)
    remembered = sa.exists().where(memories.c.incident_id == questions.c.incident_id)
    for row in connection.execute(found.select_from(on_them).where(rows, remembered)).all():
        theirs = sa.and_(answer_votes.c.question_id == row.question_id, answer_votes.c.user_id == row.user_id)
        nobody = {"question_id": without_names(row.incident_id), "user_id": uuid4().hex}
        connection.execute(answer_votes.update().where(theirs).values(**nobody))
    gone = sa.select(questions.c.id).where(rows)
    connection.execute(answer_votes.delete().where(answer_votes.c.question_id.in_(gone)))


def _note_the_look(connection: Connection, rows: sa.ColumnElement[bool]) -> None:
    """From then on only this tells that something had been found."""
    present = sa.exists().where(reports.c.incident_id == incidents.c.id, reports.c.opening == incidents.c.opening, rows)
    connection.execute(incidents.update().where(present).values(looked=incidents.c.opening))
