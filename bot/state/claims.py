"""What one replica does at a time, and what is done once in a while by whichever comes first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.state.database import Database
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.lease import GIVEN_BACK, database_now
from bot.state.tables import claims, leases


class Claims:
    """Names that one live process holds. A claim ends with the lease of whoever made it, and needs no time of its own.

    Everything raises JournalDown.
    """

    def __init__(self, database: Database, executor_id: str) -> None:
        self._database = database
        self._me = executor_id

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[bool]:
        """Whether it is held by this process, inside the block; False where another live one is at it."""
        with down("written"):
            ours = await self._database.write(lambda connection: self._claim(connection, name))
        try:
            yield ours
        finally:
            if ours:
                mine = sa.and_(claims.c.name == name, claims.c.executor_id == self._me)
                with down("written"):
                    await self._database.write(
                        lambda connection: connection.execute(claims.delete().where(mine)).close()
                    )

    async def is_due(self, name: str, every: timedelta) -> bool:
        """Whether it was not done for so long, by any replica; whoever hears yes does it, and the others hear no."""

        def act(connection: Connection) -> bool:
            now = database_now(connection)
            row = {"executor_id": self._me, "at": now}
            if insert_new(connection, claims, name=name, **row):
                return True
            # One that lies ahead is from before the database's clock was set back.
            void = sa.or_(claims.c.at <= now - every, claims.c.at > now + every)
            old = sa.and_(claims.c.name == name, void)
            return bool(connection.execute(claims.update().where(old).values(**row)).rowcount)

        with down("written"):
            return await self._database.write(act)

    async def ring(self, run_id: str) -> None:
        """`bot.runs.workshop.Bell`: whoever tells this run has something to look at."""

        with down("written"):
            await self._database.write(lambda connection: note(connection, _bell(run_id), self._me))

    async def rung(self, run_id: str) -> datetime | None:
        """When it rang last; None: never."""
        when = sa.select(claims.c.at).where(claims.c.name == _bell(run_id))
        with down("read"):
            return await self._database.read(lambda connection: connection.scalar(when))

    async def forget(self, after: timedelta) -> None:
        """What nobody has claimed, done or rung for so long."""

        def act(connection: Connection) -> None:
            connection.execute(claims.delete().where(claims.c.at < database_now(connection) - after))

        with down("written"):
            await self._database.write(act)

    def _claim(self, connection: Connection, name: str) -> bool:
        """Free, or of a process whose lease is taken or given back."""
        row = {"executor_id": self._me, "at": database_now(connection)}
        if insert_new(connection, claims, name=name, **row):
            return True
        live = sa.select(leases.c.executor_id).where(leases.c.taken_by.is_(None), leases.c.beats != GIVEN_BACK)
        void = sa.or_(claims.c.executor_id == self._me, claims.c.executor_id.not_in(live))
        here = sa.and_(claims.c.name == name, void)
        return bool(connection.execute(claims.update().where(here).values(**row)).rowcount)


def note(connection: Connection, name: str, executor_id: str = "") -> None:
    """A name gets the moment of now, whoever had it."""
    row = {"executor_id": executor_id, "at": database_now(connection)}
    if not insert_new(connection, claims, name=name, **row):
        connection.execute(claims.update().where(claims.c.name == name).values(**row))


def _bell(run_id: str) -> str:
    return f"call {run_id}"
