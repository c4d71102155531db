"""Deliveries that wait while a transaction runs are committed together in the next one, in the order they came."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.ports import Taken
from bot.state.down import is_away
from integrations.contract import Alert

MOST = 50
"""Alerts in one transaction. A single delivery may bring more, and has one of its own then."""

Delivery = Sequence[Alert]
Commit = Callable[[Sequence[Delivery]], Awaitable[Sequence[tuple[Taken, ...]]]]
"""Takes deliveries in one transaction and tells of each what it did; it has committed all of them or none."""


@dataclass(eq=False, slots=True)
class _Waiting:
    """A delivery whose sender has no answer yet. Done once it has one, or has gone."""

    alerts: Delivery
    answer: asyncio.Future[tuple[Taken, ...]]
    alone: bool = False
    """Whether it was in a group that could not be committed."""

    def tell(self, taken: tuple[Taken, ...]) -> None:
        if not self.answer.done():
            self.answer.set_result(taken)

    def fail(self, problem: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(problem)
            self.answer.exception()  # seen: whoever goes in this very moment leaves no complaint behind


class Turns:
    """One transaction at a time, and a flush to disk for all that waited for it."""

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._waiting: deque[_Waiting] = deque()
        self._running: asyncio.Task[None] | None = None

    async def take(self, alerts: Delivery) -> tuple[Taken, ...]:
        """Answers after the commit, and raises what `commit` raises for this delivery, whatever its neighbours hold.

        Who is cancelled while it waits is left out; what has begun may still be committed.
        """
        mine = _Waiting(alerts, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())  # nobody's own: no caller's end ends it
        return await mine.answer

    async def _run(self) -> None:
        while group := self._next():
            await self._settle(group)

    def _next(self) -> list[_Waiting]:
        """Those who came first, as many as fit."""
        group: list[_Waiting] = []
        alerts = 0
        while self._waiting:
            first = self._waiting[0]
            alerts += len(first.alerts)
            if group and (alerts > MOST or first.alone or group[0].alone):
                break
            self._waiting.popleft()
            if first.answer.done():
                alerts -= len(first.alerts)
            else:
                group.append(first)
        return group

    async def _settle(self, group: Sequence[_Waiting]) -> None:
        """Where a group cannot be committed, each has a turn of its own; a database that is away is so for all."""
        deliveries = [one.alerts for one in group]
        (outcome,) = await asyncio.gather(self._commit(deliveries), return_exceptions=True)
        if not isinstance(outcome, BaseException):
            for one, taken in zip(group, outcome, strict=True):
                one.tell(taken)
        elif is_away(outcome):
            for one in (*group, *self._waiting):
                one.fail(outcome)
            self._waiting.clear()
        elif len(group) == 1:
            group[0].fail(outcome)
        else:
            for one in reversed(group):
                one.alone = True
                self._waiting.appendleft(one)
