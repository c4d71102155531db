"""The steps of one story while it is told: each recorded when it is done, each done where the bot's clients live."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina
from dbos import DBOS

from bot.ports import JournalDown
from bot.state import codec
from bot.trace_ports import Traces

T = TypeVar("T")

SETTLED_S = 0.2
"""Who has slept for so long really sleeps. What was slept for before a crash, and is over, ends sooner."""


class DurableSteps:
    """`bot.ports.Steps` inside one running workflow."""

    def __init__(
        self, home: asyncio.AbstractEventLoop, attempt: int, traces: Traces, went_on: Callable[[], None]
    ) -> None:
        """`went_on` is called on the loop `home` after each step that was done here and now, and in each sleep."""
        self._home = home
        self._traces = traces
        self._went_on = went_on
        self.asleep = False
        """Whether it does nothing just now but wait for a moment: a stop need not wait for that."""
        # Every story that is taken up again goes through the engine's queue, and so runs on the engine's own loop.
        self.taken_up = attempt > 1 or asyncio.get_running_loop() is not home

    def once(self, name: str, act: Callable[[], Awaitable[T]], kind: type[T]) -> Awaitable[T]:
        place = DBOS.reserve_step()  # now, in the order of the calls: steps may end in another

        async def run() -> str:
            async for tried in stamina.retry_context(JournalDown, attempts=None, timeout=None, wait_max=10.0):
                with tried, self._traces.span(name, {}):  # a database that is away holds a story up and does not end it
                    self.taken_up |= tried.num > 1
                    done = codec.dump(await self._at_home(act), kind)
                    self._home.call_soon_threadsafe(self._went_on)
                    return done
            raise AssertionError("it is tried for ever")

        async def outcome() -> T:
            text: str = await place.run_async({"name": name}, run)
            result: T = codec.read(text, kind)
            return result

        return outcome()

    async def sleep(self, seconds: float) -> None:
        self.asleep = True
        here = asyncio.get_running_loop()
        settled = here.call_later(SETTLED_S, lambda: self._home.call_soon_threadsafe(self._went_on))
        try:
            await DBOS.sleep_async(seconds)
        finally:
            settled.cancel()
            self.asleep = False

    async def _at_home(self, act: Callable[[], Awaitable[T]]) -> T:
        if asyncio.get_running_loop() is self._home:
            return await act()

        async def there() -> T:
            return await act()

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(there(), self._home))
