"""What all replicas together have used of each limit: a row for each call that still counts."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.pace import Rate, Used, due
from bot.priority import Priority
from bot.state.database import Database
from bot.state.down import down
from bot.state.lease import database_now
from bot.state.tables import allowances

ALLOWANCES_LOCK = 7310215
"""PostgreSQL's advisory locks are numbers that all who use the database share; this one is ours. One for all limits: a
take lasts a few milliseconds, and what no longer counts is deleted by whoever comes next."""
_HOLD = " hold"
_CALL = " call "


class SqlAllowances:
    """`bot.pace.Allowances`, by the database's clock. `family` keeps its limits apart from those of others."""

    def __init__(self, database: Database, family: str) -> None:
        self._database = database
        self._family = family

    async def take(self, limit: str, rate: Rate, priority: Priority) -> float:
        name = f"{self._family} {limit}"

        def act(connection: Connection) -> float:
            now = self._alone(connection)
            rows = connection.execute(sa.select(allowances).where(allowances.c.name.startswith(name, autoescape=True)))
            until: dict[str, float] = {row.name.removeprefix(name): row.free_at for row in rows}
            taken = sorted(free_at - rate.window for rest, free_at in until.items() if rest.startswith(_CALL))
            at = max(due(rate, priority, Used(taken), now), until.get(_HOLD, now))
            if at <= now:
                row = {"name": f"{name}{_CALL}{uuid.uuid4().hex}", "free_at": now + rate.window}
                connection.execute(allowances.insert().values(row))
            return at - now

        with down("written"):
            return await self._database.write(act)

    async def hold(self, limit: str, seconds: float) -> None:
        name = f"{self._family} {limit}{_HOLD}"

        def act(connection: Connection) -> None:
            until = self._alone(connection) + seconds
            before = connection.scalar(sa.select(allowances.c.free_at).where(allowances.c.name == name))
            connection.execute(allowances.delete().where(allowances.c.name == name))
            connection.execute(allowances.insert().values(name=name, free_at=max(until, before or until)))

        with down("written"):
            await self._database.write(act)

    def _alone(self, connection: Connection) -> float:
        """From here on no other replica takes any until the transaction ends; what no longer counts is gone. Now."""
        if connection.dialect.name == "postgresql":  # SQLite has one writer at a time as it is
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ALLOWANCES_LOCK)))
        now = database_now(connection).timestamp()
        ours = allowances.c.name.startswith(f"{self._family} ", autoescape=True)
        connection.execute(allowances.delete().where(ours, allowances.c.free_at <= now))
        return now
