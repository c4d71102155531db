"""A line in which the most important goes first, whenever it came, and a few are served at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.domain.storm import Rank


@dataclass(eq=False, slots=True)
class _Waiting:
    name: str
    rank: Rank
    turn: asyncio.Future[None]


class WaitingLine:
    """So many turns at once. Who is cancelled leaves the line; nobody overtakes his equal."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: list[_Waiting] = []

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @asynccontextmanager
    async def turn(self, name: str, rank: Rank) -> AsyncIterator[bool]:
        """Waits for a turn and has it inside the block. Whether there was anything to wait for: then much may have
        changed meanwhile.
        """
        waited = self._free == 0
        if waited:
            await self._wait(_Waiting(name, rank, asyncio.get_running_loop().create_future()))
        else:
            self._free -= 1
        try:
            yield waited
        finally:
            self._next()

    def order(self, ranks: Mapping[str, Rank]) -> None:
        """What those who wait have become worth meanwhile, by their names; who is not named stays where he is."""
        for one in self._waiting:
            one.rank = ranks.get(one.name, one.rank)

    async def _wait(self, mine: _Waiting) -> None:
        self._waiting.append(mine)
        try:
            await mine.turn
        except asyncio.CancelledError:
            if mine in self._waiting:
                self._waiting.remove(mine)
            else:  # its turn had just come
                self._next()
            raise

    def _next(self) -> None:
        waiting = [one for one in self._waiting if not one.turn.cancelled()]  # those leave by themselves
        if not waiting:
            self._free += 1
            return
        first = min(waiting, key=lambda one: one.rank)
        self._waiting.remove(first)
        first.turn.set_result(None)
