"""Calls of one kind, no faster than Slack takes them."""

from __future__ import annotations

import asyncio
import time


class Pace:
    """Gives each turn `pause_s` seconds after the one before, whoever takes them."""

    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self._next = 0.0
        self._line = asyncio.Lock()

    async def turn(self) -> None:
        """Waits until it is one's turn."""
        async with self._line:
            await asyncio.sleep(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + self._pause_s

    def hold(self, seconds: float) -> None:
        """No turn for so long: Slack has asked for it."""
        self._next = max(self._next, time.monotonic() + seconds)
