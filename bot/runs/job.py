"""One run being worked on: what was asked for, and its events as they were last read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import stamina

from bot.domain.move import Move
from bot.domain.run import Chosen, Ended, Event, Run, Stopped
from bot.ports import JournalDown
from bot.runs.action_ports import Entry
from bot.runs.endings import EMERGENCY
from bot.runs.next_move import next_move
from bot.runs.workshop import Workshop


class Job:
    """The story's view of its run. Whatever is not appended has not happened."""

    def __init__(self, shop: Workshop, run: Run, events: tuple[Event, ...]) -> None:
        self.shop = shop
        self.run = run
        self.events = events
        self._in_audit: set[int] = set()

    @classmethod
    async def take_up(cls, shop: Workshop, run_id: str) -> Job:
        """Raises JournalDown, LookupError."""
        run = await shop.runs.run(run_id)
        if run is None:
            raise LookupError(f"no run {run_id}")
        return cls(shop, run, await shop.runs.events(run_id))

    def now(self) -> datetime:
        return self.shop.desk.clock.now()

    def move(self) -> Move:
        """What is to be done next, by what has happened so far."""
        return next_move(self.run, self.events)

    async def refresh(self) -> None:
        self.run = await self.shop.runs.run(self.run.id) or self.run
        self.events = await self.shop.runs.events(self.run.id)

    async def append(self, event: Event) -> bool:
        """Commits it as the run's next event; False when another came first, which is then read."""
        if await self.shop.runs.append(self.run.id, len(self.events), event):
            self.events = (*self.events, event)
            return True
        await self.refresh()
        return False

    async def append_for_sure(self, event: Event) -> None:
        """Commits what cannot be undone or done again, behind whatever came first, once the database can be written."""
        async for tried in stamina.retry_context(JournalDown, attempts=None, timeout=None, wait_max=5.0):
            with tried:
                while event not in self.events and not await self.append(event):
                    pass

    async def end(self, ended: Ended) -> None:
        """Commits the run's end, as for sure; what people decide up to that moment is in the audit before it."""
        async for tried in stamina.retry_context(JournalDown, attempts=None, timeout=None, wait_max=5.0):
            with tried:
                await self.audit_people()
                while ended not in self.events and not await self.append(ended):
                    await self.audit_people()

    async def audit_for_sure(self, what: str, facts: Mapping[str, Any]) -> None:
        """The same for what has happened already: it waits until the database can be written."""
        async for tried in stamina.retry_context(JournalDown, attempts=None, timeout=None, wait_max=5.0):
            with tried:
                await self.audit(what, facts)

    async def halted(self) -> bool:
        """Whether nothing more may happen; appends why: the kill switch, or settings that changed meanwhile."""
        shop, why = self.shop, ("", "")
        if stop := await shop.switch.state():
            why = (stop.by, f"{EMERGENCY}{stop.reason}")
        elif shop.audit is None:
            why = ("bot", "AUDIT_KEY is not set any more, and nothing runs without it")
        elif shop.rules.profile == "observe":
            why = ("bot", "AUTONOMY_PROFILE is observe by now, which runs nothing")
        if any(why):
            await self.append(Stopped(self.now(), *why))
        return any(why)

    async def audit_people(self) -> None:
        """Records what people decided, before anything comes of it. Raises JournalDown.

        They only append what they want, and the story tells the audit: so it is there by the run's end, whatever fails
        in between. After a crash, a stop is told once more, and a choice of which nothing has come yet.
        """
        for number, event in enumerate(self.events):
            if number not in self._in_audit and isinstance(event, Chosen | Stopped):
                if isinstance(event, Stopped):
                    await self.audit("run.stopped", {"reason": event.reason}, event.by, event.at)
                elif all(isinstance(later, Chosen | Stopped) for later in self.events[number + 1 :]):
                    await self.audit("choice", {"path": event.path, "choice": event.choice}, event.by, event.at)
                self._in_audit.add(number)

    async def audit(self, what: str, facts: Mapping[str, Any], who: str = "bot", at: datetime | None = None) -> None:
        """Raises JournalDown: what cannot be recorded must not be done."""
        entry = Entry(what, who, self.run.incident_id, self.run.id, facts)
        await record(self.shop, entry, at)


async def record(shop: Workshop, entry: Entry, at: datetime | None = None) -> None:
    """One line of the audit, of now where `at` tells no other moment. Raises JournalDown.

    Without AUDIT_KEY nothing can run, and nothing is recorded.
    """
    if shop.audit is not None:
        await shop.audit.record(entry, at or shop.desk.clock.now())
