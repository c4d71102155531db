"""A room's own few threads, for a client library that blocks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """At most `size` blocking calls at once; the others wait their turn and are dropped when they are cancelled.

    A call that has begun cannot be stopped: whoever hands it in gives it a time limit of its own.
    """

    def __init__(self, name: str, size: int) -> None:
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=name)

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises, from a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self, last: Callable[[], None] | None = None) -> None:
        """Drops what waits and lets what runs come to its end, without waiting for it. After that `last` is done."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if last is not None:
            threading.Thread(target=self._at_the_end, args=(last,)).start()

    def _at_the_end(self, last: Callable[[], None]) -> None:
        self._pool.shutdown()
        last()
