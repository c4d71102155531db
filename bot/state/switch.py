"""The kill switch over the tables: one row while it is on, none while it is off, seen by every process."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.approval import Stop
from bot.state import codec
from bot.state.database import Database
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.tables import kill_switch

ROW = 1


class SqlSwitch:
    """`bot.runs.action_ports.Switch` on SQLite or PostgreSQL. Everything raises JournalDown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def state(self) -> Stop | None:
        """One read of one row by its key: cheap enough to be asked before each deed and every second during one."""
        here = sa.select(kill_switch.c.body).where(kill_switch.c.number == ROW)
        with down("read"):
            return _stop(await self._database.read(lambda connection: connection.scalar(here)))

    async def stop(self, stop: Stop) -> bool:
        """Turns it on. False: it was on already, and whoever came first, and their reason, stand."""
        body = codec.dump_any(stop, Stop)
        with down("written"):
            return await self._database.write(lambda c: insert_new(c, kill_switch, number=ROW, body=body))

    async def lift(self) -> Stop | None:
        """Turns it off and gives back what it was; None: it was off, or another lifted it at the same moment."""
        with down("written"):
            return _stop(await self._database.write(_lifted))


def _lifted(connection: Connection) -> str | None:
    return connection.scalar(kill_switch.delete().where(kill_switch.c.number == ROW).returning(kill_switch.c.body))


def _stop(body: str | None) -> Stop | None:
    return None if body is None else codec.read(body, Stop)
