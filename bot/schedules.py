"""Periodic work: APScheduler only ticks, what must not be lost is read from the journal at each tick."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]

TAKE_UP_S = 30
"""An opening whose story could not begin (the engine's database was away) waits half a minute at most."""
FORGET_S = 24 * 3600
SOON = timedelta(minutes=5)
"""After a start: also where it is started anew each day."""
KEPT = timedelta(days=30)
"""How long the steps of a story that has ended are kept: long enough to look into what went wrong."""


def start(
    take_up: Callable[[], Awaitable[None]],
    forget: Callable[[], Awaitable[None]],
    take_over: Callable[[], Awaitable[None]],
    take_over_s: float,
) -> AsyncIOScheduler:
    """Starts ticking on the running event loop; the caller shuts it down. `take_over` may be done by several."""
    scheduler = AsyncIOScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    scheduler.add_job(take_up, "interval", seconds=TAKE_UP_S)
    scheduler.add_job(forget, "interval", seconds=FORGET_S, next_run_time=datetime.now(UTC) + SOON)
    scheduler.add_job(take_over, "interval", seconds=take_over_s)
    scheduler.start()
    return scheduler
