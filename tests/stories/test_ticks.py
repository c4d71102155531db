"""What is done again and again is done late rather than not."""

import asyncio

from bot.schedules import DAY_S, Tick, start


async def test_what_was_due_while_everything_stood_still_is_done_once_afterwards():
    done = asyncio.Event()

    async def act():
        done.set()

    ticking = start([Tick("retention", DAY_S, act, first_s=-60.0)])
    try:
        async with asyncio.timeout(60):
            await done.wait()
    finally:
        ticking.shutdown(wait=False)
