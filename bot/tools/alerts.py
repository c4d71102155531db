"""The alerts that are open, as a tool: the incident's own, and those of other incidents on the same services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.ports import Journal, JournalDown
from integrations.arguments import Arguments, spec
from integrations.contract import Scope, ToolAnswer, Unreachable
from integrations.telling import short, told

NAME = "alerts"
LONGEST_LINE = 300


def record_down() -> Unreachable:
    """The bot's own database does not answer."""
    return Unreachable(NAME, "the bot's own record does not answer", "see DATABASE_URL")


class OpenAlerts:
    """By name, service and severity; without their summaries, which anyone may have written."""

    spec = spec(
        "open_alerts",
        "Which alerts fire now: this incident's, and those of other open incidents on this incident's services and in "
        "its environment, each with since when in UTC.",
    )

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def use(self, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        Arguments(NAME, self.spec, arguments, scope)
        try:
            elsewhere = await self._journal.firing_elsewhere(scope)
        except JournalDown as down:
            raise record_down() from down
        own = [alert for alert in scope.alerts if alert.status == "firing"]
        lines = [f"here: {a.name} ({a.severity or 'no severity'}) since {a.starts_at:%m-%d %H:%M}" for a in own]
        lines += [
            f"{a.incident_id}: {a.name} on {a.service} ({a.severity or 'no severity'}) since {a.since:%m-%d %H:%M}"
            for a in elsewhere
        ]
        head = f"{len(own)} of this incident, {len(elsewhere)} of others on its services"
        found = told((head,), [short(line, LONGEST_LINE) for line in lines], len(lines), "alerts")
        services = tuple(dict.fromkeys((scope.service.name, *(alert.service for alert in elsewhere))))
        return ToolAnswer(found.text, "open alerts", None, found.cut, services)
