"""A replica's lease: as long as it is renewed, its stories are its own; once it has run out, another takes them up.

Nothing here trusts the clocks of two machines to agree: a lease runs out by the database's clock, and whoever wants
to take it has first seen, by its own, that it stood still. Who stood still itself finds its lease taken, and ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection, Row

from bot.ports import JournalDown
from bot.runs import at_work
from bot.state.database import Database
from bot.state.down import down
from bot.state.tables import leases

KEPT = timedelta(days=1)
"""So long a lease that was taken is kept: a process that stood still may leave something when it is woken."""
RENEWALS = 4
"""In the time of one lease."""
SIGHT = 0.5
"""Of a lease's time: so long it is seen not to move before it is taken. A live one, whose database was away or whose
clock was set, is renewed before."""
GIVEN_BACK = 0
"""Its beats then."""
LOST = 75
"""The exit code of a process that lost its lease (EX_TEMPFAIL): its supervisor starts it again."""

log = structlog.get_logger(__name__)
_telling: ContextVar[bool] = ContextVar("telling", default=False)


@contextlib.contextmanager
def telling() -> Iterator[None]:
    """What happens inside belongs to a story, which another replica may have taken up meanwhile: see `Lease.sure`."""
    token = _telling.set(True)
    try:
        yield
    finally:
        _telling.reset(token)


def _end() -> None:
    log.error("stood still for longer than my lease, and another replica went on: ending, to be started again")
    os._exit(LOST)  # at once: whatever this process still did, another does


@dataclass(frozen=True, slots=True)
class Left:
    """Stories whose process is gone, and that this one takes up."""

    executors: tuple[str, ...]
    versions: frozenset[str]
    """Versions of stories that some live process tells, this one's too."""
    stopped: frozenset[str] = frozenset()
    """Those of the executors that ended as they were told to, and gave their leases back."""


class Lease:
    """This process's own. `lost` is called where another has taken it; the default ends the process.

    `passing`: seconds of a clock that nobody sets.
    """

    def __init__(
        self,
        database: Database,
        version: str,
        lease_s: float,
        lost: Callable[[], None] = _end,
        passing: Callable[[], float] = time.monotonic,
    ) -> None:
        self.executor_id = at_work.executor()
        self.every_s = lease_s / RENEWALS
        """How often it is renewed, and looked whether another has run out."""
        self._database = database
        self._version = version
        self._span = timedelta(seconds=lease_s)
        self._lost = lost
        self._passing = passing
        self._until = 0.0
        self._turn = asyncio.Lock()
        self._seen: dict[str, tuple[int, float]] = {}

    async def take(self) -> None:
        """Before the first story. Raises JournalDown."""

        def act(connection: Connection) -> None:
            ends = database_now(connection) + self._span
            row = {"executor_id": self.executor_id, "story_version": self._version, "beats": 1, "expires_at": ends}
            connection.execute(leases.insert().values(**row))

        began = self._passing()
        with down("written"):
            await self._database.write(act)
        self._until = began + self._span.total_seconds()

    async def keep(self) -> None:
        """Renews it until cancelled."""
        while True:
            await asyncio.sleep(self.every_s)
            try:
                await self._renew()
            except JournalDown as problem:
                log.warning("the lease is not renewed", problem=str(problem))

    async def sure(self) -> None:
        """Before a story does what must not be done by two: that no other replica tells it by now.

        Costs nothing as long as the lease is known to hold. Raises JournalDown where nobody can tell; where another
        has taken the lease, this process ends.
        """
        if _telling.get() and self._passing() >= self._until and self._database.shared:
            async with self._turn:
                if self._passing() >= self._until:
                    await self._renew()

    async def give_back(self) -> None:
        """At the end: what is left of its stories is taken up at once, and not when the lease has run out."""
        here = leases.c.executor_id == self.executor_id
        with down("written"):
            await self._database.write(
                lambda c: c.execute(leases.update().where(here).values(beats=GIVEN_BACK)).close()
            )

    async def left(self) -> Left:
        """Whose stories are to be taken up by this process, and by no other as long as it lives. Raises JournalDown."""

        def act(connection: Connection) -> Left:
            now = database_now(connection)
            everyone = connection.execute(sa.select(leases).order_by(leases.c.executor_id))
            rows = [row for row in everyone if row.executor_id != self.executor_id]
            live = {row.executor_id: row.story_version for row in rows if not self._is_dead(row, now)}
            mine = tuple(row.executor_id for row in rows if self._takes(connection, row, live))
            stopped = frozenset(row.executor_id for row in rows if row.beats == GIVEN_BACK)
            return Left(mine, frozenset({*live.values(), self._version}), stopped)

        with down("written"):
            return await self._database.write(act)

    async def forget(self, executor_ids: tuple[str, ...]) -> None:
        """Their stories are taken up: those that ran out long ago are not looked at any more. Raises JournalDown."""

        def act(connection: Connection) -> None:
            old = sa.and_(leases.c.executor_id.in_(executor_ids), leases.c.expires_at < database_now(connection) - KEPT)
            connection.execute(leases.delete().where(old))

        with down("written"):
            await self._database.write(act)

    async def _renew(self) -> None:
        here = sa.and_(leases.c.executor_id == self.executor_id, leases.c.taken_by.is_(None))

        def act(connection: Connection) -> int:
            renewed = {"beats": leases.c.beats + 1, "expires_at": database_now(connection) + self._span}
            return connection.execute(leases.update().where(here).values(**renewed)).rowcount

        began = self._passing()
        with down("written"):
            count = await self._database.write(act)
        if not count:
            self._lost()
        self._until = began + self._span.total_seconds()

    def _is_dead(self, row: Row[tuple[object, ...]], now: datetime) -> bool:
        """Whether the process of this lease is gone, or has to end once it is woken."""
        if row.taken_by is not None or row.beats == GIVEN_BACK or not self._database.shared:
            return True
        if at_work.is_gone(row.executor_id):
            return True
        if row.expires_at > now:
            self._seen.pop(row.executor_id, None)
            return False
        beats, since = self._seen.get(row.executor_id, (GIVEN_BACK, 0.0))
        if beats != row.beats:
            self._seen[row.executor_id] = (row.beats, self._passing())
            return False
        return self._passing() - since >= self._span.total_seconds() * SIGHT

    def _takes(self, connection: Connection, row: Row[tuple[object, ...]], live: dict[str, str]) -> bool:
        """Whether it is this process's to take up: it is already, or this one is the first to take it.

        What another version's process left is left to a live one of that version, which goes on where it stood.
        """
        if row.taken_by == self.executor_id:
            return True
        if row.executor_id in live or row.taken_by in live:
            return False
        if row.story_version != self._version and row.story_version in live.values():
            return False
        as_seen = sa.and_(leases.c.beats == row.beats, leases.c.taken_by.is_not_distinct_from(row.taken_by))
        here = sa.and_(leases.c.executor_id == row.executor_id, as_seen)
        return bool(connection.execute(leases.update().where(here).values(taken_by=self.executor_id)).rowcount)


def database_now(connection: Connection) -> datetime:
    """By the database's clock, which is the same for every replica."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = connection.scalar(sa.select(sa.func.clock_timestamp())) or datetime.now(UTC)
    return now.astimezone(UTC)
