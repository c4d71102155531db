"""The record of what was done in incidents, over the tables, on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.entry import Entry, Kind
from bot.domain.incident import Posted
from bot.life.entry_ports import Place
from bot.state.database import Database
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.life_tables import entries, told
from bot.state.owed import owe
from bot.state.tables import alerts, incidents


class SqlEntries:
    """`bot.life.entry_ports.Entries` and `Outbox`. Everything raises JournalDown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, entry: Entry) -> Entry | None:
        with down("written"):
            return await self._database.write(lambda connection: append(connection, entry))

    async def of_incident(self, incident_id: str) -> Sequence[Entry]:
        found = sa.select(entries).where(entries.c.incident_id == incident_id).order_by(entries.c.number)
        with down("read"):
            return await self._database.read(lambda connection: [read(row) for row in connection.execute(found)])

    async def numbered(self, incident_id: str, number: int) -> Entry | None:
        return await self._one(sa.and_(entries.c.incident_id == incident_id, entries.c.number == number))

    async def keyed(self, incident_id: str, key: str) -> Entry | None:
        return await self._one(sa.and_(entries.c.incident_id == incident_id, entries.c.key == key))

    async def _one(self, which: sa.ColumnElement[bool]) -> Entry | None:
        with down("read"):
            row = await self._database.read(
                lambda connection: connection.execute(entries.select().where(which)).first()
            )
        return None if row is None else read(row)

    async def of_open(self) -> Mapping[str, Sequence[Entry]]:
        found = (
            sa.select(entries)
            .join(incidents, incidents.c.id == entries.c.incident_id)
            .where(incidents.c.status == "open")
            .order_by(entries.c.incident_id, entries.c.number)
        )
        with down("read"):
            all_of_them = await self._database.read(lambda connection: [read(row) for row in connection.execute(found)])
        return {one: tuple(of_it) for one, of_it in groupby(all_of_them, key=lambda entry: entry.incident_id)}

    async def made_since(self, moment: datetime, kinds: Sequence[Kind]) -> Sequence[Entry]:
        found = (
            sa.select(entries)
            .where(entries.c.at > moment, entries.c.kind.in_(kinds))
            .order_by(entries.c.at, entries.c.incident_id, entries.c.number)
        )
        with down("read"):
            return await self._database.read(lambda connection: [read(row) for row in connection.execute(found)])

    async def of_alert(self, source: str, fingerprint: str) -> str | None:
        newest = (
            sa.select(alerts.c.incident_id)
            .where(alerts.c.source == source, alerts.c.fingerprint == fingerprint, alerts.c.incident_id.is_not(None))
            .order_by(alerts.c.starts_at.desc())
            .limit(1)
        )
        with down("read"):
            return await self._database.read(lambda connection: connection.scalar(newest))

    async def at_message(self, posted: Posted) -> str | None:
        there = sa.and_(incidents.c.message_channel == posted.channel_id, incidents.c.message_ts == posted.ts)
        with down("read"):
            return await self._database.read(lambda c: c.scalar(sa.select(incidents.c.id).where(there)))

    async def untold(
        self, place: Place, kinds: Sequence[Kind], since: datetime, incident_id: str | None = None
    ) -> Sequence[Entry]:
        here = sa.true() if incident_id is None else entries.c.incident_id == incident_id
        there = sa.and_(
            told.c.incident_id == entries.c.incident_id, told.c.number == entries.c.number, told.c.place == place
        )
        found = (
            sa.select(entries)
            .where(here, entries.c.at >= since, entries.c.kind.in_(kinds), ~sa.exists().where(there))
            .order_by(entries.c.at, entries.c.incident_id, entries.c.number)
        )
        with down("read"):
            return await self._database.read(lambda connection: [read(row) for row in connection.execute(found)])

    async def fired_by(self, incident_id: str, source: str, moment: datetime) -> Sequence[str]:
        of_it = sa.and_(alerts.c.incident_id == incident_id, alerts.c.source == source)
        fired_at = sa.func.coalesce(alerts.c.fired_at, alerts.c.received_at)
        found = sa.select(alerts.c.fingerprint).where(of_it, fired_at <= moment).order_by(alerts.c.seq)
        with down("read"):
            return await self._database.read(lambda connection: connection.scalars(found).all())

    async def keep_told(self, entry: Entry, place: Place, at: datetime, refused: str = "") -> None:
        values = {"incident_id": entry.incident_id, "number": entry.number, "place": place, "at": at}
        with down("written"):
            await self._database.write(lambda connection: insert_new(connection, told, **values, refused=refused))

    async def forget_told(self, before: datetime) -> None:
        old = told.delete().where(told.c.at < before)
        with down("written"):
            await self._database.write(lambda connection: connection.execute(old).close())


def append(connection: Connection, entry: Entry) -> Entry | None:
    """`Entries.append`, for whoever commits more in the same transaction."""
    here = incidents.c.id == entry.incident_id
    if connection.scalar(sa.select(incidents.c.id).where(here).with_for_update()) is None:  # one at a time
        raise LookupError(f"there is no incident {entry.incident_id}")
    of_it = entries.c.incident_id == entry.incident_id
    if connection.scalar(sa.select(entries.c.number).where(of_it, entries.c.key == entry.key)) is not None:
        return None
    last: int | None = connection.scalar(sa.select(sa.func.max(entries.c.number)).where(of_it))
    kept = replace(entry, number=(last or 0) + 1, text=_storable(entry.text))
    connection.execute(entries.insert().values({column.name: getattr(kept, column.name) for column in entries.c}))
    connection.execute(incidents.update().where(here).values(revision=incidents.c.revision + 1))
    if entry.kind == "cause":
        owe(connection, entry.incident_id)
    return kept


def read(row: Any) -> Entry:
    """The entry of a row of the table."""
    return Entry(**{column.name: getattr(row, column.name) for column in entries.c})


def _storable(text: str) -> str:
    """Without what no encoding or PostgreSQL takes: half of a surrogate pair, a zero byte."""
    return text.encode(errors="replace").decode().replace("\0", "")
