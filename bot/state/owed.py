"""What still has to follow from what people said, committed with it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.memory import Learnt, opening_of
from bot.state import codec
from bot.state.database import Database
from bot.state.down import down
from bot.state.memory_tables import learnt, memories


class SqlOwed:
    """`bot.memory.ports.Owed`. Everything raises JournalDown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def memories(self) -> Sequence[tuple[str, int]]:
        found = sa.select(memories.c.id, memories.c.incident_id).where(memories.c.owed > 0).order_by(memories.c.id)
        with down("read"):
            rows = await self._database.read(lambda connection: connection.execute(found).all())
        return [(row.incident_id, opening_of(row.id, row.incident_id)) for row in rows]

    async def of(self, memory_id: str) -> int:
        found = sa.select(memories.c.owed).where(memories.c.id == memory_id)
        with down("read"):
            return await self._database.read(lambda connection: connection.scalar(found)) or 0

    async def settle(self, memory_id: str, owed: int) -> None:
        same = sa.and_(memories.c.id == memory_id, memories.c.owed == owed)
        await self._change(memories.update().where(same).values(owed=0))

    async def decisions(self) -> Sequence[Learnt]:
        found = sa.select(learnt.c.body).where(learnt.c.owed > 0).order_by(learnt.c.at, learnt.c.id)
        with down("read"):
            bodies = await self._database.read(lambda connection: list(connection.scalars(found)))
        return [codec.read(body, Learnt) for body in bodies]

    async def done(self, learnt_id: str) -> None:
        await self._change(learnt.update().where(learnt.c.id == learnt_id).values(owed=0))

    async def _change(self, change: sa.Update) -> None:
        with down("written"):
            await self._database.write(lambda connection: connection.execute(change).close())


def owe(connection: Connection, incident_id: str) -> None:
    """What is remembered of this incident has to be corrected: something was said of it in the same transaction."""
    of_it = memories.c.incident_id == incident_id
    connection.execute(memories.update().where(of_it).values(owed=memories.c.owed + 1))
