"""What Slack delivers is done once: who delivers it again is given the same outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")

REMEMBERED = 1_000
"""Deliveries are repeated within minutes; this many are not heard in that time."""


class Once:
    """Remembers what was begun, done or not, by the key of its delivery."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._begun: dict[str, asyncio.Task[Any]] = {}
        self._unnamed: set[asyncio.Task[Any]] = set()

    def begin(self, key: str, act: Callable[[], Awaitable[T]]) -> asyncio.Task[T]:
        """Begins it, or gives back what was begun under this key. Without a key it is begun each time."""
        if key in self._begun:
            return self._begun[key]

        async def acting() -> T:
            return await act()

        task = asyncio.create_task(acting())
        if not key:
            self._unnamed.add(task)
            task.add_done_callback(self._unnamed.discard)
            return task
        self._begun[key] = task
        if len(self._begun) > self._most:
            self._drop_one()
        return task

    def forget(self, key: str) -> None:
        """Delivered again, it is done again."""
        self._begun.pop(key, None)

    def _drop_one(self) -> None:
        """The oldest that is done; one that still runs is held on to, so that it is not collected away."""
        done = next((key for key, task in self._begun.items() if task.done()), None)
        if done is not None:
            del self._begun[done]
