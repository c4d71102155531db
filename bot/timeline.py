"""What happened when in an incident: from its record, its last look, and its runs (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.domain.run import Ended, Event, Run
from integrations.contract import Change

Moment = tuple[datetime, str]
"""When, and what; not yet escaped for any medium."""


def of_incident(incident: Incident) -> Iterator[Moment]:
    """Its opening and its alerts."""
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
    """What the last look saw of times."""
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
        often = f"{pattern.often} time{'s' * (pattern.count != 1)}"
        yield pattern.first_seen, f"{kind} of {pattern.service}, {often}: {pattern.template}"
    for change in report.context.of(Change):
        who = f" by {change.author}" if change.author else ""
        yield change.at, f"{change.what} of {change.service} {change.version}{who}: {change.title}"


def of_runs(runs: Iterable[tuple[Run, Sequence[Event]]]) -> Iterator[Moment]:
    """When runbooks were asked for, and how they ended."""
    for run, events in runs:
        yield run.asked_at, f"runbook {run.runbook.id} was asked for on {run.target}, run {run.id}"
        for event in events:
            if isinstance(event, Ended):
                why = f": {event.reason}" if event.reason else ""
                yield event.at, f"run {run.id} ended, {event.result}{why}"
