"""Which lines about a budget were said: each is said once, by one replica, also where that one ends in between."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.ports import Clock
from bot.state.database import Database
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.tables import budget_lines

SAYING = timedelta(minutes=5)
"""How long whoever undertook to say a line is given; then another may. Longer than Slack is tried."""


class SqlBudgetLines:
    """`bot.questions.budget_warning.Lines` on SQLite or PostgreSQL. Everything raises JournalDown."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def undertake(self, key: str) -> bool:
        """Whether the caller is the one who is to say it now. Nothing is written where it is not."""
        now = self._clock.now()
        here, over = budget_lines.c.key == key, now - SAYING
        given_up = sa.and_(here, sa.not_(budget_lines.c.said), budget_lines.c.taken_at <= over)

        def act(connection: Connection) -> bool:
            if insert_new(connection, budget_lines, key=key, taken_at=now, said=False):
                return True
            return bool(connection.execute(budget_lines.update().where(given_up).values(taken_at=now)).rowcount)

        with down("read"):
            row = await self._database.read(
                lambda connection: connection.execute(sa.select(budget_lines).where(here)).first()
            )
        if row is not None and (row.said or row.taken_at > over):
            return False
        with down("written"):
            return await self._database.write(act)

    async def said(self, key: str) -> None:
        """It stands: nobody says it again."""
        change = budget_lines.update().where(budget_lines.c.key == key).values(said=True)
        with down("written"):
            await self._database.write(lambda connection: connection.execute(change).close())
