"""Which replica said or set a thing in Slack last."""

from __future__ import annotations

from sqlalchemy import Connection

from bot.state.database import Database
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.lease import database_now
from bot.state.tables import claims


class SqlLastWord:
    """`bot.slack.last_word.LastWord`, in the table of claims: a last word is a claim that whoever speaks takes over.

    `replica` tells processes apart, and is no executor's id: what an executor claims ends with its work.
    """

    def __init__(self, database: Database, replica: str) -> None:
        self._database = database
        self._me = replica

    async def first(self, what: str) -> None:
        """It is this replica's, unless another has spoken since. Raises JournalDown."""

        def act(connection: Connection) -> None:
            insert_new(connection, claims, name=_name(what), executor_id=self._me, at=database_now(connection))

        with down("written"):
            await self._database.write(act)

    async def again(self, what: str) -> bool:
        """Whether it was this replica's; it is from now on. One that was forgotten is nobody's. Raises JournalDown."""

        def act(connection: Connection) -> bool:
            here, now = claims.c.name == _name(what), database_now(connection)
            mine = claims.update().where(here, claims.c.executor_id == self._me).values(at=now)
            if connection.execute(mine).rowcount:
                return True
            if not insert_new(connection, claims, name=_name(what), executor_id=self._me, at=now):
                connection.execute(claims.update().where(here).values(executor_id=self._me, at=now))
            return False

        with down("written"):
            return await self._database.write(act)


def _name(what: str) -> str:
    return f"last word {what}"
