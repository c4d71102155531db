"""The model's limits a minute, kept by all replicas together: two rows that say how far they are used up.

Each row holds the moment at which its bucket will be full again, by the database's clock: the «theoretical arrival
time» of the generic cell rate algorithm (ITU-T I.371). What is taken moves it on by the time that it takes to fill
that in again; what would move it further ahead than a minute is not there yet.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.state.database import Database
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.lease import database_now
from bot.state.tables import allowances

REQUESTS, TOKENS, RESTS = "model:requests", "model:tokens", "model:rests"
"""Names of the rows. The last holds until when nobody gets anything."""
NAMES = (REQUESTS, RESTS, TOKENS)
MINUTE_S = 60.0
LEAST_S = 0.001
"""What rounding loses is not waited for, and nobody comes again sooner."""


class SqlPace:
    """`bot.llm.pace.SharedPace` over so many requests and tokens a minute. Everything raises JournalDown."""

    def __init__(self, database: Database, requests: int, tokens: int) -> None:
        self._database = database
        self._seconds = {REQUESTS: MINUTE_S / requests, TOKENS: MINUTE_S / tokens}
        """That it takes to fill one in again."""

    async def take(self, requests: int, tokens: float) -> float:
        takes = {REQUESTS: requests * self._seconds[REQUESTS], TOKENS: tokens * self._seconds[TOKENS]}
        with down("written"):
            return await self._database.write(lambda connection: _take(connection, takes))

    async def rest(self, seconds: float) -> None:
        def act(connection: Connection) -> None:
            full_at, now = _locked(connection)
            _set(connection, RESTS, max(full_at[RESTS], now + seconds))

        with down("written"):
            await self._database.write(act)


def _take(connection: Connection, takes: Mapping[str, float]) -> float:
    """Takes what fills in again within these seconds, by row; or says how long to wait, and takes nothing."""
    full_at, now = _locked(connection)
    then = {name: max(full_at[name], now) + min(seconds, MINUTE_S) for name, seconds in takes.items()}
    wait = max(full_at[RESTS], *(moment - MINUTE_S for moment in then.values())) - now
    if wait > LEAST_S:
        return wait
    for name, moment in then.items():
        _set(connection, name, moment)
    return 0.0


def _locked(connection: Connection) -> tuple[dict[str, float], float]:
    """The rows, which nobody else changes until the transaction ends, and the database's time after that wait."""
    rows = sa.select(allowances).where(allowances.c.name.in_(NAMES)).order_by(allowances.c.name).with_for_update()
    found = {row.name: row.free_at for row in connection.execute(rows)}
    if len(found) < len(NAMES):
        for name in NAMES:
            insert_new(connection, allowances, name=name, free_at=0.0)
        found = {row.name: row.free_at for row in connection.execute(rows)}
    return found, database_now(connection).timestamp()


def _set(connection: Connection, name: str, free_at: float) -> None:
    connection.execute(allowances.update().where(allowances.c.name == name).values(free_at=free_at))
