"""Periodic work: APScheduler only ticks, what must not be lost is read from the journal at each tick."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]

TAKE_UP_S = 30
"""An opening whose story could not begin (the engine's database was away) waits half a minute at most."""


KEPT = timedelta(days=30)
"""How long the steps of a story that has ended are kept: long enough to look into what went wrong."""


def start(take_up: Callable[[], Awaitable[None]], forget: Callable[[], Awaitable[None]]) -> AsyncIOScheduler:
    """Starts ticking on the running event loop; the caller shuts it down."""
    scheduler = AsyncIOScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    scheduler.add_job(take_up, "interval", seconds=TAKE_UP_S)
    soon = datetime.now(UTC) + timedelta(minutes=5)  # also where it is started anew each day
    scheduler.add_job(forget, "interval", hours=24, next_run_time=soon)
    scheduler.start()
    return scheduler
