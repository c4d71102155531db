"""The composition of escalations: what a team has switched on, and who is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import cast

from bot.desk import Desk
from bot.house.open_pager import open_pager
from bot.life.escalate import EVERY_S, Begin, Escalation, escalate, look_for_reasons
from bot.life.why_escalate import RULES, Rule
from bot.ports import Steps
from bot.runs.action_ports import Runs
from bot.schedules import Tick
from bot.settings import Settings, SettingsError


@dataclass(frozen=True, slots=True)
class Escalating:
    """What the bot at work does of it."""

    at: Escalation

    async def tell(self, steps: Steps, incident_id: str, number: int) -> None:
        """The story that the incident's entry of this number began. Raises JournalDown."""
        entry = await self.at.desk.entries.numbered(incident_id, number)
        if entry is not None:
            await escalate(self.at, entry, steps)

    def ticks(self, begin: Begin) -> tuple[Tick, ...]:
        """What looks for reasons, if any is switched on."""
        if not self.at.rules:
            return ()
        every_s = min(EVERY_S, self.at.after.total_seconds() / 2)
        return (Tick("look for reasons", every_s, partial(look_for_reasons, self.at, begin)),)


def open_escalation(settings: Settings, desk: Desk, runs: Runs) -> Escalating:
    """Nothing is connected here. Raises SettingsError."""
    after = timedelta(seconds=settings.escalate_after_s)
    return Escalating(Escalation(desk, runs, open_pager(settings, desk.catalog), rules_of(settings.escalate_on), after))


def rules_of(named: Sequence[str]) -> Sequence[Rule]:
    """The rules of these names. Raises SettingsError."""
    if unknown := [name for name in named if name not in RULES]:
        raise SettingsError(f"ESCALATE_ON: there is no {unknown[0]!r}; there are {', '.join(RULES)}")
    return cast("Sequence[Rule]", named)
