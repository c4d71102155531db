"""Sources that did not answer several times in a row are left alone for a while, by every replica.

When that is over, one question is let through to see, by one replica: an answer ends the rest for all of them, and
silence begins it anew. Where the record that they share cannot be read, each goes by what it knows itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import structlog

from bot.ports import JournalDown
from integrations.contract import RoomError, Unreachable

T = TypeVar("T")
log = structlog.get_logger(__name__)

FAILURES = 3
"""Three incidents in a row without an answer: the source is down, not slow."""
REST_S = 60.0
"""A minute's rest, then one question is let through to see."""
FRESH_S = 1.0
"""How old what was read of the shared record may be: in a storm of looks it is read once a second, not once a look."""
PATIENCE_S = 0.5
"""How long a look waits for the shared record, which takes milliseconds."""
AWAY_S = 10.0
"""How long it is not asked again when it did not answer: looks must not wait for it one after the other."""


class Resting(Exception):
    """The source is left alone just now: it was not asked."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What is known of a source that did not answer."""

    failures: int
    """In a row."""
    left_s: float | None
    """Seconds until its rest is over, 0 or less once it is; None: it may be asked."""


class RestRecord(Protocol):
    """Who did not answer, and until when it is left alone. Everything raises JournalDown."""

    async def standing(self) -> Mapping[str, Rest]:
        """Every source that did not answer when it was asked last, by name."""
        ...

    async def let_through(self, source: str) -> bool:
        """Whether its rest is over and the caller is the one to see; for all others it rests again from now on."""
        ...

    async def failed(self, source: str) -> None:
        """It did not answer: one more in a row, and from `FAILURES` on it rests for `REST_S`."""
        ...

    async def answered(self, source: str) -> None:
        """It did: nothing is held against it any more."""
        ...


class Remembered:
    """`RestRecord` in this process's memory. `now` gives seconds of a clock that nobody sets."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures: dict[str, int] = {}
        self._until: dict[str, float] = {}

    async def standing(self) -> Mapping[str, Rest]:
        now = self._now()
        return {
            source: Rest(failures, self._until[source] - now if source in self._until else None)
            for source, failures in self._failures.items()
        }

    async def let_through(self, source: str) -> bool:
        if source not in self._until or self._until[source] > self._now():
            return False
        self._until[source] = self._now() + REST_S
        return True

    async def failed(self, source: str) -> None:
        self._failures[source] = self._failures.get(source, 0) + 1
        if self._failures[source] >= FAILURES:
            self._until[source] = self._now() + REST_S

    async def answered(self, source: str) -> None:
        self._failures.pop(source, None)
        self._until.pop(source, None)


class Rests:
    """Stands between the bot and its sources. `shared` is what replicas have in common; None: there is one process."""

    def __init__(
        self,
        shared: RestRecord | None = None,
        now: Callable[[], float] = time.monotonic,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._shared = shared
        self._patience_s = patience_s
        self._here = Remembered(now)
        self._now = now
        self._known: Mapping[str, Rest] = {}
        self._stale_at = self._back_at = now()
        self._reading = asyncio.Lock()

    async def ask(self, source: str, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` gives, or raises. Raises Resting where it is left alone.

        Only silence (Unreachable) is held against it: a refusal is an answer, and a bug of ours is neither.
        """
        if not await self._may_be_asked(source):
            raise Resting(source)
        try:
            answer = await ask()
        except Unreachable:
            await self._note(source, lambda record: record.failed(source))
            raise
        except RoomError:
            await self._answered(source)
            raise
        await self._answered(source)
        return answer

    async def _may_be_asked(self, source: str) -> bool:
        rest = (await self._standing()).get(source)
        if rest is None or rest.left_s is None:
            return True
        if rest.left_s > 0:
            return False
        return await self._note(source, lambda record: record.let_through(source))

    async def _answered(self, source: str) -> None:
        if source in self._known or source in await self._here.standing():
            await self._note(source, lambda record: record.answered(source))

    async def _standing(self) -> Mapping[str, Rest]:
        async with self._reading:  # whoever comes meanwhile reads what this one found
            if self._now() >= self._stale_at:
                self._known = await self._by_both(lambda record: record.standing())
                self._stale_at = self._now() + FRESH_S
            return self._known

    async def _note(self, source: str, act: Callable[[RestRecord], Awaitable[T]]) -> T:
        try:
            return await self._by_both(act)
        finally:
            self._stale_at = self._now()

    async def _by_both(self, act: Callable[[RestRecord], Awaitable[T]]) -> T:
        """Done in our own memory too, which has to do where the shared record does not answer."""
        here = await act(self._here)
        if self._shared is None or self._now() < self._back_at:
            return here
        try:
            async with asyncio.timeout(self._patience_s):
                return await act(self._shared)
        except (JournalDown, TimeoutError) as problem:
            log.warning("which sources rest elsewhere is not known", problem=str(problem) or "no answer in time")
            self._back_at = self._now() + AWAY_S
            return here
