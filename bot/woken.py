"""Waiting for something to do: until it is said that there is something, and at the latest after a while."""

from __future__ import annotations

import asyncio
import contextlib


async def woken(event: asyncio.Event, at_most_s: float) -> bool:
    """Waits until the event is set, so many seconds at the most; whether it was. It is clear afterwards.

    Whoever looks for what there is to do looks after this: what is said while it looks wakes it the next time.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(at_most_s):
            await event.wait()
    said = event.is_set()
    event.clear()
    return said
