"""What lies in reach while a runbook is worked through: the desk, the record, people, hands, and the rules."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.action_ports import Audit, Hands, People, Runs, Switch
from bot.autonomy_file import Grants
from bot.desk import Desk
from bot.guard.autonomy import Approvers
from runbooks.prepare import House


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say of runs."""

    profile: str
    approvers: Approvers
    grants: Grants
    approval_timeout_s: float
    shared_channels: tuple[str, ...]


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
    pokes: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    """By run: set when something may have changed for it (a reaction, a command), so that it looks at once."""
    telling: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    """By run: held by whoever tells its story in this process."""
    resting: set[str] = field(default_factory=set)
    """Runs that wait for a person: nothing of theirs is lost when the process ends."""

    def poke(self, run_id: str) -> None:
        """Wakes the story of this run, if this process tells it."""
        self.pokes[run_id].set()

    async def rest(self, run_id: str, seconds: float) -> None:
        """Waits so long, or until the run is poked."""
        self.resting.add(run_id)
        try:
            async with asyncio.timeout(seconds):
                await self.pokes[run_id].wait()
        except TimeoutError:
            pass
        finally:
            self.resting.discard(run_id)
        self.pokes[run_id].clear()
