"""Which replica was the first to hear a message that it answers at once."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.state.database import Database
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.lease import database_now
from bot.state.tables import claims


class FirstHeard:
    """In the table of claims, and never given back: where a replica ends before it has answered, people ask again.

    `replica` tells processes apart, and is no executor's id: what an executor claims ends with its work.
    """

    def __init__(self, database: Database, replica: str) -> None:
        self._database = database
        self._me = replica

    async def first(self, message: str) -> bool:
        """Whether no other replica was; the same one hears yes each time. Raises JournalDown."""
        name = f"heard {message}"

        def act(connection: Connection) -> bool:
            if insert_new(connection, claims, name=name, executor_id=self._me, at=database_now(connection)):
                return True
            return connection.scalar(sa.select(claims.c.executor_id).where(claims.c.name == name)) == self._me

        with down("written"):
            return await self._database.write(act)
