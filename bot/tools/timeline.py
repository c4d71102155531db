"""What happened when in an incident, as a tool: from the record of the incident, its last look, and its runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.ports import Journal, JournalDown
from bot.runs.action_ports import Runs
from bot.timeline import of_incident, of_report, of_runs
from bot.tools.alerts import record_down
from integrations.arguments import Arguments, spec
from integrations.contract import Scope, ToolAnswer
from integrations.telling import short, told

NAME = "timeline"
LONGEST_LINE = 300
MOST_RUNS = 20


class Timeline:
    """One line for each thing that happened, in order."""

    spec = spec(
        "timeline",
        "What happened when in this incident, oldest first, times in UTC: when it began, alerts, signals that left "
        "their normal, new log patterns, changes, and runs of runbooks.",
    )

    def __init__(self, journal: Journal, runs: Runs) -> None:
        self._journal = journal
        self._runs = runs

    async def use(self, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        Arguments(NAME, self.spec, arguments, scope)
        try:
            incident = await self._journal.incident(scope.incident_id)
            report = await self._journal.report(incident.id, incident.opening)
            runs = (await self._runs.of_incident(incident.id))[:MOST_RUNS]
            events = [await self._runs.events(run.id) for run in runs]
        except JournalDown as down:
            raise record_down() from down
        moments = (*of_incident(incident), *of_report(report), *of_runs(zip(runs, events, strict=True)))
        lines = [short(f"{at:%m-%d %H:%M:%S} {' '.join(said.split())}", LONGEST_LINE) for at, said in sorted(moments)]
        head = f"{incident.id}, {incident.service}, {incident.status}"
        found = told((head,), lines, len(lines), "moments", newest=True)
        label = f"timeline of {incident.id}"
        return ToolAnswer(found.text, label, None, found.cut, (scope.service.name,), hard=False)
