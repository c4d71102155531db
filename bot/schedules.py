"""Periodic work: APScheduler only ticks, what must not be lost is read from the journal at each tick."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]

Act = Callable[[], Awaitable[None]]

log = structlog.get_logger(__name__)

TAKE_UP_S = 30
"""An opening whose story could not begin (the engine's database was away) waits half a minute at most."""
DAY_S = 24 * 3600
WATCH_S = 1.0
"""How often it is looked whether somebody has set the machine's clock, and what counts as setting it."""
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
    """Starts ticking on the running event loop; the caller shuts it down.

    What was due while everything stood still is done once, however late: the scheduler's own grace of a second would
    leave out what is done once a day.
    """
    how = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    scheduler = AsyncIOScheduler(timezone="UTC", job_defaults=how)
    for tick in ticks:
        first = datetime.now(UTC) + timedelta(seconds=tick.every_s if tick.first_s is None else tick.first_s)
        scheduler.add_job(tick.act, "interval", seconds=tick.every_s, next_run_time=first, name=tick.name)
    scheduler.start()
    _watch_the_clock(scheduler, _ahead())
    return scheduler


def _watch_the_clock(scheduler: AsyncIOScheduler, ahead: float) -> None:
    """Where the machine's clock is set, everything ticks at once and goes on from there: the scheduler goes by that
    clock, and would stand still for an hour where it is set back by one.
    """
    if not scheduler.running:
        return
    if abs(_ahead() - ahead) > WATCH_S:
        log.warning("the machine's clock was set", seconds=round(_ahead() - ahead))
        for job in scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))
    asyncio.get_running_loop().call_later(WATCH_S, _watch_the_clock, scheduler, _ahead())


def _ahead() -> float:
    """Seconds by which the clock that people set is ahead of the one that nobody sets."""
    return time.time() - time.monotonic()
