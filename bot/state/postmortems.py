"""What was written about incidents, over the tables, on SQLite or PostgreSQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.incident import Posted
from bot.domain.postmortem import Written
from bot.state.database import Database
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.wrap_up_tables import postmortems


class SqlPostmortems:
    """`bot.closing.ports.Postmortems`. Everything raises JournalDown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, written: Written) -> None:
        with down("written"):
            await self._database.write(lambda connection: write(connection, written))

    async def written(self, incident_id: str, opening: int) -> Written | None:
        return await self._first(sa.select(postmortems).where(_of(incident_id, opening)))

    async def newest(self, incident_id: str) -> Written | None:
        return await self._first(_last_of(incident_id))

    async def published(self, incident_id: str) -> Written | None:
        return await self._first(_last_of(incident_id).where(postmortems.c.url != ""))

    async def keep_message(self, incident_id: str, opening: int, message: Posted) -> None:
        await self._change(incident_id, opening, message_channel=message.channel_id, message_ts=message.ts)

    async def keep_url(self, incident_id: str, opening: int, url: str) -> None:
        await self._change(incident_id, opening, url=url)

    async def _change(self, incident_id: str, opening: int, **values: Any) -> None:
        change = postmortems.update().where(_of(incident_id, opening)).values(**values)
        with down("written"):
            await self._database.write(lambda connection: connection.execute(change).close())

    async def _first(self, which: sa.Select[Any]) -> Written | None:
        with down("read"):
            row = await self._database.read(lambda connection: connection.execute(which).first())
        return None if row is None else _written(row)


def _last_of(incident_id: str) -> sa.Select[Any]:
    of_it = sa.select(postmortems).where(postmortems.c.incident_id == incident_id)
    return of_it.order_by(postmortems.c.opening.desc()).limit(1)


def _of(incident_id: str, opening: int) -> sa.ColumnElement[bool]:
    return sa.and_(postmortems.c.incident_id == incident_id, postmortems.c.opening == opening)


def write(connection: Connection, written: Written) -> None:
    """`Postmortems.write`, for whoever commits more in the same transaction."""
    text = {"at": written.at, "text": written.text, "model": written.model, "review": written.review}
    text |= {"reviewed_by": written.reviewed_by, "reviewed_at": written.reviewed_at}
    new = {"incident_id": written.incident_id, "opening": written.opening, "url": written.url, **text}
    if not insert_new(connection, postmortems, **new):
        here = _of(written.incident_id, written.opening)
        if not written.reviewed:
            here = sa.and_(here, postmortems.c.review.not_in(("accepted", "edited")))
        connection.execute(postmortems.update().where(here).values(**text))


def _written(row: Any) -> Written:
    message = Posted(row.message_channel, row.message_ts) if row.message_ts else None
    reviewed = (row.review, row.reviewed_by, row.reviewed_at)
    return Written(row.incident_id, row.opening, row.text, row.at, row.model, message, row.url, *reviewed)
