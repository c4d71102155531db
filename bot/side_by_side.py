"""What has different names is done side by side: one that takes long holds up no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog

log = structlog.get_logger(__name__)

TURNS = 4
"""One turn in so many goes to whoever has waited longest: what is less urgent waits, and not for ever."""


class SideBySide:
    """So many names at once, each at most once at a time. It ends with its group: awaited, or cancelled."""

    def __init__(
        self,
        group: asyncio.TaskGroup,
        at_once: int,
        act: Callable[[str], Coroutine[Any, Any, bool]],
        again: asyncio.Event,
    ) -> None:
        """`act` tells whether it was done; what it raises is logged, and the others go on.

        `again` is set when one was done that had been wanted once more meanwhile.
        """
        self._group = group
        self._at_once = at_once
        self._act = act
        self._again = again
        self._hands = 0
        self._turns = 0
        self._under_way: set[str] = set()
        self._wanted_again: set[str] = set()
        self._urgent: list[str] = []
        """Those that wait, in the order in which they are wanted by now."""
        self._came: dict[str, None] = {}
        """The same, in the order in which they came."""

    def go_on(self, wanted: Sequence[str]) -> None:
        """All that is to be done by now, what matters most first. Waits for nothing."""
        self._urgent = [name for name in wanted if name not in self._under_way]
        self._wanted_again = self._under_way.intersection(wanted)
        still = dict.fromkeys(self._urgent)
        self._came = {name: None for name in self._came if name in still} | still
        for _ in range(min(len(self._urgent), self._at_once - self._hands)):
            self._hands += 1
            self._group.create_task(self._work())

    async def _work(self) -> None:
        try:
            while self._urgent:
                await self._do(self._next())
        finally:
            self._hands -= 1

    def _next(self) -> str:
        self._turns += 1
        name = next(iter(self._came)) if self._turns % TURNS == 0 else self._urgent[0]
        self._urgent.remove(name)
        del self._came[name]
        return name

    async def _do(self, name: str) -> None:
        self._under_way.add(name)
        outcome = (await asyncio.gather(self._act(name), return_exceptions=True))[0]
        self._under_way.discard(name)
        if isinstance(outcome, Exception):
            log.error("failed, and is found again", about=name, problem=repr(outcome))
        elif outcome is True and name in self._wanted_again:
            self._again.set()
