"""The composition of watches: what was changed in an incident, and whether it helped."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial

from bot.desk import Desk
from bot.domain.run import Run
from bot.going_on import Part
from bot.life.see_changes import EVERY_S, Begin, look_for_changes, watch_ended
from bot.life.watch import LOOKS, Watch, watch
from bot.ports import Steps
from bot.runs.action_ports import Runs
from bot.schedules import Tick


@dataclass(frozen=True, slots=True)
class Watching:
    """`lasts_s`: how long a change is watched; 0: never."""

    desk: Desk
    lasts_s: float
    ended: asyncio.Queue[Run] = field(default_factory=asyncio.Queue)
    """Runs that ended in this process and are still to be looked at."""

    def run_ended(self, run: Run) -> None:
        if self.lasts_s:
            self.ended.put_nowait(run)

    async def tell(self, steps: Steps, incident_id: str, number: int) -> None:
        """The story of the watch that the incident's entry of this number began. Raises JournalDown."""
        entry = await self.desk.entries.numbered(incident_id, number)
        if entry is not None:
            await watch(Watch(self.desk, entry, self.lasts_s), steps)

    def ticks(self, runs: Runs, begin: Begin) -> tuple[Tick, ...]:
        """What looks for changes, if anything does."""
        if not self.lasts_s:
            return ()
        look = partial(look_for_changes, self.desk, runs, begin, self.lasts_s)
        return (Tick("look for changes", min(EVERY_S, self.lasts_s * LOOKS[0]), look),)

    def parts(self, runs: Runs, begin: Begin) -> tuple[Part, ...]:
        """What begins at once, in each process, what ended there."""
        return (Part("watch runs", partial(watch_ended, self.desk, runs, begin, self.ended)),) if self.lasts_s else ()
