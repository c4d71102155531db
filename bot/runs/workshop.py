"""What lies in reach while a runbook is worked through: the desk, the record, people, hands, and the rules."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from bot.desk import Desk
from bot.domain.run import Run
from bot.guard.autonomy import Approvers
from bot.ports import JournalDown
from bot.runs.action_ports import Audit, Hands, People, Runs, Switch
from bot.runs.autonomy_file import Grants
from bot.turns import Turns
from runbooks.prepare import House

LISTEN_S = 1.0
"""How often a run that rests listens for what other processes heard of it: one read of one row."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say of runs."""

    profile: str
    approvers: Approvers
    grants: Grants
    approval_timeout_s: float
    shared_channels: tuple[str, ...]


class Bell(Protocol):
    """What is done to a run in one process is heard by the one that tells it. Raises JournalDown."""

    async def ring(self, run_id: str) -> None: ...

    async def rung(self, run_id: str) -> object:
        """Another value after each ring."""
        ...


@dataclass(frozen=True, slots=True)
class Workshop:
    desk: Desk
    runs: Runs
    audit: Audit | None
    """None without AUDIT_KEY: then nothing can be run."""
    switch: Switch
    people: People
    hands: Hands
    house: House
    rules: Rules
    begin: Callable[[str], Awaitable[None]]
    """Begins the story of a run, by its id; once, however often it is called."""
    ended: Callable[[Run], None] = lambda _run: None
    """Hears of each run that ended in this process, perhaps more than once."""
    rested: Callable[[str], None] = lambda _run_id: None
    """Hears of a run, by its id, each time that it begins to wait for a person."""
    pokes: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    """By run that is told here: set when something may have changed for it (a reaction, a command), so that it looks at
    once.
    """
    telling: Turns = field(default_factory=Turns)
    """By run: held by whoever tells its story in this process."""
    resting: set[str] = field(default_factory=set)
    """Runs that wait for a person: nothing of theirs is lost when the process ends."""

    bell: Bell | None = None
    """None where there is one process."""
    rings: dict[str, object] = field(default_factory=dict)
    """By run that is told here: the last ring that was heard."""

    @contextlib.asynccontextmanager
    async def told_here(self, run_id: str) -> AsyncIterator[None]:
        """While its story is told in this process, by one at a time. What was heard of it is forgotten at the end: told
        again, it reads what there is.
        """
        async with self.telling[run_id]:
            self.pokes[run_id].clear()
            try:
                yield
            finally:
                self.pokes.pop(run_id, None)
                self.rings.pop(run_id, None)

    async def ours(self, channel_id: str) -> bool:
        """Whether a run may be told in this channel: nobody of another company reads along, or settings allow it."""
        return channel_id in self.rules.shared_channels or await self.people.shared(channel_id) is False

    async def call(self, run_id: str) -> None:
        """Wakes the story of this run, in whatever process it rests. Raises JournalDown."""
        self.poke(run_id)
        if self.bell is not None and run_id not in self.resting:
            await self.bell.ring(run_id)

    def poke(self, run_id: str) -> None:
        """Wakes the story of this run, if this process tells it."""
        if run_id in self.pokes:
            self.pokes[run_id].set()

    async def rest(self, run_id: str, seconds: float) -> None:
        """Waits so long, or until the run is poked or called."""
        self.resting.add(run_id)
        self.rested(run_id)
        try:
            async with asyncio.timeout(seconds):
                await (self._called(run_id) if self.bell else self.pokes[run_id].wait())
        except TimeoutError:
            pass
        finally:
            self.resting.discard(run_id)
        self.pokes[run_id].clear()

    async def _called(self, run_id: str) -> None:
        """Until it is poked here, or called by another process; a database that is away is no call."""
        while not self.pokes[run_id].is_set():
            if await self._rung(run_id):
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LISTEN_S):
                    await self.pokes[run_id].wait()

    async def _rung(self, run_id: str) -> bool:
        if self.bell is None:
            return False
        try:
            ring = await self.bell.rung(run_id)
        except JournalDown:
            return False
        new = run_id in self.rings and self.rings[run_id] != ring
        self.rings[run_id] = ring
        return new
