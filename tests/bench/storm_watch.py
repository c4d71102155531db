"""What is seen of a storm while it goes on: rows and headlines in Slack, memory, and how far the bot is."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from bot.state.database import sync_url
from bot.state.tables import alerts, incidents, storms
from playground.slack.changes import Change, Edited, Posted
from tests.bench.process import Program, rss_of, with_children

SERVICE = re.compile(r"payment-service-\d{3}")
LOOK_S = 0.5


@dataclass
class Seen:
    """When each service was first named in Slack, on this machine's monotonic clock."""

    at: dict[str, float] = field(default_factory=dict)

    def hear(self, change: Change) -> None:
        match change:
            case Posted(_, message) | Edited(_, message) if message.bot_id:
                for name in SERVICE.findall(str(message.blocks)):
                    self.at.setdefault(name, time.perf_counter())
            case _:
                pass


@dataclass
class Weight:
    """The most memory each process had, in megabytes: the bot's own, and the one that looks."""

    bot: float = 0.0
    looking: float = 0.0

    def look(self, program: Program) -> None:
        own, *others = (rss_of(pid) for pid in with_children(program.pid))
        self.bot, self.looking = max(self.bot, own), max(self.looking, sum(others))


@asynccontextmanager
async def weighed(program: Program) -> AsyncIterator[Weight]:
    """While one is inside."""
    weight = Weight()

    async def look() -> None:
        while True:
            weight.look(program)
            await asyncio.sleep(LOOK_S)

    looking = asyncio.create_task(look())
    try:
        yield weight
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class State:
    """How far the bot is."""

    incidents: int
    untold: int
    """Not looked into yet."""
    without_channel: int
    """Open, looked into or not."""
    storms: int


class Record:
    """The bot's database, read beside it."""

    def __init__(self, database_url: str) -> None:
        self._engine = sa.create_engine(sync_url(database_url))

    async def state(self) -> State:
        untold = sa.case((incidents.c.briefed < incidents.c.opening, 1), else_=0)
        bare = sa.case((sa.and_(incidents.c.channel_id.is_(None), incidents.c.status == "open"), 1), else_=0)
        counts = sa.select(sa.func.count(), sa.func.sum(untold), sa.func.sum(bare)).select_from(incidents)
        began = sa.select(sa.func.count()).select_from(storms)

        def look() -> State:
            with self._engine.connect() as connection:
                total, left, without = connection.execute(counts).one()
                return State(total, left or 0, without or 0, connection.scalar(began) or 0)

        return await asyncio.to_thread(look)

    async def alerts(self) -> list[tuple[str, str, bool, str, str, str]]:
        """Fingerprint, start, whether it fires, its own service, its incident's service, its incident's id."""
        which = sa.select(alerts, incidents.c.service).outerjoin(incidents, incidents.c.id == alerts.c.incident_id)

        def look() -> list[tuple[str, str, bool, str, str, str]]:
            with self._engine.connect() as connection:
                return [
                    (
                        row.fingerprint,
                        row.starts_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                        row.status == "firing",
                        row.payload["labels"].get("service", ""),
                        row.service or "",
                        row.incident_id or "",
                    )
                    for row in connection.execute(which)
                ]

        return await asyncio.to_thread(look)

    def close(self) -> None:
        self._engine.dispose()


async def until(done: Callable[[State], bool], record: Record, limit_s: float) -> tuple[float | None, State]:
    """Seconds until it was so, None where it was not in time; and the last that was seen."""
    began = time.perf_counter()
    while True:
        state = await record.state()
        passed = time.perf_counter() - began
        if done(state) or passed > limit_s:
            return (passed if done(state) else None), state
        await asyncio.sleep(LOOK_S)
