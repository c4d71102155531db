"""Periodic work: APScheduler only ticks, what must not be lost is read from the journal at each tick."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]

Act = Callable[[], Awaitable[None]]

TAKE_UP_S = 30
"""An opening whose story could not begin (the engine's database was away) waits half a minute at most."""
DAY_S = 24 * 3600
SOON_S = 300
"""After a start, for what is done once a day: also where the bot is started anew each day."""
KEPT = timedelta(days=30)
"""How long the steps of a story that has ended are kept: long enough to look into what went wrong."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Something that is done again and again; each time it finds out by itself what there is to do."""

    name: str
    every_s: float
    act: Act
    first_s: float | None = None
    """Seconds from the start to the first time; None: `every_s`."""


def start(ticks: Sequence[Tick]) -> AsyncIOScheduler:
    """Starts ticking on the running event loop; the caller shuts it down."""
    scheduler = AsyncIOScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    for tick in ticks:
        first = datetime.now(UTC) + timedelta(seconds=tick.every_s if tick.first_s is None else tick.first_s)
        scheduler.add_job(tick.act, "interval", seconds=tick.every_s, next_run_time=first, name=tick.name)
    scheduler.start()
    return scheduler
