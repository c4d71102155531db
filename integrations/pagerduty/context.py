"""Who is on call now for the incident's service, by level."""

from __future__ import annotations

from integrations.contract import Look, OnCall, Ready, Scope, Tool
from integrations.pagerduty import NAME, Settings
from integrations.pagerduty.client import PagerDuty, by_level
from integrations.pagerduty.tools import OnCallNow


class PagerDutyContext:
    """One request a look."""

    name = NAME

    def __init__(self, settings: Settings) -> None:
        self._pagerduty = PagerDuty(settings)
        self.tools: tuple[Tool, ...] = (OnCallNow(self._pagerduty),)

    async def look(self, scope: Scope) -> Look:
        """OnCall findings, level 1 first. A service without `oncall` has none, which is no gap. Raises RoomError."""
        if not scope.service.oncall:
            return Look()
        duties = by_level(await self._pagerduty.on_call(scope.service.oncall))
        return Look(tuple(OnCall(one.level, one.name, one.email, one.until, one.url) for one in duties))

    async def ready(self) -> Ready:
        return await self._pagerduty.ready()

    async def close(self) -> None:
        await self._pagerduty.close()
