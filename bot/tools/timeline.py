"""What happened when in an incident, as a tool: from the record of the incident, its last look, and its runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.action_ports import Runs
from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.domain.run import Ended, Event, Run
from bot.ports import Journal, JournalDown
from bot.tools.alerts import record_down
from integrations.arguments import Arguments, spec
from integrations.contract import Change, Scope, ToolAnswer
from integrations.telling import short, told

NAME = "timeline"
LONGEST_LINE = 300
MOST_RUNS = 20

Moment = tuple[datetime, str]


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


def of_incident(incident: Incident) -> Iterator[Moment]:
    """Its opening and its alerts (pure)."""
    yield incident.opened_at, "the incident was opened"
    if incident.reopened_at:
        yield incident.reopened_at, f"it was opened again, for the {incident.opening}. time"
    for alert in incident.alerts:
        yield alert.starts_at, f"alert {alert.name} fired ({alert.severity or 'no severity'})"
        if alert.status == "resolved" and alert.ends_at:
            yield alert.ends_at, f"alert {alert.name} resolved"
    if incident.resolved_at:
        yield incident.resolved_at, "the incident was resolved"


def of_report(report: Report | None) -> Iterator[Moment]:
    """What the last look saw of times (pure)."""
    if report is None:
        return
    found = report.analysis
    if found.onset:
        yield found.onset, "it began: the first lasting departure from normal"
    for state in found.signals:
        if state.bad and state.since:
            yield state.since, f"{state.signal} of {state.service} left its normal, {state.moved}"
    for pattern in found.patterns:
        kind = "a new log pattern" if pattern.new else "a log pattern that grew"
        yield pattern.first_seen, f"{kind} of {pattern.service}, {pattern.count:,} times: {pattern.template}"
    for change in report.context.of(Change):
        who = f" by {change.author}" if change.author else ""
        yield change.at, f"{change.what} of {change.service} {change.version}{who}: {change.title}"


def of_runs(runs: Iterable[tuple[Run, Sequence[Event]]]) -> Iterator[Moment]:
    """When runbooks were asked for, and how they ended (pure)."""
    for run, events in runs:
        yield run.asked_at, f"runbook {run.runbook.id} was asked for on {run.target}, run {run.id}"
        for event in events:
            if isinstance(event, Ended):
                why = f": {event.reason}" if event.reason else ""
                yield event.at, f"run {run.id} ended, {event.result}{why}"
