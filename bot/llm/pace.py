"""Keeps every story of this process together under the rate limit: the urgent first, then whoever came first.

Two token buckets, one of requests and one of input tokens, as the API itself counts
(platform.claude.com/docs/en/api/rate-limits): each holds a minute's worth and fills all the time. Where several
replicas share a database, they share one more pair of buckets there; who is urgent goes first within a replica.
"""

from __future__ import annotations

import asyncio
import bisect
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

import structlog

from bot.ports import JournalDown

T = TypeVar("T")
log = structlog.get_logger(__name__)

LONGEST_REST_S = 60.0
"""Whatever the API asks for: after a minute one call looks whether it is still so."""
PATIENCE_S = 1.0
"""How long a call waits for what replicas share, which takes milliseconds."""
AWAY_S = 10.0
"""How long that is not asked again when it did not answer."""


class SharedPace(Protocol):
    """The same limits, for all replicas together. Everything raises JournalDown."""

    async def take(self, requests: int, tokens: float) -> float:
        """Takes so much of the two limits, both or nothing: 0 where it did, else the seconds until that may do."""
        ...

    async def rest(self, seconds: float) -> None:
        """Nobody gets anything for so long."""
        ...


@dataclass(slots=True)
class _Bucket:
    """At most `holds`, of which `level` is there; a minute fills it."""

    holds: float
    level: float

    def fill(self, seconds: float) -> None:
        self.level = min(self.holds, self.level + self.holds * seconds / 60)

    def seconds_until(self, amount: float) -> float:
        missing = amount - self.level
        return missing * 60 / self.holds if missing > 1e-6 else 0.0  # what a float loses is not waited for


@dataclass(slots=True, order=True)
class _Waiting:
    """One who stands in line; the least is the next."""

    rank: int
    number: int
    woken: asyncio.Event = field(compare=False, default_factory=asyncio.Event)


class Pace:
    """`bot.questions.model_ports.Pace` over the two limits a minute.

    `shared`: what replicas have in common; None: there is one. While it does not answer, each keeps the limits alone.
    """

    def __init__(
        self,
        requests: int,
        tokens: int,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        shared: SharedPace | None = None,
    ) -> None:
        self._requests = _Bucket(requests, requests)
        self._tokens = _Bucket(tokens, tokens)
        self._now = now
        self._sleep = sleep
        self._shared = shared
        self.patience_s = PATIENCE_S
        """How long a call waits for `shared`."""
        self._telling: set[asyncio.Task[object]] = set()
        self._filled = self._back_at = now()
        self._rests_until = self._filled
        self._line: list[_Waiting] = []
        self._numbers = itertools.count()

    async def turn(self, tokens: int, *, urgent: bool) -> None:
        """Waits until a call of about so many input tokens may be made. More than the limit takes all of it."""
        amount = min(float(tokens), self._tokens.holds)
        mine = _Waiting(0 if urgent else 1, next(self._numbers))
        bisect.insort(self._line, mine)
        try:
            while (seconds := await self._seconds_to_go(mine, amount)) != 0:
                await self._wait(mine, seconds)
            self._requests.level -= 1
            self._tokens.level -= amount
        finally:
            self._line.remove(mine)
            for first in self._line[:1]:
                first.woken.set()

    def rest(self, seconds: float) -> None:
        """Nobody has a turn for so long, a minute at most."""
        seconds = min(seconds, LONGEST_REST_S)
        self._rests_until = max(self._rests_until, self._now() + seconds)
        if self._shared is not None:
            telling = asyncio.ensure_future(self._by_all(partial(self._shared.rest, seconds)))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

    async def _seconds_to_go(self, mine: _Waiting, amount: float) -> float | None:
        """Until it may go, 0 where it does: by our own limits, and then by those of all replicas, which it takes from.

        None while others stand before it.
        """
        seconds = self._seconds(mine, amount)
        if seconds != 0 or self._shared is None:
            return seconds
        return await self._by_all(partial(self._shared.take, 1, amount)) or 0.0

    async def _by_all(self, act: Callable[[], Awaitable[T]]) -> T | None:
        """What it gives; None where what replicas share does not answer."""
        if self._now() < self._back_at:
            return None
        try:
            async with asyncio.timeout(self.patience_s):
                return await act()
        except (JournalDown, TimeoutError) as problem:
            log.warning("the model's pace is kept alone", problem=str(problem) or "no answer in time")
            self._back_at = self._now() + AWAY_S
            return None

    def _seconds(self, mine: _Waiting, amount: float) -> float | None:
        """Until it may go; None while others stand before it."""
        if self._line[0] is not mine:
            return None
        now = self._now()
        for bucket in (self._requests, self._tokens):
            bucket.fill(now - self._filled)
        self._filled = now
        return max(self._rests_until - now, self._requests.seconds_until(1), self._tokens.seconds_until(amount), 0.0)

    async def _wait(self, mine: _Waiting, seconds: float | None) -> None:
        """For so long, or until the line has changed."""
        mine.woken.clear()
        changed = asyncio.ensure_future(mine.woken.wait())
        slept = [asyncio.ensure_future(self._sleep(seconds))] if seconds is not None else []
        try:
            await asyncio.wait([changed, *slept], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in (changed, *slept):
                waiting.cancel()
