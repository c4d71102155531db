"""What goes on beside the stories until the end: where a bug ends a part of it, that part begins again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

log = structlog.get_logger(__name__)

AGAIN_S = 5.0
"""Before a part begins again: long enough not to fill the log, short enough to lose no incident."""


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    act: Callable[[], Awaitable[object]]
    """Runs until it is cancelled, or has nothing more to do. What it has to do it reads from the database."""


async def go_on(part: Part, again_s: float = AGAIN_S) -> None:
    """Until it ends by itself or is cancelled. What it raises is logged: no person reads an exception of a task."""
    while True:
        try:
            await part.act()
        except Exception:
            log.exception("begins again after a bug", part=part.name)
            await asyncio.sleep(again_s)
        else:
            return
