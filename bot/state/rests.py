"""Which sources are left alone, for all replicas: a row for each that did not answer when it was asked last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from bot.rests import FAILURES, REST_S, Rest
from bot.state.database import Database
from bot.state.down import down
from bot.state.lease import database_now
from bot.state.tables import rests

REST = timedelta(seconds=REST_S)


class SqlRests:
    """`bot.rests.RestRecord` on SQLite or PostgreSQL, by the database's clock. Everything raises JournalDown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def standing(self) -> Mapping[str, Rest]:
        """One read of a table that is empty as long as all is well."""
        with down("read"):
            return await self._database.read(_standing)

    async def let_through(self, source: str) -> bool:
        """Of replicas that ask at the same moment, the first to change the row hears yes."""

        def act(connection: Connection) -> bool:
            now = database_now(connection)
            over = sa.and_(rests.c.source == source, rests.c.until <= now)
            return bool(connection.execute(rests.update().where(over).values(until=now + REST)).rowcount)

        with down("written"):
            return await self._database.write(act)

    async def failed(self, source: str) -> None:
        with down("written"):
            await self._database.write(lambda connection: _count(connection, source))

    async def answered(self, source: str) -> None:
        here = rests.delete().where(rests.c.source == source)
        with down("written"):
            await self._database.write(lambda connection: connection.execute(here).close())


def _standing(connection: Connection) -> dict[str, Rest]:
    rows = connection.execute(sa.select(rests)).all()
    now = database_now(connection) if rows else None
    return {row.source: Rest(row.failures, row.until and (row.until - now).total_seconds()) for row in rows}


def _count(connection: Connection, source: str) -> None:
    """In one statement: failures that two replicas meet at once are two."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    until = database_now(connection) + REST
    put: Any = dialect.insert(rests).values(source=source, failures=1)
    failures = rests.c.failures + 1
    rests_now = sa.case((failures >= FAILURES, sa.bindparam("rests_until", until, rests.c.until.type)))
    connection.execute(
        put.on_conflict_do_update(index_elements=["source"], set_={"failures": failures, "until": rests_now})
    )
