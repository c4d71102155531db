"""What one replica does at a time, and what is done once in a while by whichever comes first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection

from bot.ports import JournalDown
from bot.state.database import Database
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.lease import GIVEN_BACK, database_now
from bot.state.tables import claims, leases

NOBODY = ""
"""Has what was done or rung: nobody holds it."""

log = structlog.get_logger(__name__)


class Claims:
    """Names that one holder in one live process has. A claim ends with the lease of whoever made it, and needs no time
    of its own.

    Everything raises JournalDown.
    """

    def __init__(self, database: Database, executor_id: str) -> None:
        self._database = database
        self._me = executor_id
        self._held: set[str] = set()
        """Names that are claimed here, from before the database hears of it until it has heard that it is over."""

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[bool]:
        """Whether it is held by this block, inside of it; False where another is at it, here or in a live process."""
        if name in self._held:
            yield False
            return
        self._held.add(name)
        try:
            with down("written"):
                since = await self._database.write(lambda connection: self._claim(connection, name))
            try:
                yield since is not None
            finally:
                if since is not None:
                    await self._give_back(name, since)
        finally:
            self._held.discard(name)

    async def let_go(self) -> None:
        """What nobody here holds any more, or never heard that he holds it, since the database was away just then."""

        def act(connection: Connection) -> None:
            now = database_now(connection)  # before the look at what is held: what is claimed after it is younger
            left = sa.and_(claims.c.executor_id == self._me, claims.c.at < now, claims.c.name.not_in(tuple(self._held)))
            connection.execute(claims.delete().where(left))

        with down("written"):
            await self._database.write(act)

    async def is_due(self, name: str, every: timedelta) -> bool:
        """Whether it was not done for so long, by any replica; whoever hears yes does it, and the others hear no."""

        def act(connection: Connection) -> bool:
            now = database_now(connection)
            row = {"executor_id": NOBODY, "at": now}
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
            await self._database.write(lambda connection: note(connection, _bell(run_id)))

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

    async def _give_back(self, name: str, since: datetime) -> None:
        """What was done is done, also where the database cannot be told of it: then `let_go` tells it.

        This claim and no later one: what the database takes long for may come after the next was made.
        """
        mine = sa.and_(claims.c.name == name, claims.c.executor_id == self._me, claims.c.at == since)
        try:
            with down("written"):
                await self._database.write(lambda connection: connection.execute(claims.delete().where(mine)).close())
        except JournalDown as problem:
            log.warning("a claim is given back later", what=name, problem=str(problem))

    def _claim(self, connection: Connection, name: str) -> datetime | None:
        """Since when it is held, if it was free, left over from this very process, or of one whose lease is taken or
        given back.
        """
        now = database_now(connection)
        row = {"executor_id": self._me, "at": now}
        if insert_new(connection, claims, name=name, **row):
            return now
        live = sa.select(leases.c.executor_id).where(leases.c.taken_by.is_(None), leases.c.beats != GIVEN_BACK)
        void = sa.or_(claims.c.executor_id == self._me, claims.c.executor_id.not_in(live))
        here = sa.and_(claims.c.name == name, void)
        return now if connection.execute(claims.update().where(here).values(**row)).rowcount else None


def note(connection: Connection, name: str) -> None:
    """A name gets the moment of now."""
    row = {"executor_id": NOBODY, "at": database_now(connection)}
    if not insert_new(connection, claims, name=name, **row):
        connection.execute(claims.update().where(claims.c.name == name).values(**row))


def _bell(run_id: str) -> str:
    return f"call {run_id}"
